// chengshu disclosure import: stores disclosures and their targets in the centre, says what differs from the version before.
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import type { ImportResult } from '#core/finance/contract.ts';
import { Problem } from '#core/problem.ts';
import { readConfig } from '../platform/config.ts';
import { attachInstance } from '../platform/instance.ts';
import type { Hub } from '../platform/hub.ts';
import { FileError, limits, Opener } from './formats/open.ts';
import { importDisclosure } from './import.ts';
import { type GivenFile, understand } from './understand.ts';

export const usage = `npm run -s chengshu -- disclosure import 文件… [--unit 机构] [--year 年] [--kind budget|final-account] [--together] [--format text|json]

读取、校验并存入中心：公开文件、各表各格、文字中的数字、绩效目标、校验发现。需要数据库（中心可以正在运行）。
每个文件是一份公开；加 --together 时各文件合为一份。内容相同的只存一次；同一单位、年度、种类的新内容取代旧版，并列出差异。
  --unit      机构路径，如 demo.center；不给时按文件中的单位名称匹配
  --trial     只读取、匹配和校验，不存入
  --keep      保存原件；写有联系人的不保存
  --again     内容已有也重新读取，存为新的一版

状态：0 全部存入（或已有）；1 有文件需要先选定机构、年度或种类；2 有文件未能读取或用法不对`;

interface Say {
  out(text: string): void;
  say(text: string): void;
}
type Outcome = { file: string; result: ImportResult } | { file: string; error: { code: string; message: string } };

async function bytesOf(file: string): Promise<GivenFile> {
  const info = await stat(file).catch(() => undefined);
  if (!info?.isFile()) throw new FileError('not-found', '找不到文件');
  if (info.size > limits.fileBytes) throw new FileError('too-large', `文件有 ${Math.round(info.size / 1048576)} MB，超过 ${limits.fileBytes >> 20} MB`);
  return { name: basename(file), bytes: await readFile(file) };
}

const kindNames = { budget: '预算', 'final-account': '决算' } as const;
const changes = { added: '新增', removed: '删去', changed: '改动' } as const;

/** One disclosure in words. */
export function importText(o: Outcome): string {
  if ('error' in o) return `✗ ${o.file}：${o.error.message}`;
  const { result: r, file } = o;
  const read = `${r.read.unit ?? '未写明单位'} ${r.read.year ?? '未写明年度'} ${r.read.kind ? kindNames[r.read.kind] : ''}，${r.read.tables} 张表、${r.read.cells} 格、${r.read.targets} 个目标，错误 ${r.read.findings.error}、提醒 ${r.read.findings.warning}`;
  const lines: string[] = [];
  if (r.needs.length) {
    const words = { unit: '机构（--unit）', year: '年度（--year）', kind: '种类（--kind）' };
    lines.push(`? ${file}：${read}；还要选定${r.needs.map((n) => words[n]).join('、')}`);
    for (const u of r.units) lines.push(`    可能是 ${u.unit} ${u.unitName.zh}（${u.score} 分，${u.reason}）`);
  } else if (r.id === null) lines.push(`○ ${file}：${read}；试读，没有存入`);
  else if (!r.fresh) lines.push(`= ${file}：内容已存为第 ${r.number} 版，没有改动`);
  else lines.push(`✓ ${file}：${read}；存为第 ${r.number} 版${r.superseded ? '，取代前一版' : ''}`);
  for (const n of r.notes) lines.push(`    ${n}`);
  const d = r.difference;
  if (d) {
    lines.push(`    与第 ${d.from.number} 版相比：${d.cells.length + d.cellsMore} 格、${d.targets.length} 个目标、${d.findings.length} 项发现不同`);
    for (const t of d.tables.added) lines.push(`      新增表 ${t}`);
    for (const t of d.tables.removed) lines.push(`      删去表 ${t}`);
    for (const c of d.cells.slice(0, 30)) lines.push(`      ${changes[c.change]} ${c.table} ${c.row} ${c.column}：${c.before ?? '（无）'} → ${c.after ?? '（无）'}`);
    if (d.cells.length + d.cellsMore > 30) lines.push(`      …… 另有 ${d.cells.length + d.cellsMore - 30} 格`);
    for (const t of d.targets)
      lines.push(`      ${changes[t.change]}目标“${t.indicator}”${t.fields.map((f) => ` ${f.field}：${f.before ?? '（无）'} → ${f.after ?? '（无）'}`).join('；')}`);
    for (const f of d.findings) lines.push(`      ${f.change === 'added' ? '新出现' : f.change === 'removed' ? '不再有' : '变为'}：${f.message}`);
  }
  return lines.join('\n');
}

