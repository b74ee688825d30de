// What is written is read back without an error or a warning: workbook, Word document, page and PDF, for the demo, random figures and published ones.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { checkDisclosure } from '#core/finance/check/check.ts';
import type { Disclosure } from '#core/finance/model.ts';
import type { RuleSet } from '#core/finance/pack.ts';
import type { OutDocument } from '#core/finance/produce/document.ts';
import { anyInput } from '#core/finance/produce/fixtures/arbitrary.ts';
import { Figures } from '#core/finance/produce/figures.ts';
import { inputFrom } from '#core/finance/produce/from.ts';
import { type ProduceInput, produceInput } from '#core/finance/produce/input.ts';
import { readDisclosure } from '#core/finance/read/read.ts';
import { FileError } from '../formats/limits.ts';
import { parseFile } from '../formats/parse.ts';
import { shippedRules } from '../rules.ts';
import { findChromium } from './pdf.ts';
import { type ProducedFile, type ProduceFormat, produce } from './produce.ts';

let rules: RuleSet = [];
before(async () => {
  rules = await shippedRules();
});
const chromium = await findChromium();
const seeds = new URL('../../../../shared/seeds/', import.meta.url);
const demo = (): ProduceInput => parse(readFileSync(new URL('../../../demo/disclosure.yaml', import.meta.url), 'utf8')) as ProduceInput;

/** Targets without their places, sorted; a sheet of a project keeps its name. */
const targetsOf = (d: Disclosure) => d.targets.map((t) => JSON.stringify([t.project, t.level1, t.level2, t.indicator, t.nature, t.value, t.unit, t.weight, t.core])).toSorted();
const wantedTargets = (d: OutDocument) =>
  d.figures.targets
    .flatMap((s) =>
      s.indicators.map((x) =>
        JSON.stringify([s.project ?? null, x.level1 ?? null, x.level2 ?? null, x.name, x.nature ?? null, x.value ?? null, x.unit ?? null, x.weight ?? null, x.core ?? null]),
      ),
    )
    .toSorted();
const kindsOf = (d: Disclosure) => d.tables.filter((t) => t.kind !== 'catalogue').map((t) => t.kind);
const read = async (f: ProducedFile): Promise<Disclosure> => readDisclosure(await parseFile(f.bytes, f.name));
const faults = (d: Disclosure) => checkDisclosure([d], rules)[0]!.findings.filter((x) => x.severity !== 'undecidable');

/** Every amount that a table prints, in order: what a reader must find in its figure columns. */
function amountsOf(d: Disclosure): string[][] {
  return d.tables
    .filter((t) => t.kind !== 'catalogue' && !/targets$/.test(t.kind))
    .map((t) => t.rows.flatMap((r) => r.cells.flatMap((c, i) => (c.value !== null && !['code', 'name', 'project-name', 'text'].includes(t.columns[i]!.role) ? [c.value] : []))));
}
function printedAmounts(d: OutDocument): string[][] {
  const scale = d.moneyUnit === '万元' ? 1e6 : 100;
  return d.tables
    .filter((t) => !t.form)
    .map((t) =>
      t.rows.flatMap((r) =>
        r.cells.flatMap((c) => (c !== null && typeof c === 'object' ? ['fen' in c ? (c.fen / scale).toFixed(2) : c.percent.toFixed(1).replace(/^-0\.0$/, '0.0')] : [])),
      ),
    );
}

const sheetOrder = (targets: OutDocument['figures']['targets']) =>
  (['overall', 'key-project', 'project'] as const).flatMap((k) => targets.filter((t) => t.scope === k).map((t) => t.project ?? null));
const publicOf = (input: ProduceInput) => new Figures(produceInput.parse(input)).threePublic();

async function roundTrip(input: ProduceInput, formats: ProduceFormat[]): Promise<void> {
  const { document, files } = await produce(input, { formats });
  for (const f of files) {
    const d = await read(f);
    const where = `${f.format} ${document.unit}${document.year}`;
    assert.deepEqual(
      faults(d).map((x) => `${x.severity} ${x.rule} ${x.message}`),
      [],
      where,
    );
    assert.deepEqual(
      kindsOf(d),
      document.tables.map((t) => t.kind),
      where,
    );
    assert.deepEqual(targetsOf(d), wantedTargets(document), where);
    assert.deepEqual([d.unit, d.year, d.kind, d.moneyUnit], [document.unit, document.year, document.kind, document.moneyUnit], where);
    assert.deepEqual(amountsOf(d), printedAmounts(document), where);
    assert.deepEqual(
      d.unread.filter((u) => !/页码/.test(u.reason)),
      [],
      where,
    );
    if (f.format !== 'pdf')
      assert.deepEqual(
        d.tables.filter((t) => t.empty).map((t) => t.notes.length > 0),
        document.tables.filter((t) => t.empty).map(() => true),
        where,
      );
  }
}

test('the demo in every format', async () => {
  await roundTrip(demo(), ['xlsx', 'docx', 'html']);
});

test('random inputs in three formats', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(anyInput, async (input) => {
      await roundTrip(input, ['xlsx', 'docx', 'html']);
    }),
    { numRuns: 24, seed: 20_260_101, endOnFailure: true },
  );
});

test('two hundred more as pages', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(anyInput, async (input) => {
      await roundTrip(input, ['html']);
    }),
    { numRuns: 200, seed: 42, endOnFailure: true },
  );
});

