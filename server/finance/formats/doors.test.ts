// The same produced disclosure through every door gives the same model and the same targets, and no finding of its own; flattened text never tells a wrong figure as sure.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import { checkDisclosure } from '#core/finance/check/check.ts';
import type { Cell, Disclosure, Row, Table } from '#core/finance/model.ts';
import type { RuleSet } from '#core/finance/pack.ts';
import { documentOf, type OutDocument } from '#core/finance/produce/document.ts';
import { anyInput } from '#core/finance/produce/fixtures/arbitrary.ts';
import { asFlat, asOldPage, asTabs, asWordXml } from '#core/finance/produce/fixtures/doors.ts';
import type { ProduceInput } from '#core/finance/produce/input.ts';
import { readDisclosure } from '#core/finance/read/read.ts';
import { isWordRole } from '#core/finance/read/tables.ts';
import { norm } from '#core/finance/read/text.ts';
import { produce } from '../produce/produce.ts';
import { shippedRules } from '../rules.ts';
import { parseFile } from './parse.ts';

let rules: RuleSet = [];
before(async () => {
  rules = await shippedRules();
});
const read = async (bytes: Uint8Array, name: string): Promise<Disclosure> => readDisclosure(await parseFile(bytes, name));
const utf16 = (text: string) => Uint8Array.from([0xff, 0xfe, ...new Uint8Array(Uint16Array.from(text, (c) => c.charCodeAt(0)).buffer)]);

const bodies = (d: Disclosure) => d.tables.filter((t) => t.kind !== 'catalogue');
const nameOf = (r: Row) => `${r.code ?? ''} ${norm(r.name ?? '')}`;
const targetsOf = (d: Disclosure) => d.targets.map((t) => [t.project, t.level1, t.level2, t.indicator, t.nature, t.value, t.unit, t.weight, t.core].join('|'));
const sheetsOf = (d: Disclosure) => d.targetSheets.map((s) => [s.scope, s.project, s.budget?.value, s.budgetUnit].join());
const headOf = (d: Disclosure) => [d.unit, d.year, d.kind, d.moneyUnit];
const tableOf = (t: Table) => [t.kind, norm(t.title), t.moneyUnit, t.empty, t.notes.map((n) => n.text)];
const sheetTable = (t: Table) => /targets$/.test(t.kind);
/** Figures of a row by role and turn (total 1, abroad 1, total 2 …). */
function figures(t: Table, r: Row): Map<string, Cell> {
  const turn = new Map<string, number>();
  const out = new Map<string, Cell>();
  t.columns.forEach((c, i) => {
    if (isWordRole(c.role)) return;
    turn.set(c.role, (turn.get(c.role) ?? 0) + 1);
    if (r.cells[i]!.value !== null) out.set(`${c.role} ${turn.get(c.role)}`, r.cells[i]!);
  });
  return out;
}
const faults = (d: Disclosure) =>
  checkDisclosure([d], rules)[0]!
    .findings.filter((f) => f.severity === 'error' || f.severity === 'warning')
    .map((f) => `${f.rule} ${f.message}`);

function same(d: Disclosure, wanted: Disclosure, where: string, narrative = true): void {
  assert.deepEqual(headOf(d), headOf(wanted), where);
  assert.deepEqual(bodies(d).map(tableOf), bodies(wanted).map(tableOf), where);
  bodies(wanted).forEach((t, i) => {
    const u = bodies(d)[i]!;
    if (sheetTable(t)) return;
    const shown = (x: Table) => x.rows.map((r) => `${nameOf(r)} ${[...figures(x, r)].map(([k, c]) => `${k}=${c.value}`).join(' ')}`);
    assert.deepEqual(shown(u), shown(t), `${where} ${t.id}`);
  });
  assert.deepEqual(targetsOf(d), targetsOf(wanted), where);
  assert.deepEqual(sheetsOf(d), sheetsOf(wanted), where);
  assert.deepEqual(
    d.unread.filter((u) => u.reason !== '页码'),
    [],
    where,
  );
  if (narrative) assert.equal(d.statements.length, wanted.statements.length, where);
  assert.deepEqual(faults(d), [], where);
}