function progress(total: number): (done: number, name: string) => void {
  if (total < 4 || process.stderr.isTTY !== true) return () => {};
  return (done, name) => {
    const full = Math.round((done / total) * 30);
    process.stderr.write(`\r\u001B[2K${'█'.repeat(full)}${'░'.repeat(30 - full)} ${done}/${total} ${name.slice(0, 40)}`);
    if (done === total) process.stderr.write('\r\u001B[2K');
  };
}

/** Runs the command on a hub that is open; for tests and for the command line. */
export async function importFiles(
  hub: Hub,
  groups: string[][],
  wish: { unit?: string | undefined; year?: number | undefined; kind?: 'budget' | 'final-account' | undefined; trial?: boolean; keep?: boolean; again?: boolean },
  show: (done: number, name: string) => void = () => {},
): Promise<Outcome[]> {
  const opener = new Opener();
  const out: Outcome[] = [];
  try {
    for (const [i, group] of groups.entries()) {
      const file = group.join(' ');
      try {
        const given = await Promise.all(group.map(bytesOf));
        out.push({ file, result: await importDisclosure(hub, hub.system('cli'), [''], given, wish, (files, rules) => understand(opener, files, rules)) });
      } catch (error) {
        if (!(error instanceof FileError) && !(error instanceof Problem)) throw error;
        out.push({ file, error: { code: error.code, message: error.message } });
      }
      show(i + 1, basename(group[0]!));
    }
  } finally {
    await opener.close();
  }
  return out;
}

export async function runImport(args: string[], io: Say): Promise<number> {
  let values: { unit?: string; year?: string; kind?: string; together?: boolean; trial?: boolean; keep?: boolean; again?: boolean; format?: string };
  let files: string[];
  try {
    ({ values, positionals: files } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        unit: { type: 'string' },
        year: { type: 'string' },
        kind: { type: 'string' },
        together: { type: 'boolean' },
        trial: { type: 'boolean' },
        keep: { type: 'boolean' },
        again: { type: 'boolean' },
        format: { type: 'string', default: 'text' },
      },
    }));
  } catch (error) {
    io.say(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  const year = values.year === undefined ? undefined : Number(values.year);
  const kind = values.kind as 'budget' | 'final-account' | undefined;
  const wrong =
    !files.length ||
    !['text', 'json'].includes(values.format!) ||
    (year !== undefined && !(Number.isInteger(year) && year >= 2000 && year <= 2100)) ||
    (kind !== undefined && !(kind in kindNames));
  if (wrong) {
    io.say(usage);
    return 2;
  }
  const hub = await attachInstance(readConfig());
  try {
    const groups = values.together ? [files] : files.map((f) => [f]);
    const outcomes = await importFiles(
      hub,
      groups,
      { unit: values.unit, year, kind, trial: values.trial ?? false, keep: values.keep ?? false, again: values.again ?? false },
      progress(groups.length),
    );
    io.out(values.format === 'json' ? JSON.stringify({ imports: outcomes }, null, 2) : outcomes.map(importText).join('\n'));
    if (outcomes.some((o) => 'error' in o)) return 2;
    return outcomes.some((o) => 'result' in o && o.result.needs.length > 0) ? 1 : 0;
  } finally {
    await hub.close();
  }
}
