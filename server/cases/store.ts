// All SQL of cases: the row that mirrors the fold, its unfolded tasks, who may see it, lists and rates.
import type { Case } from '#core/cases/state.ts';
import { nextLimit, open } from '#core/cases/state.ts';
import type { Flow } from '#core/cases/pack.ts';
import { allowedIn } from '#core/cases/kernel.ts';
import type { Text } from '#core/contract.ts';
import type { Actor, Permission } from '#core/people/roles.ts';
import { permissions, scopeOf } from '#core/people/roles.ts';
import type { Db, Sql, Tx } from '../platform/db.ts';
import { inScope } from '../people/scope.ts';

const currentStep = (s: Case): string | null => nextLimit(s)?.task.step ?? s.tasks.findLast(open)?.step ?? null;

/** What the next act on a task needs. */
const needed = (flow: Flow, state: string, step: string): string | null => {
  const s = flow.steps[step];
  if (!s) return null;
  if (state === 'submitted') return s.confirm ?? s.permission;
  if (state === 'offered' && s.kind === 'do' && s.permission === 'case.handle') return 'case.acknowledge';
  return allowedIn.submit!.includes(state as never) || state === 'offered' ? s.permission : null;
};

const row = (s: Case, realm: string, sector: string | null) => {
  const next = nextLimit(s);
  return {
    id: s.id,
    realm,
    no: s.no,
    flow: s.flow,
    pack_version: s.packVersion,
    status: s.status,
    title: s.title,
    description: s.description,
    source: s.source,
    level: s.level,
    matter: s.matter,
    condition: s.condition,
    sector,
    scenario: s.scenario,
    owner: s.owner,
    place_unit: s.place?.unit ?? null,
    lon: s.place?.lon ?? null,
    lat: s.place?.lat ?? null,
    address: s.place?.address ?? null,
    opened_at: s.openedAt,
    filed_at: s.filedAt,
    closed_at: s.closedAt,
    due_at: next?.limit.due ?? null,
    due_from: next?.limit.from ?? null,
    step: currentStep(s),
    origin: s.origin,
    returns: s.returns,
    reworks: s.reworks,
    satisfaction: typeof s.evaluation?.form.satisfaction === 'number' ? s.evaluation.form.satisfaction : null,
    version: s.version,
  };
};

const seenBy = (s: Case): string[] => [s.owner, ...(s.place?.unit ? [s.place.unit] : []), ...s.tasks.map((t) => t.unit)];

/**
 * Writes the row, the tasks and the access of a case as its state now says; `before` is what is stored (null: nothing yet), tasks that are
 * the same object there are left alone. The statements go out together, in this order, without waiting for each other.
 */
export async function save(tx: Tx, before: Case | null, s: Case, realm: string, flow: Flow, sector: string | null, forced: boolean): Promise<void> {
  const r = { ...row(s, realm, sector), state: tx.json(s as never) };
  const all = !before || before.status !== s.status || before.matter !== s.matter;
  const tasks = (all ? s.tasks : s.tasks.filter((t) => !before.tasks.includes(t))).map((t) => {
    const ack = t.limits.find((l) => l.kind === 'ack');
    const whole = t.limits.find((l) => l.kind === 'step' && !l.metAt) ?? t.limits.findLast((l) => l.kind === 'step');
    const nearest = t.limits.filter((l) => !l.metAt).sort((a, b) => (a.due < b.due ? -1 : 1))[0];
    return {
      id: t.id,
      case_id: s.id,
      realm,
      flow: s.flow,
      sector,
      step: t.step,
      step_kind: flow.steps[t.step]?.kind ?? 'do',
      unit: t.unit,
      title: t.title,
      state: t.state,
      permission: s.status === 'open' && open(t) ? needed(flow, t.state, t.step) : null,
      claimed_by: t.claimedBy ?? null,
      lead: t.lead,
      counted: flow.steps[t.step]?.counted ?? false,
      offered_at: t.offeredAt,
      accepted_at: t.acceptedAt ?? null,
      ack_due: ack?.due ?? null,
      ack_late: ack?.late ?? null,
      done_at: t.doneAt ?? null,
      due_at: (open(t) ? nearest : whole)?.due ?? whole?.due ?? null,
      due_from: (open(t) ? nearest : whole)?.from ?? null,
      late: t.doneAt ? t.limits.some((l) => l.kind !== 'ack' && l.late) : null,
      reworks: t.reworks,
      returned: t.state === 'returned',
    };
  });
  const known = new Set(before ? seenBy(before) : []);
  const seen = [...new Set(seenBy(s))].filter((u) => !known.has(u));
  await Promise.all([
    before ? tx`update cases set ${tx(r as never)} ${forced ? tx`, forced = true` : tx``} where id = ${s.id}` : tx`insert into cases ${tx(r as never)}`,
    tasks.length
      ? tx`insert into tasks ${tx(tasks as never)} on conflict (id) do update set sector = excluded.sector, state = excluded.state, permission = excluded.permission, claimed_by = excluded.claimed_by, accepted_at = excluded.accepted_at,
      ack_late = excluded.ack_late, done_at = excluded.done_at, due_at = excluded.due_at, due_from = excluded.due_from, late = excluded.late, reworks = excluded.reworks, returned = excluded.returned`
      : undefined,
    seen.length ? tx`insert into case_access ${tx(seen.map((unit) => ({ case_id: s.id, unit })) as never)} on conflict do nothing` : undefined,
  ]);
}

