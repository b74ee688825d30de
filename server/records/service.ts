// What can be done with ledgers: enter, amend (the earlier version stays), void with a reason, attach evidence; each leaves a fact.
import { type Data, changes, entryFaults, happenedAt } from '#core/records/entry.ts';
import type { Ledger } from '#core/records/pack.ts';
import { may, scopeOf } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { indicatorsOf } from '../indicators/service.ts';
import { type Current, current } from '../packs/service.ts';
import { unitBy } from '../people/service.ts';
import { append } from '../platform/facts.ts';
import { matchVersion } from '../platform/http.ts';
import type { Work } from '../platform/hub.ts';
import { uuidv7 } from '../platform/ids.ts';
import * as store from './store.ts';

export { ledgerRecords, ledgerValue } from './measure.ts';
export type { LedgerQuery, Measured } from './measure.ts';
export { files, list, read, summary, versions } from './store.ts';
export type { RecordRow } from './store.ts';

/** The ledger of a code in this content; 404 when there is none. */
export function ledgerOf(packs: Current, code: string): Ledger {
  const ledger = packs.content.ledgers.get(code);
  if (!ledger) throw problem('not-found', { detail: `没有台账 ${code}` });
  return ledger;
}

function checked(ledger: Ledger, data: Data, now: Date): Data {
  const errors = entryFaults(ledger, data, now);
  if (errors.length)
    throw problem('invalid-input', {
      errors,
      detail: errors
        .map((e) => e.message)
        .slice(0, 3)
        .join('；'),
    });
  return Object.fromEntries(Object.entries(data).filter(([, v]) => v !== null && v !== ''));
}

/** Enters work that was done. The unit is the actor's own unless told; he must hold record.write over it. */
export async function createRecord(
  work: Work,
  input: { ledger: string; data: Data; unit?: string | undefined; origin?: string | undefined },
): Promise<{ id: string; version: number }> {
  const packs = await current(work.hub, work.tx);
  const ledger = ledgerOf(packs, input.ledger);
  const unit = input.unit ?? (work.actor.unit.path || `${packs.root}.${ledger.owner}`);
  if (!(await unitBy(work.tx, { path: unit }))) throw problem('invalid-input', { errors: [{ pointer: '/body/unit', message: '没有这个机构' }] });
  if (!may(work.actor, 'record.write', unit)) throw problem('forbidden', { detail: `不能为 ${unit} 登记台账` });
  const data = checked(ledger, input.data, work.at);
  const id = uuidv7();
  const at = happenedAt(ledger, data);
  const fresh = await store.insert(work.tx, {
    id,
    realm: work.realm,
    ledger: ledger.code,
    unit,
    happenedAt: at,
    data,
    packVersion: packs.version,
    origin: input.origin ?? null,
    by: work.by,
    at: work.at,
  });
  if (!fresh) throw problem('conflict', { detail: '这件事已在本台账登记过' });
  await append(work, [
    { kind: 'record.created', subject: `record:${id}`, unit, data: { ledger: ledger.code, unit, happenedAt: at.toISOString(), data, origin: input.origin ?? null } },
  ]);
  await indicatorsOf(work.hub).touch(work.tx, work.realm, 'ledger', at);
  return { id, version: 1 };
}

async function held(work: Work, id: string, asked: number): Promise<store.RecordRow> {
  const before = await store.read(work.tx, id, work.realm, scopeOf(work.actor, 'record.read'), true);
  if (!before) throw problem('not-found', { detail: '没有这条登记' });
  if (!may(work.actor, 'record.write', before.unit)) throw problem('forbidden', { detail: `不能修改 ${before.unit} 的台账` });
  matchVersion(asked, before.version);
  if (before.status === 'void') throw problem('not-allowed-in-state', { detail: '已作废，不能再改' });
  return before;
}

/** Corrects an entry; says why, and the earlier version stays readable. */
export async function amendRecord(work: Work, id: string, asked: number, input: { data: Data; reason: string }): Promise<{ version: number }> {
  const before = await held(work, id, asked);
  const packs = await current(work.hub, work.tx);
  const ledger = ledgerOf(packs, before.ledger);
  const data = checked(ledger, input.data, work.at);
  const different = changes(ledger, before.data, data);
  if (!different.length) throw problem('invalid-input', { detail: '内容没有变化' });
  const version = before.version + 1;
  const at = happenedAt(ledger, data);
  await store.amend(work.tx, { id, version, happenedAt: at, unit: before.unit, data, packVersion: packs.version, reason: input.reason, by: work.by, at: work.at });
  await append(work, [
    {
      kind: 'record.amended',
      subject: `record:${id}`,
      unit: before.unit,
      data: {
        ledger: ledger.code,
        unit: before.unit,
        happenedAt: at.toISOString(),
        happenedBefore: before.happenedAt.toISOString(),
        changes: different.map(({ name, before: b, after }) => ({ name, before: b, after })),
        reason: input.reason,
      },
    },
  ]);
  // The number of the day it was said to be, and of the day it is.
  for (const day of [before.happenedAt, at]) await indicatorsOf(work.hub).touch(work.tx, work.realm, 'ledger', day);
  return { version };
}

/** Takes an entry out of every count; it stays visible with its reason. */
export async function voidRecord(work: Work, id: string, asked: number, reason: string): Promise<{ version: number }> {
  const before = await held(work, id, asked);
  const version = before.version + 1;
  await store.setVoid(work.tx, { id, version, happenedAt: before.happenedAt, unit: before.unit, data: before.data, reason, by: work.by, at: work.at });
  await append(work, [
    { kind: 'record.voided', subject: `record:${id}`, unit: before.unit, data: { ledger: before.ledger, unit: before.unit, happenedAt: before.happenedAt.toISOString(), reason } },
  ]);
  await indicatorsOf(work.hub).touch(work.tx, work.realm, 'ledger', before.happenedAt);
  return { version };
}

/** Adds evidence whose bytes are already stored. */
export async function attach(work: Work, id: string, f: { sha256: string; size: number; name: string; type: string }): Promise<void> {
  const before = await store.read(work.tx, id, work.realm, scopeOf(work.actor, 'record.read'), true);
  if (!before) throw problem('not-found', { detail: '没有这条登记' });
  if (!may(work.actor, 'record.write', before.unit)) throw problem('forbidden', { detail: `不能修改 ${before.unit} 的台账` });
  if (before.status === 'void') throw problem('not-allowed-in-state', { detail: '已作废，不能再加佐证' });
  await store.addFile(work.tx, { recordId: id, ...f, by: work.by, at: work.at });
  await append(work, [{ kind: 'record-file.added', subject: `record-file:${id}`, unit: before.unit, data: { sha256: f.sha256, name: f.name, size: f.size } }]);
}