test('as PDF: the demo and some random inputs', { skip: chromium ? false : '没有 Chromium', timeout: 300_000 }, async () => {
  await roundTrip(demo(), ['pdf']);
  for (const input of fc.sample(anyInput, { numRuns: 4, seed: 5 })) await roundTrip(input, ['pdf']);
});

test(
  'published disclosures: derived, written and read back with the same targets and no error in figures',
  { skip: existsSync(seeds) ? false : '没有 ../shared/seeds' },
  async () => {
    let targets = 0;
    for (const name of readdirSync(seeds).toSorted()) {
      const source = readDisclosure(await parseFile(readFileSync(new URL(name, seeds)), name));
      const { input } = inputFrom(source);
      const { document, files } = await produce(input, { formats: ['xlsx', 'docx', 'html'] });
      const own = new Set(
        checkDisclosure([source], rules)[0]!
          .findings.filter((x) => x.class !== 'figures')
          .map((x) => x.rule),
      );
      for (const f of files) {
        const d = await read(f);
        const found = faults(d);
        assert.deepEqual(
          found.filter((x) => x.class === 'figures').map((x) => x.message),
          [],
          `${name} ${f.format}`,
        );
        // Faults of the targets themselves stay as they were published; no new kind comes in.
        for (const x of found) assert.ok(own.has(x.rule), `${name} ${f.format}: ${x.rule} ${x.message}`);
        const key = (t: Disclosure['targets'][number]) => JSON.stringify([t.indicator, t.nature, t.value, t.unit, t.weight, t.core]);
        assert.deepEqual(d.targets.map(key).toSorted(), source.targets.map(key).toSorted(), `${name} ${f.format}`);
        assert.deepEqual(
          kindsOf(d),
          document.tables.map((t) => t.kind),
          `${name} ${f.format}`,
        );
      }
      targets += source.targets.length;
    }
    assert.ok(targets > 100);
  },
);

test('derived figures are the published ones: written, read and derived again they are the same', async () => {
  const inputs = [demo(), ...fc.sample(anyInput, { numRuns: 60, seed: 77 })];
  let told = 0;
  let compared = 0;
  for (const input of inputs) {
    const { document, files } = await produce(input, { formats: ['html'] });
    const p = document.figures;
    if (p.spending.every((s) => s.basic + s.project === 0)) continue;
    const { input: again, missing } = inputFrom(await read(files[0]!));
    assert.deepEqual([again.unit.name, again.year, again.kind, again.moneyUnit], [p.unit.name, p.year, p.kind, p.moneyUnit]);
    const lines = (list: ProduceInput['spending'], source: string) =>
      list
        .filter((s) => s.source === source && (s.basic ?? 0) + (s.project ?? 0) + (s.prior ?? 0) > 0)
        .map((s) => [s.code, s.basic ?? 0, s.project ?? 0, s.prior ?? 0])
        .toSorted();
    for (const source of ['general', 'fund', 'capital'] as const) {
      const want = lines(p.spending, source);
      // A column of last year's figures stands in the general table only.
      assert.deepEqual(lines(again.spending, source).length > 0 || want.length === 0, true);
      assert.deepEqual(
        lines(again.spending, source),
        want.map((x) => (source === 'general' ? x : [x[0], x[1], x[2], 0])),
      );
    }
    const amounts = (list: { code: string; amount: number }[] | undefined) => {
      const m = new Map<string, number>();
      for (const x of list ?? []) if (x.amount > 0) m.set(x.code, (m.get(x.code) ?? 0) + x.amount);
      return [...m].toSorted();
    };
    assert.deepEqual(amounts(again.basic.department), amounts(p.basic.department));
    // One 项 paid from several other sources: the tables do not tell which of them paid the projects.
    const whole = !missing.some((m) => m.includes('不知道来自哪一项资金') || m.includes('上年结转') || m.includes('结转下年'));
    if (!whole) continue;
    compared += 1;
    assert.deepEqual(
      (again.targets ?? []).map((t) => t.project ?? null),
      sheetOrder(p.targets),
    );
    assert.deepEqual(
      (again.projects ?? []).map((x) => [x.name, x.lines.reduce((n, l) => n + l.amount!, 0)]),
      p.projects.map((x) => [x.name, x.lines.reduce((n, l) => n + l.amount!, 0)]),
    );
    assert.deepEqual(publicOf(again), publicOf(p));
    told += again.targets?.length ?? 0;
    await produce(again, { formats: ['json'] });
  }
  assert.ok(told > 40 && compared > 20, `${told} ${compared}`);
});

test('figures that do not meet are refused; files are named and typed; the same figures give the same workbook', async () => {
  const bad = demo();
  bad.basic.department![0]!.amount += 100;
  await assert.rejects(produce(bad, { formats: ['html'] }), { name: 'ProduceError' });
  const { files } = await produce(demo(), { formats: ['xlsx', 'csv', 'json', 'xlsx'] });
  assert.deepEqual(
    files.map((f) => f.name),
    ['渝溪区城市运行和治理中心2026年预算公开.xlsx', '渝溪区城市运行和治理中心2026年预算公开-数据包.zip', '渝溪区城市运行和治理中心2026年预算公开.json'],
  );
  const again = await produce(demo(), { formats: ['xlsx'] });
  assert.deepEqual(again.files[0]!.bytes, files[0]!.bytes);
  await assert.rejects(parseFile(files[1]!.bytes, files[1]!.name), FileError);
});