export async function lock(tx: Tx, id: string): Promise<{ state: Case; version: number; realm: string } | undefined> {
  const [r] = await tx<{ state: Case; version: number; realm: string }[]>`select state, version, realm from cases where id = ${id} for update`;
  return r;
}
export async function read(db: Db, id: string): Promise<{ state: Case; personal: Record<string, string> | null; realm: string } | undefined> {
  const [r] = await (db as Sql)<{ state: Case; personal: Record<string, string> | null; realm: string }[]>`select state, personal, realm from cases where id = ${id}`;
  return r;
}

/** SQL condition that a case (alias c) may be seen within these unit paths. */
export const visible = (sql: Sql, scope: string[]) =>
  scope.includes('') ? sql`true` : sql`exists (select 1 from case_access a where a.case_id = c.id and ${inScope(sql, 'a.unit', scope)})`;

export async function visibleIds(db: Db, ids: string[], scope: string[], realm: string): Promise<Set<string>> {
  const sql = db as Sql;
  const rows = await sql<{ id: string }[]>`select c.id from cases c where c.id = any(${ids}) and c.realm = ${realm} and ${visible(sql, scope)}`;
  return new Set(rows.map((r) => r.id));
}

export interface ListQuery {
  realm: string;
  scope: string[];
  limit: number;
  status: string;
  after?: { due: string; id: string } | undefined;
  level?: number | undefined;
  matter?: string | undefined;
  unit?: string | undefined;
  text?: string | undefined;
  overdue?: boolean | undefined;
  step?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  flow?: string | undefined;
  at: Date;
}
export interface CaseRow {
  id: string;
  no: string;
  flow: string;
  status: string;
  title: string;
  source: string;
  level: number | null;
  matter: string | null;
  step: string | null;
  owner: string;
  ownerName: Text;
  packVersion: string;
  address: string | null;
  lon: number | null;
  lat: number | null;
  openedAt: Date;
  closedAt: Date | null;
  dueAt: Date | null;
  dueFrom: Date | null;
  tasks: number;
  openTasks: number;
  version: number;
  key: string;
}

