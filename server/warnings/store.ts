// All SQL of warnings.
import type { Db, Sql, Tx } from '../platform/db.ts';
import { inScope } from '../people/scope.ts';
import type { WarningRule } from '#core/warnings/pack.ts';
import type { Watched } from './engine.ts';

const as = (db: Db): Sql => db as Sql;

export interface RuleRow {
  code: string;
  version: number;
  definition: WarningRule;
  hash: string;
  by: string;
  createdAt: Date;
  active: boolean;
}
export const rules = (db: Db) => as(db)<RuleRow[]>`
  select * from (select distinct on (code) code, version, definition, hash, by, created_at as "createdAt", active from warning_rules order by code, version desc) r where active order by code`;
export const newestRules = (db: Db) =>
  as(db)<RuleRow[]>`select distinct on (code) code, version, definition, hash, by, created_at as "createdAt", active from warning_rules order by code, version desc`;
export const addRule = (tx: Tx, r: { code: string; version: number; definition: unknown; hash: string; by: string; at: Date; active?: boolean }) => tx`
  insert into warning_rules (code, version, definition, hash, by, created_at, active) values (${r.code}, ${r.version}, ${tx.json(r.definition as never)}, ${r.hash}, ${r.by}, ${r.at}, ${r.active ?? true})`;
export const setRuleActive = (tx: Tx, code: string, active: boolean) => tx`
  update warning_rules set active = ${active} where code = ${code} and version = (select max(version) from warning_rules where code = ${code})`;

export const watched = (db: Db, realm: string) => as(db)<Watched[]>`
  select s.id::text as stream, s.code, t.id::text as thing, t.profile, t.unit, t.parent_id::text as parent, t.interval_s * 1000 as "intervalMs", t.lon, t.lat
  from streams s join things t on t.id = s.thing_id where t.realm = ${realm} and t.status = 'active' order by s.id`;
export const heads = (db: Db) => as(db)<{ thing: string; at: Date }[]>`
  select s.thing_id::text as thing, max(h.at) as at from stream_heads h join streams s on s.id = h.stream group by s.thing_id`;
export interface About {
  thing: string;
  name: string;
  unit: string;
  parent: string | null;
  parentName: string | null;
  lon: number | null;
  lat: number | null;
  address: string | null;
}
export const about = (db: Db, things: string[]) => as(db)<About[]>`
  select t.id::text as thing, t.name, t.unit, t.parent_id::text as parent, p.name as "parentName", t.lon, t.lat, t.address from things t left join things p on p.id = t.parent_id where t.id = any(${things}::bigint[])`;
export const streamUnits = (db: Db, streams: string[]) =>
  as(db)<{ stream: string; name: string; unit: string }[]>`select id::text as stream, name, unit from streams where id = any(${streams}::bigint[])`;
/** The last readings up to an instant, for each key by its place: the frozen chart. */
export const before = (db: Db, keys: { stream: string; at: number }[], limit = 60) => as(db)<{ n: number; at: Date[]; num: (number | null)[] }[]>`
  select k.n::int - 1 as n, array_agg(o.at order by o.at) as at, array_agg(o.num order by o.at) as num
  from unnest(${keys.map((k) => k.stream)}::bigint[], ${keys.map((k) => new Date(k.at).toISOString())}::text[]::timestamptz[]) with ordinality k(stream, t, n)
  cross join lateral (select at, num from observations where stream = k.stream and at <= k.t order by at desc limit ${limit}) o group by k.n`;

