// HTTP of cases.
import type { Readable } from 'node:stream';
import { casesApi } from '#core/cases/contract.ts';
import { type Command, actions } from '#core/cases/kernel.ts';
import { may } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { DAY, dateOf, localInstant, minuteOf } from '#core/time.ts';
import { contentOf, current } from '../packs/service.ts';
import { append } from '../platform/facts.ts';
import { openFile, putFile } from '../platform/files.ts';
import { RawReply, serve } from '../platform/http.ts';
import type { Hub } from '../platform/hub.ts';
import * as cases from './service.ts';
import { addFile } from './store.ts';

const cursorOf = (due: string, id: string): string => Buffer.from(`${due}|${id}`).toString('base64url');
function readCursor(cursor: string | undefined): { due: string; id: string } | undefined {
  if (!cursor) return undefined;
  const m = /^(infinity|[\d :.+-]{10,40})\|([0-9a-f-]{36})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (!m) throw problem('invalid-input', { errors: [{ pointer: '/query/cursor', message: '不是有效的游标' }] });
  return { due: m[1]!, id: m[2]! };
}

/** 138****1234 and the like: enough to recognise, not to use. */
const mask = (value: string): string => (value.length <= 4 ? '*'.repeat(value.length) : `${value.slice(0, 3)}${'*'.repeat(Math.max(4, value.length - 5))}${value.slice(-2)}`);

async function seen(hub: Hub, scope: string[], realm: string, id: string) {
  const ids = await cases.visibleIds(hub.sql, [id], scope, realm);
  const found = ids.has(id) ? await cases.read(hub.sql, id) : undefined;
  if (!found) throw problem('not-found', { detail: '没有这个事件' });
  return found;
}