export function list(db: Db, q: ListQuery): Promise<CaseRow[]> {
  const sql = db as Sql;
  return sql<CaseRow[]>`
    with page as (select * from (
    select c.id, c.no, c.flow, c.status, c.title, c.source, c.level, c.matter, c.step, c.owner, c.pack_version as "packVersion", c.address, c.lon, c.lat,
      c.opened_at as "openedAt", c.closed_at as "closedAt", c.due_at as "dueAt", c.due_from as "dueFrom", c.version,
      coalesce(c.due_at, 'infinity') as due
    from cases c where c.realm = ${q.realm} ${q.status === 'all' ? sql`` : sql`and c.status = ${q.status}`}
      ${q.level ? sql`and c.level = ${q.level}` : sql``} ${q.matter ? sql`and c.matter = ${q.matter}` : sql``} ${q.flow ? sql`and c.flow = ${q.flow}` : sql``}
      ${q.step ? sql`and c.step = ${q.step}` : sql``} ${q.overdue ? sql`and c.status = 'open' and c.due_at < ${q.at}` : sql``}
      ${q.from ? sql`and c.opened_at >= ${q.from}` : sql``} ${q.to ? sql`and c.opened_at < ${q.to}` : sql``}
      ${q.unit ? sql`and exists (select 1 from case_access x where x.case_id = c.id and (x.unit = ${q.unit} or x.unit like ${`${q.unit}.%`}))` : sql``}
      ${q.text ? sql`and (c.title ilike ${`%${q.text.replace(/[\\%_]/g, '\\$&')}%`} or c.no ilike ${`%${q.text.replace(/[\\%_]/g, '\\$&')}%`} or c.address ilike ${`%${q.text.replace(/[\\%_]/g, '\\$&')}%`})` : sql``}
      and ${visible(sql, q.scope)}
      ${q.after ? sql`and (coalesce(c.due_at, 'infinity'), c.id) > (${q.after.due}::timestamptz, ${q.after.id})` : sql``}
    order by coalesce(c.due_at, 'infinity'), c.id limit ${q.limit}) p)
    select p.*, p.due::text as key, u.name as "ownerName", t.tasks, t."openTasks"
    from page p join units u on u.path = p.owner
    cross join lateral (select count(*)::int as tasks, count(*) filter (where k.permission is not null)::int as "openTasks" from tasks k where k.case_id = p.id and k.counted) t
    order by p.due, p.id`.then((r) => [...r]);
}

export async function counts(db: Db, realm: string, scope: string[], at: Date, dayStart: Date) {
  const sql = db as Sql;
  const [r] = await sql<
    { open: number; unacknowledged: number; handling: number; near: number; overdue: number; inspecting: number; closedToday: number; onTimeToday: number | null }[]
  >`
    with mine as (select c.id, c.status, c.due_at, c.due_from, c.step, c.closed_at from cases c where c.realm = ${realm} and (c.status = 'open' or c.closed_at >= ${dayStart}) and ${visible(sql, scope)})
    select count(*) filter (where status = 'open')::int as open,
      (select count(distinct t.case_id) from tasks t join mine m on m.id = t.case_id where t.state = 'offered' and t.counted)::int as unacknowledged,
      (select count(distinct t.case_id) from tasks t join mine m on m.id = t.case_id where m.status = 'open' and t.counted and t.state in ('accepted', 'working', 'rework', 'submitted'))::int as handling,
      count(*) filter (where status = 'open' and due_at >= ${at} and due_at - ${at} < (due_at - due_from) * 0.2)::int as near,
      count(*) filter (where status = 'open' and due_at < ${at})::int as overdue,
      (select count(distinct t.case_id) from tasks t join mine m on m.id = t.case_id where m.status = 'open' and t.step_kind = 'check' and t.permission is not null)::int as inspecting,
      count(*) filter (where status = 'closed' and closed_at >= ${dayStart})::int as "closedToday",
      (select avg(case when bool_or then 0 else 1 end)::float8 from (select bool_or(coalesce(t.late, false)) from tasks t join mine m on m.id = t.case_id where m.status = 'closed' and t.counted and t.done_at is not null group by t.case_id) x) as "onTimeToday"
    from mine`;
  return r!;
}

