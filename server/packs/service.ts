// Packs on the server: the folder's files plus site overlays become one immutable version; the current one is kept parsed in memory.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Calendar, makeCalendar } from '#core/duty/calendar.ts';
import { type Content, type Mistake, type PackFile, loadPacks } from '#core/packs/load.ts';
import { problem } from '#core/problem.ts';
import type { Db, Sql } from '../platform/db.ts';
import { append } from '../platform/facts.ts';
import type { Hub, Work } from '../platform/hub.ts';

export const packsFolder = fileURLToPath(new URL('../../packs/', import.meta.url));

/** The files of some packs, in order. */
export async function readPacks(names: string[], folder = packsFolder): Promise<PackFile[]> {
  const files: PackFile[] = [];
  for (const name of names) {
    const entries = await readdir(`${folder}/${name}`, { recursive: true, withFileTypes: true }).catch(() => []);
    const paths = entries
      .filter((e) => e.isFile() && e.name.endsWith('.yaml'))
      .map((e) => `${e.parentPath}/${e.name}`)
      .sort();
    for (const p of paths) {
      const path = p.slice(p.indexOf(`/${name}/`) + 1).replaceAll('//', '/');
      files.push({ path, text: await readFile(p, 'utf8') });
    }
  }
  return files;
}

export const mistakeText = (m: Mistake): string => `packs/${m.file}:${m.line}:${m.column}: ${m.message}`;

export interface Current {
  version: string;
  content: Content;
  calendar: Calendar;
  /** Code of the district root unit. */
  root: string;
}
/** Versions parsed in this process, by their hash: files never change under one. The oldest leaves when there are too many. */
const cache = new Map<string, { current: Current; mistakes: Mistake[] }>();

const hashOf = (files: PackFile[]): string => createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 32);

const parse = (version: string, files: PackFile[]): { current: Current; mistakes: Mistake[] } => {
  const found = cache.get(version);
  if (found) return found;
  const { content, mistakes } = loadPacks(files);
  const centre = [...content.centre.values()].at(-1);
  const calendars = [...content.calendars.values()];
  const published = calendars
    .flatMap((c) => c.publishedThrough ?? [])
    .sort()
    .at(-1);
  const hours = calendars.findLast((c) => c.hours)?.hours;
  const current: Current = {
    version,
    content,
    calendar: makeCalendar({ overrides: calendars.flatMap((c) => c.days), ...(hours ? { hours } : {}), ...(published ? { publishedThrough: published } : {}) }),
    root: centre?.root.code ?? 'district',
  };
  const parsed = { current, mistakes };
  cache.set(version, parsed);
  if (cache.size > 20) cache.delete(cache.keys().next().value!);
  return parsed;
};

/** Imports packs as the current version; the same content again changes nothing. Throws when there are mistakes. */
export async function importPacks(work: Work, names: string[]): Promise<{ version: string; fresh: boolean }> {
  const overlays = await work.tx<{ path: string; body: string }[]>`select path, body from pack_overlays order by path`;
  return activate(work, names, [...(await readPacks(names)), ...overlays.map((o) => ({ path: o.path, text: o.body }))]);
}

async function activate(work: Work, names: string[], files: PackFile[]): Promise<{ version: string; fresh: boolean }> {
  // Tests inside packs are about the base: a site that puts in its own limits may well differ from them.
  const version = hashOf(files);
  const { mistakes } = parse(version, files);
  if (mistakes.length)
    throw problem('invalid-input', {
      detail: mistakes.slice(0, 10).map(mistakeText).join('\n'),
      errors: mistakes.slice(0, 50).map((m) => ({ pointer: `${m.file}:${m.line}:${m.column}`, message: m.message })),
    });
  const [before] = await work.tx<{ hash: string }[]>`select hash from pack_current`;
  if (before?.hash === version) return { version, fresh: false };
  await work.tx`insert into pack_versions (hash, packs, files) values (${version}, ${names}, ${work.tx.json(files as never)}) on conflict do nothing`;
  await work.tx`insert into pack_current (hash) values (${version}) on conflict (one) do update set hash = excluded.hash`;
  await append(work, [{ kind: 'pack.activated', subject: 'pack:current', data: { version, packs: names, before: before?.hash ?? null } }]);
  return { version, fresh: true };
}

/** One version's content, parsed once. */
export async function contentOf(hub: Hub, version: string, db: Db = hub.sql): Promise<Current> {
  const found = cache.get(version);
  if (found) return found.current;
  const [row] = await (db as Sql)<{ files: PackFile[] }[]>`select files from pack_versions where hash = ${version}`;
  if (!row) throw problem('not-found', { detail: `没有内容包版本 ${version}` });
  return parse(version, row.files).current;
}

/** The current content. */
export async function current(hub: Hub, db: Db = hub.sql): Promise<Current> {
  const [row] = await (db as Sql)<{ hash: string }[]>`select hash from pack_current`;
  if (!row) throw problem('overloaded', { detail: '尚未导入内容包' });
  return contentOf(hub, row.hash, db);
}

/** Replaces or adds one item as a site overlay; the whole must still be right. */
export async function putOverlay(work: Work, kind: string, code: string, body: string): Promise<{ version: string }> {
  const path = `site/${kind}/${code}.yaml`;
  if (!/^site\/[a-z-]+\/[a-z0-9-]+\.yaml$/.test(path)) throw problem('invalid-input', { errors: [{ pointer: '/path/code', message: '编码只能用小写字母、数字与横线' }] });
  await work.tx`insert into pack_overlays (path, body, by, at) values (${path}, ${body}, ${work.by}, ${work.at})
    on conflict (path) do update set body = excluded.body, by = excluded.by, at = excluded.at`;
  const [row] = await work.tx<{ packs: string[] }[]>`select packs from pack_versions v join pack_current c on c.hash = v.hash`;
  return importPacks(work, row?.packs ?? ['district']);
}

export async function dropOverlay(work: Work, kind: string, code: string): Promise<{ version: string }> {
  const rows = await work.tx`delete from pack_overlays where path = ${`site/${kind}/${code}.yaml`} returning path`;
  if (!rows.length) throw problem('not-found', { detail: '这一项没有本地修改' });
  const [row] = await work.tx<{ packs: string[] }[]>`select packs from pack_versions v join pack_current c on c.hash = v.hash`;
  return importPacks(work, row?.packs ?? ['district']);
}

/** Files of the current version, for the settings page and export. */
export async function currentFiles(hub: Hub): Promise<{ version: string; importedAt: Date; files: PackFile[] }> {
  const [row] = await hub.sql<{ version: string; importedAt: Date; files: PackFile[] }[]>`
    select v.hash as version, v.imported_at as "importedAt", v.files from pack_versions v join pack_current c on c.hash = v.hash`;
  if (!row) throw problem('not-found', { detail: '尚未导入内容包' });
  return row;
}
