// HTTP of records.
import type { Readable } from 'node:stream';
import { changes, whenField } from '#core/records/entry.ts';
import { recordsApi } from '#core/records/contract.ts';
import { problem } from '#core/problem.ts';
import { addDays, dateOf, localInstant } from '#core/time.ts';
import { contentOf, current } from '../packs/service.ts';
import { csvOf } from '../platform/csv.ts';
import { append } from '../platform/facts.ts';
import { openFile, putFile } from '../platform/files.ts';
import { RawReply, serve } from '../platform/http.ts';
import * as records from './service.ts';

const cursorOf = (key: string, id: string): string => Buffer.from(`${key}|${id}`).toString('base64url');
function readCursor(cursor: string | undefined): { key: string; id: string } | undefined {
  if (!cursor) return undefined;
  const m = /^([\d :.+-]{10,40})\|([0-9a-f-]{36})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (!m) throw problem('invalid-input', { errors: [{ pointer: '/query/cursor', message: '不是有效的游标' }] });
  return { key: m[1]!, id: m[2]! };
}
/** Dates of a query as a half-open span: `to` is included. */
const span = (q: { from?: string | undefined; to?: string | undefined }) => ({
  from: q.from ? localInstant(q.from) : undefined,
  to: q.to ? localInstant(addDays(q.to, 1)) : undefined,
});
const shown = (r: records.RecordRow) => ({ ...r, packVersion: undefined, key: undefined, realm: undefined });

export const recordRoutes = serve(recordsApi, {
  async ledgers({ hub, scope, realm }) {
    const { content } = await current(hub);
    const now = await hub.now(realm);
    const counts = await records.summary(hub.sql, realm, scope, localInstant(`${dateOf(now).slice(0, 4)}-01-01`));
    return {
      items: [...content.ledgers.values()].map((l) => ({
        code: l.code,
        name: l.name,
        purpose: l.purpose,
        owner: l.owner,
        when: whenField(l).name,
        evidence: l.evidence,
        fields: l.fields,
        ...(counts.get(l.code) ?? { entries: 0, lastAt: null }),
      })),
    };
  },
  async list({ hub, params, query, scope, realm }) {
    records.ledgerOf(await current(hub), params.ledger);
    const rows = await records.list(hub.sql, {
      realm,
      ledger: params.ledger,
      scope,
      ...span(query),
      unit: query.unit,
      withVoid: query.void,
      limit: query.limit + 1,
      after: readCursor(query.cursor),
    });
    const items = rows.slice(0, query.limit);
    const last = items.at(-1);
    return { items: items.map(shown), next: rows.length > query.limit && last ? cursorOf(last.key, last.id) : null };
  },
  create: ({ work, params, body }) => records.createRecord(work, { ledger: params.ledger, ...body }),
  async read({ hub, params, scope, realm }) {
    const row = await records.read(hub.sql, params.id, realm, scope);
    if (!row) throw problem('not-found', { detail: '没有这条登记' });
    const { content } = await contentOf(hub, row.packVersion);
    const ledger = content.ledgers.get(row.ledger)!;
    const list = await records.versions(hub.sql, row.id);
    return {
      ...shown(row),
      ledgerName: ledger.name,
      attachments: await records.files(hub.sql, row.id),
      versions: list.map((v, i) => ({ version: v.version, at: v.at, by: v.by, reason: v.reason, changes: i === 0 ? [] : changes(ledger, list[i - 1]!.data, v.data) })),
    };
  },
  amend: ({ work, params, body, ifMatch }) => records.amendRecord(work, params.id, ifMatch, body),
  void: ({ work, params, body, ifMatch }) => records.voidRecord(work, params.id, ifMatch, body.reason),
  async attach({ hub, params, query, stream, actor, scope, realm, request }) {
    if (!(await records.read(hub.sql, params.id, realm, scope))) throw problem('not-found', { detail: '没有这条登记' });
    const stored = await putFile(hub.config.dataDir, stream as Readable);
    await hub.command({ actor, realm, request: request.id }, (work) => records.attach(work, params.id, { ...stored, name: query.name, type: query.type }));
    return stored;
  },
  async file({ hub, params, scope, realm }) {
    const row = await records.read(hub.sql, params.id, realm, scope);
    const f = row && (await records.files(hub.sql, params.id)).find((x) => x.sha256 === params.sha256);
    if (!f) throw problem('not-found', { detail: '没有这个佐证' });
    const { stream } = await openFile(hub.config.dataDir, f.sha256);
    const image = /^image\/(png|jpeg|webp|gif)$/.test(f.type);
    return new RawReply(stream, image ? f.type : 'application/octet-stream', {
      'content-disposition': `${image ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeURIComponent(f.name)}`,
    });
  },
  async export({ hub, params, query, scope, realm, actor, request }) {
    const ledger = records.ledgerOf(await current(hub), params.ledger);
    const rows: unknown[][] = [['登记单位', ...ledger.fields.map((f) => (f.unit ? `${f.label.zh}（${f.unit}）` : f.label.zh)), '状态', '作废原因', '登记岗位', '登记时间', '版本']];
    let after: { key: string; id: string } | undefined;
    for (;;) {
      const part = await records.list(hub.sql, { realm, ledger: ledger.code, scope, ...span(query), unit: query.unit, withVoid: query.void, limit: 1000, after });
      for (const r of part)
        rows.push([
          r.unitName.zh,
          ...ledger.fields.map((f) => {
            const v = r.data[f.name];
            return f.type === 'instant' && typeof v === 'string' ? new Date(v) : Array.isArray(v) ? v.join('、') : v;
          }),
          r.status === 'void' ? '已作废' : '有效',
          r.voidReason,
          r.by,
          r.enteredAt,
          r.version,
        ]);
      if (part.length < 1000 || rows.length > 100_000) break;
      const last = part.at(-1)!;
      after = { key: last.key, id: last.id };
    }
    await hub.command({ actor, realm, request: request.id }, (work) =>
      append(work, [{ kind: 'export.made', subject: `account:${actor.account}`, data: { what: `ledger:${ledger.code}`, query, rows: rows.length - 1 } }]),
    );
    return new RawReply(csvOf(rows), 'text/csv; charset=utf-8', { 'content-disposition': `attachment; filename="${ledger.code}.csv"` });
  },
});
