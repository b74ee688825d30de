// Clean invented budgets and final accounts in the layouts of many provinces, in every rendering: read exactly, no false alarm; one wrong figure found once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Disclosure } from '../model.ts';
import { readDisclosure } from '../read/read.ts';
import type { SourceDocument } from '../source.ts';
import { checkDisclosure } from './check.ts';
import { random } from './fixtures/invent.ts';
import { layouts, regionLayouts } from './fixtures/layouts/layouts.ts';
import type { LayoutDoc } from './fixtures/layouts/ledger.ts';
import { asFlat, asGrids, asPdf, asSheets, asTabs, textsOf } from './fixtures/layouts/render.ts';
import { shipped } from './fixtures/rules.ts';

const rules = shipped();
const all = layouts();
const alarms = (d: Disclosure) => checkDisclosure([d], rules)[0]!.findings.filter((f) => f.severity === 'error' || f.severity === 'warning');
const target = (t: LayoutDoc['targets'][number]) => [t.project, t.level1, t.level2, t.indicator, t.nature, t.value, t.unit, t.weight, t.core].join(' | ');

const renderings: Record<string, (d: LayoutDoc) => SourceDocument[]> = {
  'tab-separated text': (d) => [asTabs(d)],
  'flattened text': (d) => [asFlat(d)],
  'tables of a document': (d) => [asGrids(d)],
  'sheets of a workbook': asSheets,
  'ruled pages': (d) => [asPdf(d, { ruled: true, repeat: false })],
  'ruled pages with repeated heads': (d) => [asPdf(d, { ruled: true, repeat: true })],
};

for (const [name, render] of Object.entries(renderings))
  test(`clean disclosures of every layout as ${name}: targets exact, tables known, nothing reported`, () => {
    for (const d of all) {
      const read = readDisclosure(render(d));
      assert.deepEqual([read.unit, read.year, read.kind, read.moneyUnit], [d.unit, d.year, d.kind, d.moneyUnit], d.name);
      assert.deepEqual(
        read.tables.filter((t) => t.kind !== 'catalogue').map((t) => t.kind),
        d.parts.flatMap((p) => (typeof p === 'string' ? [] : [p.kind])),
        d.name,
      );
      assert.deepEqual(read.targets.map(target), d.targets.map(target), d.name);
      assert.deepEqual(
        alarms(read).map((f) => `${d.name} ${f.rule} ${f.message}`),
        [],
      );
    }
  });

/** The text with one digit of a figure changed, and the line it stands on. */
function mutated(d: LayoutDoc, pick: number, seed: number, open: number[] = d.figures.flatMap((f, i) => (f.wrong ? [i] : []))): { source: SourceDocument; line: number } | null {
  const r = random(seed);
  const index = open[pick % open.length]!;
  const plain = d.figures[index]!.text.replace(/,/g, '');
  const point = plain.indexOf('.') < 0 ? plain.length : plain.indexOf('.');
  let after = plain;
  for (let tries = 0; tries < 20 && after === plain; tries += 1) {
    const at = r(point);
    const next = /\d/.test(plain[at]!) ? plain.slice(0, at) + String((Number(plain[at]) + 1 + r(8)) % 10) + plain.slice(at + 1) : plain;
    if (!/^0\d/.test(next) && Number(next) !== 0) after = next;
  }
  if (after === plain) return null;
  const lines = (s: SourceDocument) => s.pages[0]!.blocks!.map((b) => (b.kind === 'cells' ? b.cells.join('\t') : b.kind === 'text' ? b.text : ''));
  const clean = lines(asTabs(d));
  const source = asTabs(d, textsOf(d, new Map([[index, after]])));
  const line = lines(source).findIndex((t, i) => t !== clean[i]) + 1;
  return line > 0 ? { source, line } : null;
}

const regional = regionLayouts();
test('the wording of seven provinces over every layout: nothing reported where nothing is wrong', () => {
  assert.deepEqual(
    regional.flatMap((d) => alarms(readDisclosure([asTabs(d)])).map((f) => `${d.name} ${f.rule} ${f.message}`)),
    [],
  );
});

test('one wrong figure in the words of any province is found at its place, once', () => {
  let tried = 0;
  let found = 0;
  let alone = 0;
  for (let i = 0; i < 100; i += 1) {
    const d = regional[i % regional.length]!;
    const spoken = d.figures.flatMap((f, k) => (f.wrong && f.what === 'words' ? [k] : []));
    const m = mutated(d, i * 31, i, spoken);
    if (!m) continue;
    const list = alarms(readDisclosure([m.source]));
    tried += 1;
    if (!list.some((f) => f.places.some((p) => p.line === m.line))) continue;
    found += 1;
    if (list.length === 1) alone += 1;
  }
  console.log(`words of provinces: ${tried} mutations, found ${found}, as one cause ${alone}`);
  assert.ok(found / tried >= 0.96, `recall ${found}/${tried}`);
  assert.ok(alone / found >= 0.98, `one cause ${alone}/${found}`);
});

test('one wrong figure in any layout is found at its place, once', () => {
  let tried = 0;
  let found = 0;
  let alone = 0;
  let further = 0;
  fc.assert(
    fc.property(fc.nat(all.length - 1), fc.nat(), fc.nat(), (n, pick, seed) => {
      const m = mutated(all[n]!, pick, seed);
      if (!m) return;
      const list = alarms(readDisclosure([m.source]));
      const hit = list.some((f) => f.places.some((p) => p.line === m.line));
      tried += 1;
      found += hit ? 1 : 0;
      alone += hit && list.length === 1 ? 1 : 0;
      further += list.length - (hit ? 1 : 0);
    }),
    { numRuns: 250, seed: 20260701 },
  );
  console.log(`layouts: ${tried} mutations, found ${found}, as one cause ${alone}, further findings ${further}`);
  assert.ok(found / tried >= 0.98, `recall ${found}/${tried}`);
  assert.ok(alone / found >= 0.97, `one cause ${alone}/${found}`);
  assert.ok(found / (found + further) >= 0.97, `precision ${found}/${found + further}`);
});