export interface WarningRow {
  id: string;
  realm: string;
  kind: 'rule' | 'storm';
  nature: 'internal' | 'official';
  rule: string | null;
  ruleVersion: number | null;
  object: string;
  episode: string;
  thingId: string | null;
  streamId: string | null;
  parentId: string | null;
  unit: string;
  handler: string | null;
  level: number;
  worst: number;
  state: 'raised' | 'acknowledged' | 'shelved' | 'closed' | 'false-alarm';
  outcome: string | null;
  verdict: boolean | null;
  headline: { zh: string; en: string };
  value: number | null;
  valueUnit: string;
  evidence: Record<string, unknown>;
  foldedInto: string | null;
  inhibitedBy: string | null;
  children: number;
  flaps: number;
  escalation: number;
  notices: number;
  raisedAt: Date;
  changedAt: Date;
  acknowledgedAt: Date | null;
  acknowledgedBy: string | null;
  shelvedUntil: Date | null;
  closedAt: Date | null;
  closedBy: string | null;
  note: string | null;
  caseId: string | null;
  lon: number | null;
  lat: number | null;
  place: string | null;
  version: number;
}
const columns = `w.id, w.realm, w.kind, w.nature, w.rule, w.rule_version as "ruleVersion", w.object, w.episode::text, w.thing_id::text as "thingId", w.stream_id::text as "streamId", w.parent_id::text as "parentId",
  w.unit, w.handler, w.level, w.worst, w.state, w.outcome, w.verdict, w.headline, w.value, w.value_unit as "valueUnit", w.evidence, w.folded_into as "foldedInto", w.inhibited_by as "inhibitedBy", w.children, w.flaps, w.escalation, w.notices,
  w.raised_at as "raisedAt", w.changed_at as "changedAt", w.acknowledged_at as "acknowledgedAt", w.acknowledged_by as "acknowledgedBy", w.shelved_until as "shelvedUntil", w.closed_at as "closedAt", w.closed_by as "closedBy", w.note, w.case_id as "caseId",
  w.lon, w.lat, w.place, w.version`;
export const read = async (db: Db, id: string) => (await as(db).unsafe<WarningRow[]>(`select ${columns} from warnings w where id = $1`, [id]))[0];
export const lock = async (tx: Tx, id: string) => (await tx.unsafe<WarningRow[]>(`select ${columns} from warnings w where id = $1 for update`, [id]))[0];
/** The open or newest warning of each (rule, object). */
export const newest = (tx: Tx, realm: string, keys: { rule: string; object: string }[]) =>
  tx.unsafe<WarningRow[]>(
    `select ${columns} from unnest($2::text[], $3::text[]) k(rule, object) cross join lateral (
     select * from warnings w where w.realm = $1 and w.rule = k.rule and w.object = k.object order by w.closed_at is null desc, w.episode desc limit 1) w`,
    [realm, keys.map((k) => k.rule), keys.map((k) => k.object)] as never,
  );

export interface NewWarning {
  id: string;
  kind: 'rule' | 'storm';
  nature?: string;
  rule: string | null;
  rule_version: number | null;
  object: string;
  episode: number;
  thing_id: string | null;
  stream_id: string | null;
  parent_id: string | null;
  unit: string;
  handler: string | null;
  level: number;
  worst: number;
  state: 'raised' | 'shelved';
  headline: unknown;
  value: number | null;
  value_unit: string;
  evidence: unknown;
  folded_into: string | null;
  inhibited_by: string | null;
  children: number;
  raised_at: Date;
  shelved_until: Date | null;
  lon: number | null;
  lat: number | null;
  place: string | null;
  notices: number;
}
/** Adds warnings; one that is there already (same rule, object, episode, or another open) is left out: gives the ids really added. */
export async function add(tx: Tx, realm: string, rows: NewWarning[]): Promise<Set<string>> {
  if (!rows.length) return new Set();
  const added = await tx<{ id: string }[]>`
    insert into warnings ${tx(rows.map((r) => ({ ...r, realm, changed_at: r.raised_at, headline: tx.json(r.headline as never), evidence: tx.json(r.evidence as never) })) as never)}
    on conflict do nothing returning id`;
  return new Set(added.map((a) => a.id));
}
export const change = (tx: Tx, id: string, set: Record<string, unknown>, at: Date) =>
  tx`update warnings set ${tx({ ...set, changed_at: at } as never)}, version = version + 1 where id = ${id}`;