/** Open tasks whose next act this actor may do, nearest deadline first; his own unit's before others' at equal time. */
export function work(db: Db, actor: Actor, realm: string, limit: number) {
  const sql = db as Sql;
  const parts = (Object.keys(permissions) as Permission[])
    .filter((p) => p.startsWith('case.'))
    .map((p) => [p, scopeOf(actor, p)] as const)
    .filter(([, s]) => s.length);
  let where = sql`false`;
  for (const [p, s] of parts) where = sql`${where} or (t.permission = ${p} and ${inScope(sql, 't.unit', s)})`;
  return sql<
    {
      caseId: string;
      no: string;
      caseTitle: string;
      level: number | null;
      address: string | null;
      task: string;
      title: string;
      step: string;
      flow: string;
      packVersion: string;
      state: string;
      unit: string;
      unitName: Text;
      lead: boolean;
      offeredAt: Date;
      dueAt: Date | null;
      dueFrom: Date | null;
      own: boolean;
    }[]
  >`
    select t.case_id as "caseId", c.no, c.title as "caseTitle", c.level, c.address, t.id as task, t.title, t.step, c.flow, c.pack_version as "packVersion", t.state, t.unit, u.name as "unitName", t.lead,
      t.offered_at as "offeredAt", t.due_at as "dueAt", t.due_from as "dueFrom", (t.unit = ${actor.unit.path}) as own
    from tasks t join cases c on c.id = t.case_id join units u on u.path = t.unit
    where t.realm = ${realm} and t.permission is not null and (t.claimed_by is null or t.claimed_by = ${actor.account}) and (${where})
    order by coalesce(t.due_at, 'infinity'), t.id limit ${limit}`.then((r) => [...r]);
}

export const files = (db: Db, id: string) =>
  (db as Sql)<{ sha256: string; name: string; type: string; size: string; by: string; at: Date }[]>`
    select f.sha256, f.name, f.type, s.size::text, coalesce(a.post_name, f.by) as by, f.at from case_files f join files s on s.sha256 = f.sha256 left join accounts a on f.by = 'account:' || a.id::text
    where f.case_id = ${id} order by f.at`.then((r) => [...r]);
export const addFile = async (tx: Tx, f: { caseId: string; sha256: string; size: number; name: string; type: string; by: string; at: Date }) => {
  await tx`insert into files (sha256, size) values (${f.sha256}, ${f.size}) on conflict do nothing`;
  await tx`insert into case_files (case_id, sha256, name, type, by, at) values (${f.caseId}, ${f.sha256}, ${f.name}, ${f.type}, ${f.by}, ${f.at}) on conflict do nothing`;
};

/** Cases of the same matter near a point within some days: candidates for merging. */
export const similar = (db: Db, q: { id: string; realm: string; matter: string; lon: number; lat: number; since: Date; scope: string[] }) => {
  const sql = db as Sql;
  return sql<{ id: string; no: string; title: string; status: string; metres: number }[]>`
    select * from (select c.id, c.no, c.title, c.status,
      (111195 * sqrt(power(c.lat - ${q.lat}, 2) + power((c.lon - ${q.lon}) * cos(radians(${q.lat})), 2)))::int as metres
      from cases c where c.realm = ${q.realm} and c.matter = ${q.matter} and c.id <> ${q.id} and c.opened_at > ${q.since} and c.status in ('open', 'closed')
        and c.lat between ${q.lat - 0.01} and ${q.lat + 0.01} and c.lon between ${q.lon - 0.01} and ${q.lon + 0.01} and ${visible(sql, q.scope)}) n
    where metres <= 500 order by metres limit 10`.then((r) => [...r]);
};

export const setPersonal = (tx: Tx, id: string, personal: Record<string, string>) => tx`update cases set personal = ${tx.json(personal)} where id = ${id}`;

/** Timeline with the posts' names. */
export const timeline = (db: Db, id: string) =>
  (db as Sql)<{ at: Date; by: string; kind: string; data: Record<string, unknown> }[]>`
    select f.at, coalesce(a.post_name, f.by) as by, f.kind, f.data from facts f left join accounts a on f.by = 'account:' || a.id::text where f.subject = ${`case:${id}`} order by f.seq`.then(
    (r) => [...r],
  );

export const unitNames = async (db: Db, paths: string[]): Promise<Record<string, Text>> =>
  Object.fromEntries((await (db as Sql)<{ path: string; name: Text }[]>`select path, name from units where path = any(${paths})`).map((u) => [u.path, u.name]));

/** Which of these paths are active units. */
export const activeUnits = async (db: Db, paths: string[]): Promise<Set<string>> =>
  new Set((await (db as Sql)<{ path: string }[]>`select path from units where active and path = any(${paths})`).map((u) => u.path));

