// One wrong figure anywhere in an invented disclosure is found, once, at its place; clean and merely rounded ones are left alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { plainText } from '../read/plain.ts';
import { readDisclosure } from '../read/read.ts';
import { checkDisclosure, type Finding } from './check.ts';
import { invent, mutate, random, styleOf } from './fixtures/invent.ts';
import { shipped } from './fixtures/rules.ts';

const rules = shipped();
const findings = (text: string): Finding[] => checkDisclosure([readDisclosure([plainText(text, 'invented.txt')])], rules)[0]!.findings;
const told = (list: Finding[]) => list.filter((f) => f.severity === 'error' || f.severity === 'warning');
const layouts = 90;

test('invented clean disclosures of every layout have no finding', () => {
  for (let n = 0; n < layouts; n += 1) {
    const list = findings(invent(n * 7 + 1, styleOf(n)).lines.join('\n')).filter((f) => f.severity !== 'undecidable');
    assert.deepEqual(
      list.map((f) => `${n} ${f.rule} ${f.message}`),
      [],
    );
  }
});

test('one wrong figure is found once, at its place (≥ 98 % recall, ≥ 98 % of them as one cause)', () => {
  let tried = 0;
  let found = 0;
  let alone = 0;
  let further = 0;
  fc.assert(
    fc.property(fc.nat(layouts - 1), fc.nat(), fc.nat(), (n, pick, seed) => {
      const doc = invent(n * 7 + 1, styleOf(n));
      const decidable = doc.figures.map((f, i) => ({ f, i })).filter((x) => x.f.checkable);
      const m = mutate(doc, decidable[pick % decidable.length]!.i, random(seed));
      const list = told(findings(m.text));
      tried += 1;
      const hit = list.some((f) => f.places.some((p) => p.line === m.line));
      found += hit ? 1 : 0;
      alone += hit && list.length === 1 ? 1 : 0;
      further += list.length - (hit ? 1 : 0);
    }),
    { numRuns: 600, seed: 20260302 },
  );
  console.log(
    `mutations ${tried}: found ${found} (${((100 * found) / tried).toFixed(1)} %), as one cause ${alone}, further findings ${further}; precision ${((100 * found) / (found + further)).toFixed(1)} %`,
  );
  assert.ok(found / tried >= 0.98, `recall ${found}/${tried}`);
  assert.ok(alone / found >= 0.98, `one cause ${alone}/${found}`);
  assert.ok(found / (found + further) >= 0.98, `precision ${found}/${found + further}`);
});

test('a total off by the last printed digit is rounding, not an error', () => {
  let seen = 0;
  for (let n = 0; n < layouts; n += 1) {
    const style = styleOf(n);
    if (style.unit !== '万元') continue;
    const doc = invent(n * 7 + 1, style);
    const r = random(n);
    const tables = doc.figures.filter((f) => f.what === 'table' && /\.\d\d$/.test(f.text));
    const f = tables[r(tables.length)]!;
    const lines = [...doc.lines];
    const cents = Math.round(Number(f.text.replace(/,/g, '')) * 100) + (r(2) === 0 ? 1 : -1);
    lines[f.line - 1] = lines[f.line - 1]!.slice(0, f.start) + (cents / 100).toFixed(2) + lines[f.line - 1]!.slice(f.end);
    const list = findings(lines.join('\n'));
    assert.deepEqual(
      told(list).map((x) => `${n} ${x.rule} ${x.message}`),
      [],
    );
    seen += list.some((x) => x.severity === 'rounding') ? 1 : 0;
  }
  assert.ok(seen > 20, `rounding reported in ${seen} documents`);
});

test('in 元 with cents the same last digit is an error', () => {
  const doc = invent(8, { ...styleOf(1), unit: '元' });
  const f = doc.figures.find((x) => x.what === 'table')!;
  const lines = [...doc.lines];
  lines[f.line - 1] = lines[f.line - 1]!.slice(0, f.start) + (Number(f.text.replace(/,/g, '')) + 0.01).toFixed(2) + lines[f.line - 1]!.slice(f.end);
  assert.equal(told(findings(lines.join('\n'))).length, 1);
});