export const openStorms = (tx: Tx, realm: string, since: Date) => tx<{ id: string; key: string; lastAt: Date }[]>`
  select s.id, s.object as key, coalesce((select max(raised_at) from warnings c where c.folded_into = s.id), s.raised_at) as "lastAt" from warnings s
  where realm = ${realm} and kind = 'storm' and closed_at is null and changed_at >= ${since}`;
export const recentSingles = (tx: Tx, realm: string, since: Date) =>
  tx.unsafe<WarningRow[]>(
    `select ${columns} from warnings w where realm = $1 and kind = 'rule' and rule is not null and closed_at is null and folded_into is null and inhibited_by is null and state = 'raised' and raised_at >= $2`,
    [realm, since] as never,
  );
export const foldUnder = (tx: Tx, storm: string, ids: string[], at: Date) => tx`
  update warnings set folded_into = ${storm}, changed_at = ${at}, version = version + 1 where id = any(${ids}) and folded_into is null`;
export const countChildren = (tx: Tx, storm: string, at: Date) => tx<{ children: number; open: number; level: number | null }[]>`
  with c as (select count(*)::int as children, count(*) filter (where closed_at is null)::int as open, min(level) filter (where closed_at is null)::int as level from warnings where folded_into = ${storm})
  update warnings w set children = c.children, level = coalesce(c.level, w.level), worst = least(w.worst, coalesce(c.level, w.worst)), changed_at = ${at}, version = version + 1 from c where w.id = ${storm}
  returning c.children, c.open, c.level`;
export const inhibitors = (tx: Tx, realm: string, rules: string[], things: string[]) => tx<{ id: string; rule: string; thing: string | null }[]>`
  select id, rule, thing_id::text as thing from warnings where realm = ${realm} and closed_at is null and rule = any(${rules}) and thing_id = any(${things}::bigint[])`;
export const inhibitedBy = (tx: Tx, id: string) => tx.unsafe<WarningRow[]>(`select ${columns} from warnings w where inhibited_by = $1 and closed_at is null`, [id]);
export const shelves = (db: Db, realm: string, at: Date) => as(db)<
  { id: string; kind: string; rule: string | null; thing: string | null; unit: string; from: Date; until: Date; reason: string; by: string }[]
>`
  select id, kind, rule, thing_id::text as thing, unit, from_at as "from", until_at as until, reason, by from warning_shelves where realm = ${realm} and from_at <= ${at} and until_at > ${at} order by until_at`;
export const addShelf = (
  tx: Tx,
  realm: string,
  s: { id: string; kind: 'shelf' | 'maintenance'; rule: string | null; thing: string | null; unit: string; from: Date; until: Date; reason: string; by: string },
) => tx`
  insert into warning_shelves (id, realm, kind, rule, thing_id, unit, from_at, until_at, reason, by) values (${s.id}, ${realm}, ${s.kind}, ${s.rule}, ${s.thing}, ${s.unit}, ${s.from}, ${s.until}, ${s.reason}, ${s.by})`;