export interface StoredTimer {
  id: string;
  kind: string;
  generation: number;
  state: string;
}
export const timersOf = async (tx: Tx, id: string): Promise<StoredTimer[]> => [
  ...(await tx<StoredTimer[]>`select id::text, kind, generation, state from timers where subject = ${`case:${id}`} and kind like 'case.%'`),
];
// A timer that is just firing holds its row and waits for this case; waiting for it in turn would be a deadlock. It is passed over: its handler
// reads the case after this command and finds nothing left to say.
export const cancelTimers = async (tx: Tx, ids: string[]): Promise<void> => {
  await tx`update timers set state = 'cancelled' where id in (select id from timers where id = any(${ids}) and state = 'waiting' for update skip locked)`;
};

/** Locks and names the most urgent case with an unclaimed decision of these rights; cases that others are just taking are passed over. */
export async function nextInPool(tx: Tx, realm: string, parts: (readonly [Permission, string[]])[], passed: string[]): Promise<{ caseId: string; task: string } | undefined> {
  let where = tx`false`;
  for (const [p, s] of parts) where = tx`${where} or (t.permission = ${p} and ${inScope(tx as never, 't.unit', s)})`;
  const [r] = await tx<{ caseId: string; task: string }[]>`
    select c.id as "caseId", t.id as task from tasks t join cases c on c.id = t.case_id
    where t.realm = ${realm} and t.permission is not null and t.claimed_by is null and t.state = 'offered' and (${where}) and not t.id = any(${passed}::uuid[])
    order by coalesce(t.due_at, 'infinity'), t.id limit 1 for update of c skip locked`;
  return r;
}

/** Two cases locked in one order, so that each may not be merged into the other. */
export const lockBoth = (tx: Tx, a: string, b: string) => tx`select 1 from cases where id in (${a}, ${b}) order by id for update`;

export const nextNumber = async (tx: Tx): Promise<number> => Number((await tx<{ n: string }[]>`select nextval('case_numbers')::text as n`)[0]!.n);

/** Which of these attachments belong to the case. */
export const filesOf = async (tx: Tx, id: string, hashes: string[]): Promise<Set<string>> =>
  new Set((await tx<{ sha256: string }[]>`select sha256 from case_files where case_id = ${id} and sha256 = any(${hashes})`).map((r) => r.sha256));

