// HTTP of imports of readings.
import { importsApi } from '#core/signals/imports-contract.ts';
import { csvOf } from '../../platform/csv.ts';
import { RawReply, type Served, serve } from '../../platform/http.ts';
import * as imports from '../csv-import.ts';

const shown = (r: imports.ImportRow) => ({
  id: r.id,
  name: r.name,
  size: r.size,
  state: r.state,
  at: r.at,
  by: r.by,
  job: r.job,
  records: r.records,
  stored: r.stored,
  duplicates: r.duplicates,
  conflicts: r.conflicts,
  quarantined: r.quarantined,
  faults: r.faults,
  error: r.error,
});

export const importRoutes: Served = serve(
  importsApi,
  {
    async upload({ hub, actor, realm, request, stream, query, scope }) {
      const row = await imports.upload(hub, { actor, realm, request: request.id }, stream, { ...query, scope });
      return { ...shown(row), looked: row.looked };
    },
    async list({ hub, query, realm, scope }) {
      const rows = await imports.list(hub.sql, { realm, scope, before: query.cursor && /^[0-9a-f-]{36}$/.test(query.cursor) ? query.cursor : null, limit: query.limit + 1 });
      const items = rows.slice(0, query.limit).map(shown);
      return { items, next: rows.length > query.limit ? items.at(-1)!.id : null };
    },
    async read({ hub, params, realm, scope }) {
      const row = await imports.importOf(hub, params.id, realm, scope);
      return { ...shown(row), mapping: row.mapping, looked: row.looked, problems: await imports.faultsOf(hub.sql, row.id, 100) };
    },
    async preview({ hub, params, body, realm, scope }) {
      return imports.preview(hub, await imports.importOf(hub, params.id, realm, scope), body.mapping, scope);
    },
    start: ({ work, params, body, scope }) => imports.begin(work, params.id, body.mapping, scope),
    async faults({ hub, params, realm, scope }) {
      const row = await imports.importOf(hub, params.id, realm, scope);
      const rows: unknown[][] = [['行', '列', '原因', '内容']];
      for (const f of await imports.faultsOf(hub.sql, row.id, 100_000)) rows.push([f.line, f.column, f.reason, f.text]);
      return new RawReply(csvOf(rows), 'text/csv; charset=utf-8', { 'content-disposition': 'attachment; filename="import-faults.csv"' });
    },
  },
  { transaction: { preview: false } },
);
