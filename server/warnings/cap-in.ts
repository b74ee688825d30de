// CAP 1.2 messages from outside: checked, kept for ever, told apart by (sender, identifier, sent), turned into warnings that updates change and expiry ends.
import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { NewFact } from '#core/fact.ts';
import { scopeOf, within } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { localIso } from '#core/time.ts';
import { type CapInfo, type CapMessage, chosenInfos, cornersOf, expiryOf, inRing, levelOf, pointOf, readCap } from '#core/warnings/cap-in.ts';
import type { Actor } from '#core/people/roles.ts';
import { checkCredential } from '../signals/service.ts';
import type { Db, Sql } from '../platform/db.ts';
import { append } from '../platform/facts.ts';
import type { Hub, Work } from '../platform/hub.ts';
import { uuidv7 } from '../platform/ids.ts';
import { type Timer, cancelTimers, setTimer } from '../platform/timers.ts';
import { settleStorm } from './raise.ts';
import * as store from './store.ts';
import { readXml, xmlText } from './xml.ts';

const MAX_BYTES = 1024 * 1024;
const FUTURE_MS = 24 * 3_600_000;

export type CapOutcome = 'raised' | 'updated' | 'cancelled' | 'superseded' | 'expired' | 'parked' | 'not-live' | 'kept';
export interface CapReceipt {
  identifier: string;
  sender: string;
  sent: string;
  status: string;
  msgType: string;
  outcome: CapOutcome;
  /** The same message had come before: nothing changed. */
  duplicate: boolean;
  warningId: string | null;
  level: number | null;
  /** What came of it, in words. */
  note: string;
}

const said: Record<CapOutcome, string> = {
  raised: '已生成预警',
  updated: '已更新先前的预警',
  cancelled: '已解除先前的预警；由它开出的事件不受影响',
  superseded: '已有更新的消息替代它，未生成预警',
  expired: '到达时已过有效期，未生成预警',
  parked: '所引用的消息尚未到达，先存着；到达后不再生成预警',
  'not-live': '不是正式消息（演练、测试、系统或草稿），只存档，不生成预警',
  kept: '已存档，不生成预警',
};

interface Row {
  id: string;
  identifier: string;
  sender: string;
  sent: Date;
  digest: string;
  msgType: string;
  outcome: CapOutcome;
  warningId: string | null;
}
const keyOf = (r: { sender: string; identifier: string; sent: Date }): string => `${r.sender},${r.identifier},${r.sent.getTime()}`;
const columns = (sql: Sql) => sql`id, identifier, sender, sent, digest, msg_type as "msgType", outcome, warning_id as "warningId"`;

/** Reads bytes as a CAP 1.2 message; throws `invalid-input` naming every fault by its element. */
export function parseCap(bytes: Buffer): { message: CapMessage; xml: string } {
  const xml = xmlText(bytes);
  const { message, faults } = readCap(readXml(xml));
  if (faults.length)
    throw problem('invalid-input', {
      detail: `不是有效的 CAP 1.2 消息：${faults
        .slice(0, 3)
        .map((f) => `${f.pointer} ${f.message}`)
        .join('；')}`,
      errors: faults,
    });
  return { message, xml };
}

/** The town that holds all of the areas; else the sender's own unit. */
async function unitOf(work: Work, infos: CapInfo[], scope: string[]): Promise<string> {
  const towns = await work.tx<{ path: string; area: { coordinates?: [number, number][][] } }[]>`select path, area from units where active and area is not null and kind = 'town'`;
  const corners = cornersOf(infos);
  const home =
    corners.length &&
    towns.find((t) => {
      const ring = t.area.coordinates?.[0];
      return ring && corners.every((c) => inRing(ring, c)) && scope.some((p) => within(t.path, p));
    });
  if (home) return home.path;
  const own = scope.toSorted((a, b) => a.length - b.length)[0]!;
  if (own !== '') return own;
  const [root] = await work.tx<{ path: string }[]>`select path from units where kind in ('city', 'district') and active order by length(path) limit 1`;
  return root?.path ?? own;
}