export interface ListQuery {
  realm: string;
  scope: string[];
  state: 'open' | 'closed' | 'all';
  level?: number | undefined;
  rule?: string | undefined;
  folded: boolean;
  parent?: string | undefined;
  after?: { level: number; at: string; id: string } | undefined;
  limit: number;
}
/** Worst first, then newest; folded and inhibited ones only when asked for. */
export const list = (db: Db, q: ListQuery) => {
  const sql = as(db);
  return sql<(WarningRow & { key: string })[]>`
    select ${sql.unsafe(columns)}, w.raised_at::text as key from warnings w
    where realm = ${q.realm} and (${inScope(db, 'w.unit', q.scope)} or ${inScope(db, 'w.handler', q.scope)})
      ${q.state === 'open' ? sql`and closed_at is null` : q.state === 'closed' ? sql`and closed_at is not null` : sql``}
      ${q.level ? sql`and level = ${q.level}` : sql``} ${q.rule ? sql`and rule = ${q.rule}` : sql``}
      ${q.parent ? sql`and folded_into = ${q.parent}` : q.folded ? sql`` : sql`and folded_into is null and inhibited_by is null`}
      ${q.after ? sql`and (level, -extract(epoch from raised_at), id) > (${q.after.level}, -extract(epoch from ${q.after.at}::timestamptz), ${q.after.id}::uuid)` : sql``}
    order by level, raised_at desc, id limit ${q.limit}`;
};
export const counts = async (db: Db, realm: string, scope: string[]) =>
  (
    await as(db)<{ open: number; raised: number; folded: number; shelved: number; inhibited: number; byLevel: Record<string, number> }[]>`
  select count(*) filter (where folded_into is null and inhibited_by is null)::int as open, count(*) filter (where state = 'raised' and folded_into is null and inhibited_by is null)::int as raised,
    count(*) filter (where folded_into is not null)::int as folded, count(*) filter (where state = 'shelved')::int as shelved, count(*) filter (where inhibited_by is not null)::int as inhibited,
    jsonb_build_object('1', count(*) filter (where level = 1 and folded_into is null and inhibited_by is null), '2', count(*) filter (where level = 2 and folded_into is null and inhibited_by is null), '3', count(*) filter (where level = 3 and folded_into is null and inhibited_by is null), '4', count(*) filter (where level = 4 and folded_into is null and inhibited_by is null)) as "byLevel"
  from warnings w where realm = ${realm} and closed_at is null and (${inScope(db, 'w.unit', scope)} or ${inScope(db, 'w.handler', scope)})`
  )[0]!;
export const visibleIds = async (db: Db, realm: string, ids: string[], scope: string[]): Promise<Set<string>> =>
  new Set(
    (
      await as(db)<
        { id: string }[]
      >`select id from warnings w where realm = ${realm} and id = any(${ids}) and (${inScope(db, 'w.unit', scope)} or ${inScope(db, 'w.handler', scope)})`
    ).map((r) => r.id),
  );
/** Notices per ten minutes and who acknowledged how many. */
export const load = (db: Db, realm: string, scope: string[], from: Date, to: Date) => as(db)<{ at: Date; notices: number; raw: number }[]>`
  select date_bin('10 minutes', raised_at, ${from}) as at, count(*) filter (where notices > 0)::int as notices, count(*) filter (where kind = 'rule')::int as raw
  from warnings w where realm = ${realm} and raised_at >= ${from} and raised_at < ${to} and (${inScope(db, 'w.unit', scope)} or ${inScope(db, 'w.handler', scope)}) group by 1 order by 1`;
export const acknowledgers = (db: Db, realm: string, from: Date, to: Date) => as(db)<{ by: string; n: number; seconds: number }[]>`
  select acknowledged_by as by, count(*)::int as n, avg(extract(epoch from acknowledged_at - raised_at))::float8 as seconds from warnings
  where realm = ${realm} and acknowledged_at >= ${from} and acknowledged_at < ${to} and acknowledged_by is not null group by 1`;
/** Verdicts of the last days by rule. */
export const verdicts = (db: Db, realm: string, since: Date) => as(db)<{ rule: string; raised: number; right: number; wrong: number; flaps: number; folded: number }[]>`
  select rule, count(*)::int as raised, count(*) filter (where verdict)::int as right, count(*) filter (where not verdict)::int as wrong, coalesce(sum(flaps), 0)::int as flaps, count(*) filter (where folded_into is not null)::int as folded
  from warnings where realm = ${realm} and rule is not null and raised_at >= ${since} group by rule`;

export const openOf = (db: Db, realm: string) => as(db)<{ rule: string; object: string; level: number }[]>`
  select rule, object, level from warnings where realm = ${realm} and closed_at is null and rule is not null`;
export const savedStates = (db: Db, realm: string) =>
  as(db)<{ shard: number; states: Record<string, unknown> }[]>`select shard, states from warning_states where realm = ${realm} order by at`;
export const saveStates = (db: Db, realm: string, shard: number, states: Record<string, unknown>, at: Date) => as(db)`
  insert into warning_states (realm, shard, states, at) values (${realm}, ${shard}, ${as(db).json(states as never)}, ${at})
  on conflict (realm, shard) do update set states = excluded.states, at = excluded.at`;
