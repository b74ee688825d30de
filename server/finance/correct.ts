// What people change about a reading: corrections of cells, targets and statements with a new check after each, and decisions on findings.
import { checkDisclosure } from '#core/finance/check/check.ts';
import type { CheckCounts } from '#core/finance/check/report.ts';
import type { CorrectionInput } from '#core/finance/contract.ts';
import { applyCorrection, type Correction, whereOf } from '#core/finance/corrections.ts';
import type { Disclosure } from '#core/finance/model.ts';
import { isTargetKind } from '#core/finance/read/vocabulary.ts';
import { may } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { append } from '../platform/facts.ts';
import type { Db } from '../platform/db.ts';
import type { Work } from '../platform/hub.ts';
import { uuidv7 } from '../platform/ids.ts';
import { cellRows, findingRows, rowRows, targetRows } from './body.ts';
import { findingOf, mustRead } from './disclosures.ts';
import { derive, modelFrom, rulesOf } from './import.ts';
import * as store from './store.ts';
import * as targetStore from './store-targets.ts';

type Head = store.DisclosureRow;

/** The model with all corrections that hold, in the order they were made. */
export async function corrected(db: Db, id: string): Promise<{ first: Disclosure; now: Disclosure }> {
  const stored = await store.modelOf(db, id);
  const now = modelFrom(stored);
  for (const c of await store.corrections(db, id)) {
    if (c.withdrawnAt) continue;
    const wrong = applyCorrection(now, { what: c.what, ...c.address, from: c.from, to: c.to } as Correction);
    if (wrong) throw problem('conflict', { detail: `更正“${c.where}”与其他更正冲突：${wrong}` });
  }
  return { first: modelFrom(stored), now };
}

/** Writes what follows from the corrected model: cells, targets, findings, figures. Gives what changed among the findings. */
async function recheck(work: Work, d: Head, first: Disclosure, now: Disclosure): Promise<{ checks: CheckCounts; added: string[]; removed: string[] }> {
  const { tx } = work;
  const before = await store.findings(tx, d);
  const [report] = checkDisclosure([now], await rulesOf(work.hub));
  const found = findingRows(report!.findings);
  await store.putFindings(tx, d.id, found, report!.checks);
  const known = new Map((await store.cells(tx, d.id)).map((c) => [`${c.t}/${c.r}/${c.n}`, c]));
  const cells = cellRows(now, first);
  // A cell that was blank, was filled in and is blank again.
  const emptied = [...known.values()]
    .filter((k) => !cells.some((c) => c.t === k.t && c.r === k.r && c.n === k.n))
    .map((k) => ({ ...k, text: '', value: null, fen: null, was: null }));
  const changed = cells.filter((c) => {
    const k = known.get(`${c.t}/${c.r}/${c.n}`);
    return !k || k.text !== c.text || k.was !== c.was || k.value !== c.value;
  });
  await store.putCells(tx, d.id, [...changed, ...emptied]);
  await store.putRowNames(tx, d.id, rowRows(now));
  await store.putStatements(tx, d.id, now.statements);
  const keys = (await targetStore.targetsOf(tx, d.id)).map((t) => t.key);
  await targetStore.changeTargets(tx, d.id, targetRows(now, keys));
  await derive(tx, now, { id: d.id, realm: d.realm, unit: d.unit, year: d.year, kind: d.kind, by: work.by, at: work.at });
  const old = new Set(before.map((f) => f.key));
  const fresh = new Set(found.map((f) => f.key));
  return { checks: report!.checks, added: found.filter((f) => !old.has(f.key)).map((f) => f.message), removed: before.filter((f) => !fresh.has(f.key)).map((f) => f.message) };
}

const mustManage = (work: Work, d: Head): void => {
  if (!may(work.actor, 'finance.manage', d.unit)) throw problem('forbidden', { detail: `不能维护 ${d.unitName.zh} 的预决算` });
};