/** Flattened text: rows, names and targets as they are; a figure stands where it stood, or is marked unsure. */
function flattened(d: Disclosure, wanted: Disclosure, where: string): { sure: number; unsure: number } {
  const told = { sure: 0, unsure: 0 };
  assert.deepEqual(headOf(d), headOf(wanted), where);
  assert.deepEqual(bodies(d).map(tableOf), bodies(wanted).map(tableOf), where);
  bodies(wanted).forEach((t, i) => {
    const u = bodies(d)[i]!;
    if (sheetTable(t)) return;
    assert.deepEqual(u.rows.map(nameOf), t.rows.map(nameOf), `${where} ${t.id}`);
    t.rows.forEach((r, k) => {
      const at = figures(t, r);
      for (const [role, cell] of figures(u, u.rows[k]!)) {
        if (cell.confidence < 0.9) told.unsure += 1;
        else {
          told.sure += 1;
          assert.equal(cell.value, at.get(role)?.value ?? null, `${where} ${t.id} ${nameOf(r)} ${role}`);
        }
      }
    });
  });
  assert.deepEqual(targetsOf(d), targetsOf(wanted), where);
  assert.deepEqual(sheetsOf(d), sheetsOf(wanted), where);
  assert.deepEqual(d.unread, [], where);
  assert.deepEqual(faults(d), [], where);
  return told;
}

/** Amounts below a hundred yuan round to figures that any placement satisfies. */
const sizeable = (input: ProduceInput) =>
  input.spending.some((s) => (s.basic ?? 0) + (s.project ?? 0) > 0) &&
  input.spending.every((s) => (s.basic ?? 0) + (s.project ?? 0) === 0 || (s.basic ?? 0) + (s.project ?? 0) >= 1e6);

test('documents, workbooks, pages and tabbed texts of any build and encoding', { timeout: 120_000 }, async () => {
  for (const [i, input] of fc.sample(anyInput, { numRuns: 4, seed: 31 }).entries()) {
    const { document, files } = await produce(input, { formats: ['html', 'docx', 'xlsx'] });
    const file = async (format: string) => {
      const f = files.find((x) => x.format === format)!;
      return await read(f.bytes, f.name);
    };
    const wanted = await file('html');
    same(await file('docx'), wanted, `${i} docx`);
    same(await file('xlsx'), wanted, `${i} xlsx`, false);
    same(await read(strToU8(asTabs(document)), 'a.txt'), wanted, `${i} tabs`);
    same(await read(utf16(asTabs(document, 6)), 'a.txt'), wanted, `${i} tabs over pages`);
    same(await read(strToU8(asOldPage(document, 'utf-8')), 'a.htm'), wanted, `${i} page`);
    same(await read(zipSync({ 'word/document.xml': strToU8(asWordXml(document)) }), 'a.docx'), wanted, `${i} word`);
    same(await read(zipSync({ '1.txt': strToU8(asTabs({ ...document, tables: [] })), '2.xlsx': files.find((f) => f.format === 'xlsx')!.bytes }), 'a.zip'), wanted, `${i} archive`);
  }
});

test('flattened text: blank cells lost, names wrapped, heads torn and repeated', { timeout: 120_000 }, async () => {
  const inputs = fc.sample(anyInput, { numRuns: 26, seed: 4711 }).filter(sizeable);
  let sure = 0;
  let unsure = 0;
  for (const [i, input] of inputs.entries()) {
    const document: OutDocument = documentOf(input);
    const wanted = await read(strToU8(asTabs(document)), 'a.txt');
    for (const shape of [
      { wrapAt: 60, every: 1e9, seed: i },
      { wrapAt: 11, every: 7, seed: i },
    ]) {
      const told = flattened(await read(strToU8(asFlat(document, shape)), 'a.txt'), wanted, `${i} ${JSON.stringify(shape)}`);
      sure += told.sure;
      unsure += told.unsure;
    }
  }
  assert.ok(inputs.length > 8);
  assert.ok(unsure < sure / 10, `${unsure} of ${sure + unsure} figures without a sure place`);
});