const csvCell = (v: unknown): string => {
  const text = v === null || v === undefined ? '' : v instanceof Date ? minuteOf(v) : String(v);
  // A leading = + - @ would be a formula in a spreadsheet.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};
/** Rows as CSV with a byte order mark, as office software expects. */
export const csv = (rows: unknown[][]): string => `\ufeff${rows.map((r) => r.map(csvCell).join(',')).join('\r\n')}\r\n`;

export const caseRoutes = serve(casesApi, {
  async open({ work, body }) {
    const { id, no, version } = await cases.openCase(work, body);
    return { id, no, version };
  },
  async list({ hub, query, scope, realm }) {
    const at = await hub.now(realm);
    const rows = await cases.list(hub.sql, { ...query, realm, scope, at, limit: query.limit + 1, after: readCursor(query.cursor) });
    const shown = rows.slice(0, query.limit);
    const packs = await current(hub);
    const items = shown.map((r) => ({
      ...r,
      matterName: r.matter ? (packs.content.matters.get(r.matter)?.name ?? null) : null,
      stepName: r.step ? (packs.content.flows.get(r.flow)?.steps[r.step]?.name ?? null) : null,
    }));
    const last = shown.at(-1);
    return { items, next: rows.length > query.limit && last ? cursorOf(last.key, last.id) : null };
  },
  async counts({ hub, scope, realm }) {
    const at = await hub.now(realm);
    return cases.counts(hub.sql, realm, scope, at, localInstant(dateOf(at)));
  },
  async work({ hub, actor, realm, query }) {
    const rows = await cases.workOf(hub.sql, actor, realm, query.limit + 1);
    const packs = await current(hub);
    return {
      items: rows.slice(0, query.limit).map((r) => ({ ...r, stepName: packs.content.flows.get(r.flow)?.steps[r.step]?.name ?? { zh: r.step, en: r.step } })),
      more: rows.length > query.limit,
    };
  },
  async read({ hub, params, scope, realm, actor }) {
    const { state, personal } = await seen(hub, scope, realm, params.id);
    const packs = await contentOf(hub, state.packVersion);
    const flow = packs.content.flows.get(state.flow)!;
    const at = await hub.now(realm);
    const matter = state.matter ? packs.content.matters.get(state.matter) : undefined;
    const condition = matter?.conditions.find((c) => c.code === state.condition);
    const [timeline, files, names, similar] = await Promise.all([
      cases.timeline(hub.sql, params.id),
      cases.files(hub.sql, params.id),
      cases.unitNames(hub.sql, [...new Set([state.owner, ...(state.place?.unit ? [state.place.unit] : []), ...state.tasks.map((t) => t.unit)])]),
      state.matter && state.place
        ? cases.similar(hub.sql, {
            id: params.id,
            realm,
            matter: state.matter,
            lon: state.place.lon,
            lat: state.place.lat,
            since: new Date(Date.parse(state.openedAt) - 7 * DAY),
            scope,
          })
        : [],
    ]);
    return {
      state,
      version: state.version,
      flowName: flow.name,
      steps: Object.entries(flow.steps).map(([code, s]) => ({ code, name: s.name, kind: s.kind })),
      actions: actions(state, { actor, at, flow }),
      stepInfo: flow.steps as Record<string, unknown>,
      evaluateForm: flow.evaluate?.form ?? null,
      names,
      matterName: matter?.name ?? null,
      conditionName: condition?.name ?? null,
      closing: condition?.closing ?? null,
      timeline,
      personal: personal ? Object.fromEntries(Object.entries(personal).map(([k, v]) => [k, mask(v)])) : null,
      files: files.map((f) => ({ ...f, size: Number(f.size) })),
      similar,
      origin: state.origin,
      scenario: state.scenario ? (packs.content.scenarios.get(state.scenario) ?? null) : null,
    };
  },
  async act({ work, params, body, ifMatch }) {
    const { version, status } = await cases.act(work, params.id, ifMatch, body as Command);
    return { version, status };
  },
  async unmask({ work, params, body, actor }) {
    await cases.mustSee(work, actor, params.id);
    const found = await cases.read(work.tx, params.id);
    if (!found?.personal) throw problem('not-found', { detail: '没有登记联系方式' });
    await append(work, [
      { kind: 'personal.unmasked', subject: `case-personal:${params.id}`, data: { reason: body.reason, fields: Object.keys(found.personal) }, unit: found.state.owner },
    ]);
    return found.personal;
  },
  async attach({ hub, params, query, stream, actor, scope, realm, request }) {
    await seen(hub, scope, realm, params.id);
    if (!may(actor, 'case.handle') && !may(actor, 'case.report')) throw problem('forbidden');
    const stored = await putFile(hub.config.dataDir, stream as Readable);
    await hub.command({ actor, realm, request: request.id }, async (work) => {
      await addFile(work.tx, { caseId: params.id, ...stored, name: query.name, type: query.type, by: work.by, at: work.at });
      await append(work, [{ kind: 'case-file.added', subject: `case-file:${params.id}`, data: { sha256: stored.sha256, name: query.name, size: stored.size } }]);
    });
    return stored;
  },
  async file({ hub, params, scope, realm }) {
    await seen(hub, scope, realm, params.id);
    const f = (await cases.files(hub.sql, params.id)).find((x) => x.sha256 === params.sha256);
    if (!f) throw problem('not-found', { detail: '没有这个附件' });
    const { stream } = await openFile(hub.config.dataDir, f.sha256);
    const image = /^image\/(png|jpeg|webp|gif)$/.test(f.type);
    return new RawReply(stream, image ? f.type : 'application/octet-stream', {
      'content-disposition': `${image ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeURIComponent(f.name)}`,
    });
  },
  async export({ hub, query, scope, realm, actor, request }) {
    const at = await hub.now(realm);
    const rows: unknown[][] = [['编号', '标题', '状态', '等级', '事项', '主责单位', '位置', '上报时间', '当前时限', '结案时间']];
    const packs = await current(hub);
    let after: { due: string; id: string } | undefined;
    for (;;) {
      const part = await cases.list(hub.sql, { ...query, realm, scope, at, limit: 1000, after });
      for (const r of part)
        rows.push([r.no, r.title, r.status, r.level, r.matter ? packs.content.matters.get(r.matter)?.name.zh : '', r.ownerName.zh, r.address, r.openedAt, r.dueAt, r.closedAt]);
      if (part.length < 1000 || rows.length > 100_000) break;
      const last = part.at(-1)!;
      after = { due: last.key, id: last.id };
    }
    await hub.command({ actor, realm, request: request.id }, (work) =>
      append(work, [{ kind: 'export.made', subject: `account:${actor.account}`, data: { what: 'cases', query, rows: rows.length - 1 } }]),
    );
    return new RawReply(csv(rows), 'text/csv; charset=utf-8', { 'content-disposition': `attachment; filename="cases-${dateOf(at)}.csv"` });
  },
  async catalogue({ hub }) {
    const { content } = await current(hub);
    return {
      flows: [...content.flows.values()],
      sectors: [...content.sectors.values()].sort((a, b) => a.order - b.order),
      matters: [...content.matters.values()],
      scenarios: [...content.scenarios.values()],
    };
  },
  async claim({ work }) {
    return { claimed: (await cases.claimNext(work)) ?? null };
  },
  async suspicions({ hub, scope, realm, query }) {
    const since = query.from ? new Date(query.from) : new Date((await hub.now(realm)).getTime() - 90 * DAY);
    return { items: await cases.suspicions(hub.sql, realm, scope, since) };
  },
});
