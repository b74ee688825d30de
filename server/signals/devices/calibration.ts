// Calibration: from an instant on a stream's readings are corrected as they come in (reading = raw·gain + bias); what it was and who attests it is kept.
import { within } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { inScope } from '../../people/scope.ts';
import type { Db, Sql } from '../../platform/db.ts';
import { append } from '../../platform/facts.ts';
import type { Work } from '../../platform/hub.ts';
import { type Signals, streamUnit } from '../service.ts';

export interface Calibration {
  id: string;
  at: Date;
  gain: number;
  bias: number;
  validUntil: string | null;
  certificate: string | null;
  note: string;
  by: string;
}
export const calibrations = (db: Db, stream: string): Promise<Calibration[]> =>
  (db as Sql)<Calibration[]>`select id::text, at, gain, bias, valid_until::text as "validUntil", certificate, note, by
    from calibrations where stream_id = ${stream} order by at desc, id desc limit 500`.then((r) => [...r]);

/** Adds a calibration. Readings before `at` stay as they are; those that come later for instants after it are corrected and say so (quality 1). */
export async function calibrate(
  work: Work,
  signals: Signals,
  stream: string,
  c: { at: string; gain: number; bias: number; validUntil?: string | undefined; certificate?: string | undefined; note: string },
  scope: string[],
): Promise<{ id: string }> {
  const s = await streamUnit(work.tx, stream);
  if (!s || !scope.some((p) => within(s.owner, p))) throw problem('not-found', { detail: '没有这条数据流' });
  if (c.validUntil && c.validUntil <= c.at.slice(0, 10)) throw problem('invalid-input', { errors: [{ pointer: '/body/validUntil', message: '有效期须在校准之后' }] });
  // A second opinion on the past would change what resent readings become: the newest calibration is the last in time.
  const [later] = await work.tx`select 1 from calibrations where stream_id = ${stream} and at >= ${c.at}`;
  if (later) throw problem('conflict', { detail: '此时刻之后已有校准，请登记更晚的时刻' });
  const [row] = await work.tx<{ id: string }[]>`insert into calibrations (stream_id, at, gain, bias, valid_until, certificate, note, by)
    values (${stream}, ${c.at}, ${c.gain}, ${c.bias}, ${c.validUntil ?? null}, ${c.certificate ?? null}, ${c.note}, ${work.by}) returning id::text`;
  await append(work, [{ kind: 'stream.calibrated', subject: `stream:${stream}`, data: { at: c.at, gain: c.gain, bias: c.bias, validUntil: c.validUntil ?? null }, unit: s.owner }]);
  signals.registry.stale();
  return { id: row!.id };
}

/** Streams whose newest calibration runs out within `days`, the soonest first. */
export const calibrationsDue = (
  db: Db,
  q: { scope: string[]; realm: string; at: Date; days: number },
): Promise<{ stream: string; thing: string; name: string; validUntil: string; overdue: boolean }[]> => {
  const sql = db as Sql;
  return sql<{ stream: string; thing: string; name: string; validUntil: string; overdue: boolean }[]>`
    select c.stream_id::text as stream, t.code as thing, t.name || ' ' || s.name as name, c.valid_until::text as "validUntil", c.valid_until < (${q.at}::timestamptz at time zone 'Asia/Shanghai')::date as overdue
    from (select distinct on (stream_id) stream_id, valid_until from calibrations order by stream_id, at desc, id desc) c
      join streams s on s.id = c.stream_id join things t on t.id = s.thing_id
    where c.valid_until <= (${q.at}::timestamptz at time zone 'Asia/Shanghai')::date + ${q.days}::int and t.realm = ${q.realm} and t.status <> 'retired' and ${inScope(sql, 't.unit', q.scope)}
    order by c.valid_until, c.stream_id limit 500`.then((r) => [...r]);
};