const headlineOf = (m: CapMessage, i: CapInfo): { zh: string; en: string } => {
  const text = i.headline || `${i.senderName || m.sender}：${i.event}`;
  return { zh: text.slice(0, 300), en: text.slice(0, 300) };
};
const evidenceOf = (m: CapMessage, infos: CapInfo[], history: unknown[]): Record<string, unknown> => {
  const i = infos[0]!;
  return {
    source: 'cap',
    at: localIso(m.sent),
    response: i.instruction ? { zh: i.instruction.slice(0, 2000), en: i.instruction.slice(0, 2000) } : null,
    cap: {
      identifier: m.identifier,
      sender: m.sender,
      senderName: i.senderName,
      sent: m.sentText,
      msgType: m.msgType,
      scope: m.scope,
      event: i.event,
      eventCodes: i.eventCodes,
      categories: i.categories,
      urgency: i.urgency,
      severity: i.severity,
      certainty: i.certainty,
      levelFrom: levelOf(i).from,
      description: i.description.slice(0, 4000),
      instruction: i.instruction.slice(0, 4000),
      web: i.web,
      onset: i.onset ? localIso(i.onset) : null,
      expires: expiryOf(m) ? localIso(expiryOf(m)!) : null,
      signature: m.signed ? 'present, not verified' : 'none',
      areas: infos
        .flatMap((x) => x.areas)
        .slice(0, 50)
        .map((a) => ({ desc: a.desc, polygons: a.polygons.slice(0, 20), circles: a.circles, geocodes: a.geocodes.slice(0, 50) })),
    },
    history,
    points: [],
  };
};

/**
 * Takes a message in the transaction of `work`. The same one again is a no-op; another content under the same key is refused (409).
 * Only `Actual` messages become warnings (CAP-06); the latest of a chain wins, whatever the order of arrival (CAP-02, CAP-05).
 * `official`: the sender may pass on warnings of authorised issuers; of others the warning stays internal.
 */
export async function takeCap(work: Work, message: CapMessage, xml: string, by: { scope: string[]; official: boolean }): Promise<CapReceipt> {
  const { tx } = work;
  const digest = createHash('sha256').update(xml).digest('hex');
  // One chain at a time: messages of a sender are few.
  await tx`select pg_advisory_xact_lock(hashtextextended(${`${work.realm}/${message.sender}`}, 7315042))`;
  const sql = tx as unknown as Sql;
  const [known] = await sql<
    Row[]
  >`select ${columns(sql)} from cap_messages where realm = ${work.realm} and sender = ${message.sender} and identifier = ${message.identifier} and sent = ${message.sent}`;
  const receipt = (outcome: CapOutcome, warningId: string | null, level: number | null, more: { duplicate?: boolean; note?: string } = {}): CapReceipt => ({
    identifier: message.identifier,
    sender: message.sender,
    sent: message.sentText,
    status: message.status,
    msgType: message.msgType,
    outcome,
    duplicate: more.duplicate ?? false,
    warningId,
    level,
    note: more.note ?? said[outcome],
  });
  if (known) {
    if (known.digest !== digest) throw problem('conflict', { detail: '同一 sender、identifier、sent 已有内容不同的消息' });
    return receipt(known.outcome, known.warningId, null, { duplicate: true, note: `此前已收到：${said[known.outcome]}` });
  }
  if (message.sent.getTime() > work.at.getTime() + FUTURE_MS)
    throw problem('invalid-input', { detail: 'sent 晚于当前一天以上', errors: [{ pointer: '/alert/sent', message: '晚于当前一天以上' }] });
  const done = await effect(work, message, by);
  await tx`insert into cap_messages (id, realm, sender, identifier, sent, status, msg_type, refs, xml, digest, expires, received_at, by, outcome, warning_id)
    values (${done.id}, ${work.realm}, ${message.sender}, ${message.identifier}, ${message.sent}, ${message.status}, ${message.msgType}, ${message.references.map(keyOf)}, ${xml}, ${digest}, ${expiryOf(message)}, ${work.at}, ${work.by}, ${done.outcome}, ${done.warningId})`;
  await append(work, [
    {
      kind: 'cap.received',
      subject: `cap:${done.id}`,
      data: { sender: message.sender, identifier: message.identifier, status: message.status, msgType: message.msgType, outcome: done.outcome, warning: done.warningId },
      ...(by.scope[0] ? { unit: by.scope[0] } : {}),
    },
  ]);
  return receipt(done.outcome, done.warningId, done.level);
}

