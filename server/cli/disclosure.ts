// chengshu disclosure: check reads published budgets and final accounts and checks every figure (no database), import stores them, produce writes one.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { CheckReport } from '#core/finance/check/report.ts';
import type { Disclosure } from '#core/finance/model.ts';
import type { RuleSet } from '#core/finance/pack.ts';
import { readDisclosure } from '#core/finance/read/read.ts';
import { outcomesHtml } from '#core/finance/report/html.ts';
import { type Outcome, outcomesJson } from '#core/finance/report/json.ts';
import { outcomesText } from '#core/finance/report/text.ts';
import type { SourceDocument } from '#core/finance/source.ts';
import { basename } from 'node:path';
import { FileError, Opener } from '../finance/formats/open.ts';
import { shippedRules } from '../finance/rules.ts';
import type { Command } from '../cli.ts';

type Checker = (documents: Disclosure[], rules: RuleSet) => CheckReport[];
const none: CheckReport = { findings: [], checks: { passed: 0, rounding: 0, failed: 0, undecidable: 0 } };

async function checker(): Promise<Checker> {
  const url = new URL('../../core/finance/check/check.ts', import.meta.url);
  if (!existsSync(url)) return (documents) => documents.map(() => none);
  return ((await import(url.href)) as { checkDisclosure: Checker }).checkDisclosure;
}

/** Draws a progress bar on a terminal; silent elsewhere. */
function progress(total: number): (done: number, name: string) => void {
  if (total < 4 || process.stderr.isTTY !== true) return () => {};
  return (done, name) => {
    const width = 30;
    const full = Math.round((done / total) * width);
    process.stderr.write(`\r\u001B[2K${'█'.repeat(full)}${'░'.repeat(width - full)} ${done}/${total} ${name.slice(0, 40)}`);
    if (done === total) process.stderr.write('\r\u001B[2K');
  };
}

const reason = (error: unknown): { code: string; message: string } =>
  error instanceof FileError ? { code: error.code, message: error.message } : { code: 'unreadable', message: `文件无法读取：${(error as Error).message.slice(0, 200)}` };

/** Reads documents; a file whose pages are all scanned, or that holds no disclosure at all, cannot be read. */
function understand(documents: SourceDocument[]): Disclosure {
  const pages = documents.flatMap((d) => d.pages);
  if (pages.length > 0 && pages.every((p) => p.scanned)) throw new FileError('scanned', `全部 ${pages.length} 页都没有可读的文字（是扫描图像，或字体没有附字符编码）`);
  const d = readDisclosure(documents);
  if (d.tables.length === 0 && d.targets.length === 0 && !d.statements.some((s) => s.amount ?? s.change))
    throw new FileError('not-a-disclosure', '文件中没有读到预算或决算的表格和数字，看来不是一份预决算公开');
  return d;
}

export const command: Command = {
  name: 'disclosure',
  summary: { zh: '读取、校验、导入、生成预决算公开', en: 'Read, check, import and produce disclosures' },
  usage: `npm run -s chengshu -- disclosure check 文件… [--format text|json|html] [--strict] [--together]

读取 .txt .pdf .docx .xlsx .xls .html，或装有一份公开的全部文件的 .zip，不需要数据库。
  --format    text（默认）给人看，json 给程序用，html 可打印
  --strict    有错误时以状态 1 结束
  --together  给出的各文件属于同一份公开（如说明一份、表格一份）

状态：0 全部读完；1 加了 --strict 且有错误；2 有文件未能读取或用法不对

npm run -s chengshu -- disclosure import 文件…        存入中心，需要数据库（不带文件运行可看用法）
npm run -s chengshu -- disclosure produce 数据.yaml   由逐项数字写出一份公开（不带数据运行可看用法）`,
  async run(args, io) {
    if (args[0] === 'import') return (await import('../finance/import-cli.ts')).runImport(args.slice(1), io);
    if (args[0] === 'produce') return (await import('../finance/produce/cli.ts')).runProduce(args.slice(1), io);
    let values: { format?: string; strict?: boolean; together?: boolean };
    let positionals: string[];
    try {
      ({ values, positionals } = parseArgs({
        args,
        allowPositionals: true,
        options: { format: { type: 'string', default: 'text' }, strict: { type: 'boolean' }, together: { type: 'boolean' } },
      }));
    } catch (error) {
      io.say(`${(error as Error).message}\n\n${command.usage}`);
      return 2;
    }
    const [verb, ...files] = positionals;
    if (verb !== 'check' || files.length === 0 || !['text', 'json', 'html'].includes(values.format!)) {
      io.say(command.usage);
      return 2;
    }
    const opener = new Opener();
    const show = progress(files.length);
    const read: ({ file: string; disclosure: Disclosure } | { file: string; error: { code: string; message: string } })[] = [];
    try {
      if (values.together && files.length > 1) {
        const documents: SourceDocument[] = [];
        for (const [i, file] of files.entries()) {
          try {
            documents.push(...(await opener.file(file)));
          } catch (error) {
            read.push({ file, error: reason(error) });
          }
          show(i + 1, basename(file));
        }
        if (documents.length) {
          try {
            read.unshift({ file: files.join(' '), disclosure: understand(documents) });
          } catch (error) {
            read.unshift({ file: files.join(' '), error: reason(error) });
          }
        }
      } else
        for (const [i, file] of files.entries()) {
          try {
            read.push({ file, disclosure: understand(await opener.file(file)) });
          } catch (error) {
            read.push({ file, error: reason(error) });
          }
          show(i + 1, basename(file));
        }
    } finally {
      await opener.close();
    }
    const good = read.flatMap((r) => ('disclosure' in r ? [r.disclosure] : []));
    const reports = good.length ? (await checker())(good, await shippedRules()) : [];
    let next = 0;
    const outcomes: Outcome[] = read.map((r) => ('disclosure' in r ? { file: r.file, disclosure: r.disclosure, report: reports[next++] ?? none } : r));
    io.out(values.format === 'json' ? outcomesJson(outcomes) : values.format === 'html' ? outcomesHtml(outcomes) : outcomesText(outcomes, io.colour));
    if (outcomes.some((o) => 'error' in o)) return 2;
    return values.strict && outcomes.some((o) => 'report' in o && o.report.findings.some((f) => f.severity === 'error')) ? 1 : 0;
  },
};
