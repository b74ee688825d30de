// Tamper evidence: anchors of the settled log written outside the database, and the check that names the first bad fact.
import { createHash } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { factDigest } from './facts.ts';
import type { Hub } from './hub.ts';

/** One line of the anchor file: the root over the hashes of all facts settled since the last line. */
interface Anchor {
  n: number;
  at: string;
  to: { tx: string; position: string };
  count: number;
  root: string;
  prev: string;
}
const file = (hub: Hub): string => join(hub.config.dataDir, 'anchors.log');
const ZERO = '0'.repeat(64);
const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Merkle root of hex hashes (RFC 6962 shape without domain bytes for leaves, which are hashes already). */
export function merkleRoot(hashes: string[]): string {
  if (!hashes.length) return ZERO;
  let level = hashes;
  while (level.length > 1) {
    const next: string[] = [];
    for (let i = 0; i < level.length; i += 2) next.push(i + 1 < level.length ? sha(`01${level[i]}${level[i + 1]}`) : level[i]!);
    level = next;
  }
  return level[0]!;
}

async function anchors(hub: Hub): Promise<Anchor[]> {
  const text = await readFile(file(hub), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((l) => JSON.parse(l) as Anchor);
}

async function* settled(hub: Hub, after: { tx: string; position: string }) {
  let at = after;
  for (;;) {
    const rows = await hub.sql<
      {
        tx: string;
        position: string;
        subject: string;
        seq: number;
        at: Date;
        realm: string;
        by: string;
        kind: string;
        unit: string | null;
        data: unknown;
        digest: string;
        hash: string;
      }[]
    >`
      select tx::text, position::text, subject, seq::int, at, realm, by, kind, unit, data, encode(digest, 'hex') as digest, encode(hash, 'hex') as hash
      from facts where (tx, position) > (${at.tx}::text::xid8, ${at.position}::text::bigint) and tx < pg_snapshot_xmin(pg_current_snapshot())
      order by facts.tx, facts.position limit 2000`;
    if (!rows.length) return;
    yield rows;
    const last = rows.at(-1)!;
    at = { tx: last.tx, position: last.position };
  }
}

/** Writes an anchor for what settled since the last one; gives how many facts it covers (0: nothing new, no line). */
export async function anchor(hub: Hub): Promise<number> {
  const before = (await anchors(hub)).at(-1);
  const hashes: string[] = [];
  let to = before?.to ?? { tx: '0', position: '0' };
  for await (const rows of settled(hub, to)) {
    for (const r of rows) hashes.push(r.hash);
    const last = rows.at(-1)!;
    to = { tx: last.tx, position: last.position };
  }
  if (!hashes.length) return 0;
  const line: Anchor = {
    n: (before?.n ?? 0) + 1,
    at: new Date().toISOString(),
    to,
    count: hashes.length,
    root: merkleRoot(hashes),
    prev: before ? sha(JSON.stringify(before)) : ZERO,
  };
  await mkdir(hub.config.dataDir, { recursive: true });
  const handle = await open(file(hub), 'a');
  await handle.write(`${JSON.stringify(line)}\n`);
  await handle.sync();
  await handle.close();
  return hashes.length;
}

/** Walks every subject's chain in the order of its numbers; says what is wrong with the first that breaks. */
async function brokenChain(hub: Hub): Promise<string | undefined> {
  let after = { subject: '', seq: 0 };
  let head: { subject: string; seq: number; hash: string } | undefined;
  for (;;) {
    const rows = await hub.sql<{ position: string; subject: string; seq: number; kind: string; digest: string; hash: string }[]>`
      select position::text, subject, seq::int, kind, encode(digest, 'hex') as digest, encode(hash, 'hex') as hash from facts
      where (subject, facts.seq) > (${after.subject}, ${after.seq}) and tx < pg_snapshot_xmin(pg_current_snapshot()) order by subject, facts.seq limit 5000`;
    if (!rows.length) return undefined;
    for (const r of rows) {
      const before = head?.subject === r.subject ? head : undefined;
      const name = `事实 ${r.position}（${r.subject} 第 ${r.seq} 条，${r.kind}）`;
      if (r.seq !== (before?.seq ?? 0) + 1) return `${name}之前缺少第 ${(before?.seq ?? 0) + 1} 条`;
      const hash = before
        ? createHash('sha256')
            .update(Buffer.from(before.hash + r.digest, 'hex'))
            .digest('hex')
        : r.digest;
      if (hash !== r.hash) return `${name}的链值不符`;
      head = { subject: r.subject, seq: r.seq, hash };
    }
    const last = rows.at(-1)!;
    after = { subject: last.subject, seq: last.seq };
  }
}

export interface Verdict {
  good: boolean;
  facts: number;
  anchors: number;
  /** Facts not yet under an anchor: only their chains vouch for them. */
  unanchored: number;
  problem?: string;
}

/** Recomputes every digest, chain and anchor; names the first fact or anchor that does not fit. */
export async function verify(hub: Hub): Promise<Verdict> {
  const lines = await anchors(hub);
  let facts = 0;
  let line = 0;
  let pending: string[] = [];
  const bad = (problem: string): Verdict => ({ good: false, facts, anchors: lines.length, unanchored: pending.length, problem });
  for (let i = 0; i < lines.length; i++) if (lines[i]!.prev !== (i ? sha(JSON.stringify(lines[i - 1])) : ZERO)) return bad(`锚点文件第 ${i + 1} 行与上一行不衔接`);
  for await (const rows of settled(hub, { tx: '0', position: '0' }))
    for (const r of rows) {
      facts++;
      const name = `事实 ${r.position}（${r.subject} 第 ${r.seq} 条，${r.kind}）`;
      if (factDigest(r) !== r.digest) return bad(`${name}的内容被改动`);
      const l = lines[line];
      pending.push(r.hash);
      if (l && r.position === l.to.position && r.tx === l.to.tx) {
        if (pending.length !== l.count || merkleRoot(pending) !== l.root) return bad(`锚点 ${l.n}（${l.at}）覆盖的 ${l.count} 条事实与记录不符`);
        pending = [];
        line++;
      }
    }
  const broken = await brokenChain(hub);
  if (broken) return bad(broken);
  if (line < lines.length) return bad(`锚点 ${lines[line]!.n} 之后的事实缺失：日志被截断或回退`);
  const [wrong] = await hub.sql<{ subject: string }[]>`
    select h.subject from fact_heads h left join lateral (select seq, hash from facts f where f.subject = h.subject order by seq desc limit 1) f on true
    where f.seq is null or f.seq <> h.seq or f.hash <> h.hash limit 1`;
  if (wrong) return bad(`对象 ${wrong.subject} 的最后一条事实缺失`);
  return { good: true, facts, anchors: lines.length, unanchored: pending.length };
}