export const cursor = async (db: Db, name: string) => (await as(db)<{ tx: string; position: string }[]>`select tx::text, position::text from cursors where name = ${name}`)[0];
export const moveCursor = (db: Db, name: string, at: { tx: string; position: string }) => as(db)`
  insert into cursors (name, tx, position) values (${name}, ${at.tx}::text::xid8, ${at.position}) on conflict (name) do update set tx = excluded.tx, position = excluded.position, updated_at = clock_timestamp()`;
/** The end of the stored groups that no unfinished transaction can precede. */
export const batchEnd = async (db: Db) =>
  (
    await as(db)<{ tx: string; position: string }[]>`
  select b.tx::text, b.id::text as position from ingest_batches b where b.tx < pg_snapshot_xmin(pg_current_snapshot()) order by b.tx desc, b.id desc limit 1`
  )[0] ?? { tx: '0', position: '0' };
export const batchesBetween = (db: Db, after: { tx: string; position: string }, limit: number) => as(db)<{ tx: string; position: string; streams: string[]; hours: Date[] }[]>`
  select b.tx::text, b.id::text as position, b.streams::text[], b.hours from ingest_batches b where (b.tx, b.id) > (${after.tx}::text::xid8, ${after.position}::bigint) order by b.tx, b.id limit ${limit}`;
export const readingsOfHours = (db: Db, streams: string[], hours: Date[]) => as(db)<{ stream: string; at: Date; num: number | null }[]>`
  select o.stream::text, o.at, o.num from (select distinct stream, hour from unnest(${streams}::bigint[], ${hours.map((h) => h.toISOString())}::text[]::timestamptz[]) x(stream, hour)) p
  join observations o on o.stream = p.stream and o.at >= p.hour and o.at < p.hour + interval '1 hour' where o.kind in (0, 2, 4) and o.quality < 2 order by o.at`;
export const judgedBefore = (db: Db, realm: string, rule: string, from: Date, to: Date) => as(db)<{ object: string; from: Date; to: Date; verdict: boolean | null }[]>`
  select object, raised_at as "from", coalesce(closed_at, ${to}) as "to", verdict from warnings
  where realm = ${realm} and rule = ${rule} and raised_at < ${to} and coalesce(closed_at, ${to}) > ${from}`;
export const history = (db: Db, stream: string, from: Date, to: Date, limit: number) => as(db)<{ at: Date; num: number | null }[]>`
  select at, num from observations where stream = ${stream} and at >= ${from} and at < ${to} and kind in (0, 2, 4) and quality < 2 order by at limit ${limit}`;

export const webhooks = (db: Db, realm: string) => as(db)<
  { id: string; url: string; kinds: string[]; unit: string; secret: string; previousSecret: string | null; allowPrivate: boolean; active: boolean; by: string; createdAt: Date }[]
>`
  select id, url, kinds, unit, secret, previous_secret as "previousSecret", allow_private as "allowPrivate", active, by, created_at as "createdAt" from webhooks where realm = ${realm} order by created_at`;
export const addWebhook = (tx: Tx, realm: string, w: { id: string; url: string; kinds: string[]; unit: string; secret: string; allowPrivate: boolean; by: string; at: Date }) => tx`
  insert into webhooks (id, realm, url, kinds, unit, secret, allow_private, by, created_at) values (${w.id}, ${realm}, ${w.url}, ${w.kinds}, ${w.unit}, ${w.secret}, ${w.allowPrivate}, ${w.by}, ${w.at})`;
export const endWebhook = (tx: Tx, id: string) => tx`update webhooks set active = false where id = ${id} and active returning id`;
export const deliveries = (db: Db, id: string) => as(db)<{ state: string; attempts: number; lastError: string | null; createdAt: Date; sentAt: Date | null; subject: string }[]>`
  select state, attempts, last_error as "lastError", created_at as "createdAt", sent_at as "sentAt", subject from outbox where channel = 'webhook' and destination = ${id} order by outbox.id desc limit 50`;