async function effect(
  work: Work,
  m: CapMessage,
  by: { scope: string[]; official: boolean },
): Promise<{ id: string; outcome: CapOutcome; warningId: string | null; level: number | null }> {
  const { tx } = work;
  const sql = tx as unknown as Sql;
  const id = uuidv7();
  const end = (outcome: CapOutcome, warningId: string | null = null, level: number | null = null) => ({ id, outcome, warningId, level });
  if (m.status !== 'Actual') return end('not-live');
  if (m.msgType === 'Ack' || m.msgType === 'Error') return end('kept');
  // Whatever came before it and says it replaces this one.
  const [later] = await sql<
    Row[]
  >`select ${columns(sql)} from cap_messages where realm = ${work.realm} and status = 'Actual' and msg_type in ('Update', 'Cancel') and refs @> ${[keyOf(m)]} order by sent desc limit 1`;
  if (later) return end('superseded', later.warningId);
  const earlier = m.references.length
    ? await sql<
        Row[]
      >`select ${columns(sql)} from cap_messages where realm = ${work.realm} and status = 'Actual' and sender || ',' || identifier || ',' || (extract(epoch from sent) * 1000)::bigint = any(${m.references.map(keyOf)})`
    : [];
  const ids = [...new Set(earlier.flatMap((e) => (e.warningId ? [e.warningId] : [])))];
  const open: store.WarningRow[] = [];
  for (const w of ids.toSorted()) {
    const row = await store.lock(tx, w);
    // A sender may change only what lies in its own scope.
    if (row && !row.closedAt && by.scope.some((p) => within(row.unit, p))) open.push(row);
  }
  // Of several messages about one warning the one sent last counts.
  if (ids.length) {
    const [newest] = await sql<{ sent: Date }[]>`select max(sent) as sent from cap_messages where realm = ${work.realm} and warning_id = any(${ids})`;
    if (newest && newest.sent > m.sent) return end('superseded', ids[0]!);
  }
  if (m.msgType === 'Cancel') {
    if (!earlier.length) return end('parked');
    for (const w of open) await over(work, w, 'recovered', { cancelledBy: m.identifier, note: m.note.slice(0, 500) });
    return end('cancelled', ids[0] ?? null);
  }
  const infos = chosenInfos(m);
  if (!infos.length) return end('kept');
  const expires = expiryOf(m);
  if (expires && expires <= work.at) {
    // An update that has run out still ends what it replaces.
    for (const w of open) await over(work, w, 'lapsed', { expired: m.identifier });
    return end('expired', ids[0] ?? null);
  }
  const { level } = levelOf(infos[0]!);
  const point = pointOf(infos);
  const place = infos
    .flatMap((i) => i.areas)
    .map((a) => a.desc)
    .join('、')
    .slice(0, 200);
  const [current, ...rest] = open;
  for (const w of rest) await over(work, w, 'lapsed', { replacedBy: m.identifier });
  let warningId: string;
  if (current) {
    const before = current.evidence as { cap?: { identifier?: string; sent?: string; msgType?: string }; history?: unknown[] };
    const history = [...(before.history ?? []), { identifier: before.cap?.identifier, sent: before.cap?.sent, msgType: before.cap?.msgType, level: current.level }].slice(-50);
    // Worse than anybody acknowledged: it must be looked at again.
    const again = level < current.worst && current.state === 'acknowledged';
    await store.change(
      tx,
      current.id,
      {
        level,
        worst: Math.min(current.worst, level),
        headline: tx.json(headlineOf(m, infos[0]!) as never),
        evidence: tx.json(evidenceOf(m, infos, history) as never),
        ...(point ? { lon: point.lon, lat: point.lat } : {}),
        ...(place ? { place } : {}),
        ...(again ? { state: 'raised', notices: current.notices + 1, acknowledged_at: null, acknowledged_by: null } : {}),
      },
      work.at,
    );
    await append(work, [
      { kind: 'warning.levelled', subject: `warning:${current.id}`, data: { from: current.level, to: level, message: m.identifier, again }, unit: current.unit },
    ]);
    warningId = current.id;
  } else {
    warningId = uuidv7();
    const unit = await unitOf(work, infos, by.scope);
    const official = by.official && m.scope === 'Public';
    const row = {
      id: warningId,
      kind: 'rule' as const,
      nature: official ? 'official' : 'internal',
      rule: null,
      rule_version: null,
      object: `cap:${m.sender},${m.identifier}`.slice(0, 700),
      episode: m.sent.getTime(),
      thing_id: null,
      stream_id: null,
      parent_id: null,
      unit,
      handler: null,
      level,
      worst: level,
      state: 'raised' as const,
      headline: headlineOf(m, infos[0]!),
      value: null,
      value_unit: '',
      evidence: evidenceOf(m, infos, []),
      folded_into: null,
      inhibited_by: null,
      children: 0,
      raised_at: work.at,
      shelved_until: null,
      lon: point?.lon ?? null,
      lat: point?.lat ?? null,
      place: place || null,
      notices: 1,
    };
    if (!(await store.add(tx, work.realm, [row])).size) throw problem('conflict', { detail: '同一对象已有未结的预警' });
    await append(work, [
      {
        kind: 'warning.raised',
        subject: `warning:${warningId}`,
        data: { rule: null, source: 'cap', nature: row.nature, sender: m.sender, identifier: m.identifier, event: infos[0]!.event, level, at: work.at.toISOString() },
        unit,
      },
    ]);
  }
  if (expires)
    await setTimer(work, {
      subject: `cap:${id}`,
      kind: 'warning.cap-expire',
      generation: 1,
      dueAt: expires,
      data: { warning: warningId, identifier: m.identifier, sent: m.sentText },
    });
  return end(current ? 'updated' : 'raised', warningId, level);
}