/** Corrects one place of the reading; who, when, from, to and why become a fact, and everything is checked again. */
export async function correct(work: Work, id: string, scope: string[], input: CorrectionInput): Promise<{ id: string; checks: CheckCounts; added: string[]; removed: string[] }> {
  const d = await mustRead(work.tx, work.realm, id, scope, true);
  mustManage(work, d);
  const { first, now } = await corrected(work.tx, id);
  let c: Correction;
  let address: Record<string, unknown>;
  if (input.what === 'cell') {
    const table = now.tables[input.table];
    if (table && isTargetKind(table.kind)) throw problem('invalid-input', { detail: '绩效目标表请在目标中更正' });
    address = { table: input.table, row: input.row, column: input.column };
    c = { what: 'cell', table: input.table, row: input.row, column: input.column, from: input.from, to: input.to };
  } else if (input.what === 'target') {
    const index = (await targetStore.targetsOf(work.tx, id)).findIndex((t) => t.key === input.key);
    address = { index, field: input.field };
    c = { what: 'target', index, field: input.field, from: input.from, to: input.to };
  } else {
    address = { statement: input.statement, field: input.field };
    c = { what: 'statement', statement: input.statement, field: input.field, from: input.from, to: input.to };
  }
  if (input.from === input.to) throw problem('invalid-input', { detail: '内容没有变化', errors: [{ pointer: '/body/to', message: '与原来相同' }] });
  const where = whereOf(now, c);
  const wrong = applyCorrection(now, c);
  if (wrong) throw problem('conflict', { detail: wrong });
  const cid = uuidv7();
  await store.addCorrection(work.tx, id, { id: cid, what: input.what, address, where, from: input.from, to: input.to, reason: input.reason, by: work.by, at: work.at });
  const result = await recheck(work, d, first, now);
  await append(work, [
    {
      kind: 'disclosure.corrected',
      subject: `disclosure:${id}`,
      unit: d.unit,
      data: {
        correction: cid,
        what: input.what,
        address,
        where,
        from: input.from,
        to: input.to,
        reason: input.reason,
        checks: result.checks,
        removed: result.removed.length,
        added: result.added.length,
      },
    },
  ]);
  return { id: cid, ...result };
}

export async function withdraw(work: Work, id: string, scope: string[], correction: string): Promise<{ checks: CheckCounts; added: string[]; removed: string[] }> {
  const d = await mustRead(work.tx, work.realm, id, scope, true);
  mustManage(work, d);
  const c = (await store.corrections(work.tx, id)).find((x) => x.id === correction);
  if (!c) throw problem('not-found', { detail: '没有这条更正' });
  if (c.withdrawnAt) throw problem('not-allowed-in-state', { detail: '已经撤回' });
  await store.withdrawCorrection(work.tx, correction, work.by, work.at);
  const { first, now } = await corrected(work.tx, id);
  const result = await recheck(work, d, first, now);
  await append(work, [
    { kind: 'disclosure.correction-withdrawn', subject: `disclosure:${id}`, unit: d.unit, data: { correction, where: c.where, from: c.to, to: c.from, checks: result.checks } },
  ]);
  return result;
}

/** Explains a finding, says it is corrected, or opens it again; holds for later versions as long as the finding stands. */
export async function decideFinding(work: Work, id: string, scope: string[], key: string, x: { status: 'open' | 'explained' | 'corrected'; note: string }) {
  const d = await mustRead(work.tx, work.realm, id, scope);
  mustManage(work, d);
  const [before] = await store.findings(work.tx, d, key);
  if (!before) throw problem('not-found', { detail: '这一版没有这项发现' });
  if (!d.current) throw problem('not-allowed-in-state', { detail: '这一版已被取代，请在最新一版上处理' });
  await store.decide(work.tx, d, { key, ...x, by: work.by, at: work.at });
  await append(work, [
    {
      kind: x.status === 'open' ? 'finding.reopened' : x.status === 'explained' ? 'finding.explained' : 'finding.corrected',
      subject: `disclosure:${id}`,
      unit: d.unit,
      data: { key, rule: before.rule, message: before.message, before: before.status ?? 'open', note: x.note },
    },
  ]);
  const rules = new Map((await rulesOf(work.hub)).map((r) => [r.code, r]));
  return findingOf((await store.findings(work.tx, d, key))[0]!, rules, d.number);
}

export async function listCorrections(r: { hub: Work['hub']; realm: string; scope: string[] }, id: string) {
  await mustRead(r.hub.sql, r.realm, id, r.scope);
  return {
    items: (await store.corrections(r.hub.sql, id)).map((c) => ({
      id: c.id,
      what: c.what,
      address: Object.values(c.address).join('/'),
      where: c.where,
      from: c.from,
      to: c.to,
      reason: c.reason,
      by: c.by,
      byName: c.byName,
      at: c.at,
      withdrawn: c.withdrawnAt ? { by: c.withdrawnBy!, byName: c.withdrawnByName ?? c.withdrawnBy!, at: c.withdrawnAt } : null,
    })),
  };
}