/** Suspicions of domain.md §7.4 that times, texts and authors of the facts can show; for a person to judge, never a penalty. */
export const suspicions = (db: Db, realm: string, scope: string[], since: Date) => {
  const sql = db as Sql;
  return sql<{ caseId: string; no: string; title: string; unit: string; unitName: Text; reason: string }[]>`
    with mine as materialized (select c.* from cases c where c.realm = ${realm} and c.opened_at >= ${since} and ${visible(sql, scope)}),
    t as materialized (select t.*, m.level, m.returns, m.closed_at from tasks t join mine m on m.id = t.case_id where t.counted),
    f as materialized (select f.at, f.by, f.kind, f.data, m.id as case_id, f.seq from facts f join mine m on f.subject = 'case:' || m.id::text
      where f.kind in ('case.opened', 'case.closed', 'case.described', 'case.deferral-asked', 'case.task-submitted')),
    found (case_id, unit, reason) as (
      select case_id, unit, '签收到办结不足 1 分钟' from t where done_at - accepted_at < interval '60 seconds'
      union all select case_id, unit, 'I、II 级任务签收超时' from t where ack_late and level <= 2
      union all select distinct on (case_id) case_id, unit, '退回两次以上' from t where returns >= 2 and returned
      union all select m.id, m.owner, '上报与结案为同一人' from mine m join f o on o.case_id = m.id and o.kind = 'case.opened' join f x on x.case_id = m.id and x.kind = 'case.closed' where o.by = x.by and o.by like 'account:%'
      union all select distinct m.id, m.owner, '等级先降后升' from mine m join f a on a.case_id = m.id and a.kind = 'case.described' and a.data ? 'level' and a.data ? 'reason'
        join f b on b.case_id = m.id and b.kind = 'case.described' and b.data ? 'level' and b.seq > a.seq and (b.data ->> 'level')::int < (a.data ->> 'level')::int
      union all select distinct t.case_id, t.unit, '到期前不足 1 小时申请挂账' from t join f on f.case_id = t.case_id and f.kind = 'case.deferral-asked' and f.data ->> 'task' = t.id::text
        where exists (select 1 from cases c, jsonb_array_elements(c.state -> 'tasks') k, jsonb_array_elements(k -> 'limits') l
          where c.id = t.case_id and k ->> 'id' = t.id::text and l ->> 'kind' = 'step' and f.at between (l ->> 'first')::timestamptz - interval '1 hour' and (l ->> 'first')::timestamptz)
      union all select distinct x.case_id, x.unit, '结案后 7 日内同一事项在附近再次发生' from t x join mine a on a.id = x.case_id and a.status = 'closed' and a.matter is not null and a.lat is not null
        join mine b on b.matter = a.matter and b.id <> a.id and b.opened_at > a.closed_at and b.opened_at < a.closed_at + interval '7 days'
          and abs(b.lat - a.lat) < 0.001 and abs(b.lon - a.lon) < 0.001 where x.lead and x.done_at is not null
      union all select case_id, unit, '处置结果文字与其他事件完全相同（' || n || ' 次）' from (
        select t.case_id, t.unit, count(*) over (partition by t.unit, f.data -> 'form' ->> 'result') as n from t join f on f.case_id = t.case_id and f.kind = 'case.task-submitted' and f.data ->> 'task' = t.id::text
        where length(f.data -> 'form' ->> 'result') >= 8) r where n > 5
    )
    select m.id as "caseId", m.no, m.title, x.unit, u.name as "unitName", x.reason from found x join mine m on m.id = x.case_id join units u on u.path = x.unit
    order by m.opened_at desc, m.id, x.reason limit 200`.then((r) => [...r]);
};

export interface ShiftCases {
  counts: { opened: number; closed: number; dismissed: number; limitsPassed: number; supervised: number; instructed: number };
  done: { id: string; no: string; title: string; at: Date; how: string }[];
  important: { at: Date; kind: string; caseId: string; no: string; title: string; text: string }[];
}
/** What happened to cases within a span of time: counted by facts, the ended ones and what leaders and limits said in full. */
export const shiftOf = async (db: Db, realm: string, scope: string[], from: Date, to: Date): Promise<ShiftCases> => {
  const sql = db as Sql;
  const rows = await sql<{ at: Date; kind: string; data: { text?: string; name?: string; forced?: boolean }; id: string; no: string; title: string }[]>`
    select f.at, f.kind, jsonb_build_object('text', f.data -> 'text', 'name', f.data -> 'name', 'forced', f.data -> 'forced') as data, c.id, c.no, c.title
    from facts f join cases c on f.subject = 'case:' || c.id::text
    where f.realm = ${realm} and f.at > ${from} and f.at <= ${to} and f.kind in ('case.opened', 'case.closed', 'case.dismissed', 'case.limit-passed', 'case.supervised', 'case.instructed') and ${visible(sql, scope)}
    order by f.at, f.position limit 20000`;
  const count = (kind: string) => rows.filter((r) => r.kind === kind).length;
  return {
    counts: {
      opened: count('case.opened'),
      closed: count('case.closed'),
      dismissed: count('case.dismissed'),
      limitsPassed: count('case.limit-passed'),
      supervised: count('case.supervised'),
      instructed: count('case.instructed'),
    },
    done: rows
      .filter((r) => r.kind === 'case.closed' || r.kind === 'case.dismissed')
      .map((r) => ({ id: r.id, no: r.no, title: r.title, at: r.at, how: r.kind === 'case.dismissed' ? '不予受理' : r.data.forced ? '强制结案' : '结案' })),
    important: rows
      .filter((r) => ['case.limit-passed', 'case.supervised', 'case.instructed'].includes(r.kind))
      .map((r) => ({ at: r.at, kind: r.kind, caseId: r.id, no: r.no, title: r.title, text: r.data.text ?? r.data.name ?? '' })),
  };
};