/** Closes a warning from outside; cases opened from it go on. */
async function over(work: Work, w: store.WarningRow, outcome: 'recovered' | 'lapsed', data: Record<string, unknown>): Promise<void> {
  await store.change(work.tx, w.id, { state: 'closed', outcome, closed_at: work.at, closed_by: work.by, shelved_until: null }, work.at);
  await cancelTimers(work, `warning:${w.id}`);
  const fact: NewFact = { kind: 'warning.recovered', subject: `warning:${w.id}`, data: { source: 'cap', outcome, ...data }, unit: w.unit };
  await append(work, [fact]);
  if (w.foldedInto) await settleStorm(work, w.foldedInto);
}

/** The end of a message's time: closes its warning unless a newer message speaks for it. */
export async function onCapTimer(work: Work, timer: Timer): Promise<void> {
  const w = await store.lock(work.tx, String(timer.data.warning));
  const cap = w?.evidence.cap as { identifier?: string; sent?: string } | undefined;
  if (!w || w.closedAt || cap?.identifier !== timer.data.identifier || cap?.sent !== timer.data.sent) return;
  await over(work, w, 'lapsed', { expired: timer.data.identifier });
}

/** The message a warning now rests on, as it was received; undefined for warnings of our own. */
export async function originalCap(db: Db, warningId: string): Promise<string | undefined> {
  const [r] = await (db as Sql)<
    { xml: string }[]
  >`select xml from cap_messages where warning_id = ${warningId} and outcome in ('raised', 'updated', 'cancelled') order by sent desc limit 1`;
  return r?.xml;
}

/** `POST /api/cap`: a signed-in account or bearer key with `warning.receive`, or a device by Basic credentials (never official). */
export async function serveCap(app: FastifyInstance, hub: Hub): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(['application/cap+xml', 'application/xml', 'text/xml'], { parseAs: 'buffer', bodyLimit: MAX_BYTES }, (_request, body, done) => done(null, body));
    scope.post('/api/cap', async (request, reply) => {
      let units: string[] | undefined;
      let actor: Actor;
      const basic = /^Basic (\S+)$/.exec(request.headers.authorization ?? '');
      if (basic) {
        const [login = '', ...rest] = Buffer.from(basic[1]!, 'base64').toString().split(':');
        units = await checkCredential(hub, login, rest.join(':'));
        if (!units) throw problem('not-signed-in', { detail: '设备凭据不正确' });
        actor = { account: null, name: login, kind: 'device', unit: { id: '', path: units[0]!, name: login }, grants: [] };
      } else {
        const s = request.session;
        if (!s) throw problem('not-signed-in');
        if (s.limited) throw problem('password-change-required');
        if (s.csrf && request.headers['x-csrf-token'] !== s.csrf) throw problem('csrf-failed');
        units = scopeOf(s.actor, 'warning.receive');
        if (!units.length) throw problem('forbidden', { detail: '需要权限：warning.receive' });
        actor = s.actor;
      }
      if (!Buffer.isBuffer(request.body)) throw problem('unsupported-media-type', { detail: '请以 application/cap+xml 提交' });
      const { message, xml } = parseCap(request.body);
      const receipt = await hub.command({ actor, realm: 'live', request: request.id }, (work) => takeCap(work, message, xml, { scope: units, official: !basic }));
      return reply.code(receipt.duplicate ? 200 : 201).send(receipt);
    });
  });
}
