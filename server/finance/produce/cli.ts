// chengshu disclosure produce: writes a disclosure from an input file, or from what a published one tells; needs no database.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse, stringify } from 'yaml';
import { checkDisclosure } from '#core/finance/check/check.ts';
import { inputFrom } from '#core/finance/produce/from.ts';
import type { ProduceInput } from '#core/finance/produce/input.ts';
import { readDisclosure } from '#core/finance/read/read.ts';
import type { SourceDocument } from '#core/finance/source.ts';
import { FileError, Opener } from '../formats/open.ts';
import { shippedRules } from '../rules.ts';
import { NoPrinter, produce, ProduceError, produceFormats, type ProducedFile, type ProduceFormat } from './produce.ts';

export const usage = `npm run -s chengshu -- disclosure produce 数据.yaml [--out 目录] [--format xlsx,docx,html,csv,json,pdf] [--draft]
npm run -s chengshu -- disclosure produce --from 已公开的文件… [--input 数据.yaml] [--out 目录] …

由逐项数字（YAML 或 JSON，金额为整数分，不写任何合计）写出一份预算或决算公开：各表、文字说明与绩效目标表取自同一套数字。
  --out      写到哪个目录，默认当前目录
  --format   用逗号分开，默认 xlsx,docx,html,csv,json；pdf 需要本机装有 Chromium
  --chromium 打印 PDF 用的浏览器，默认取 PATH 上的
  --draft    在文字中标出还没有填写的原因（默认省去并列出）
  --unit     万元或元，覆盖数据中的单位
  --from     从已公开的文件读出数字；--input 把读出的数字写成数据文件，不生成公开
  --check    写出后再读回校验，有错误或警告时以状态 1 结束

示例数据见 demo/disclosure.yaml（演示数据）。状态：0 写出；1 读回校验不通过；2 数据或用法不对`;

interface Say {
  out(text: string): void;
  say(text: string): void;
}

async function fromFiles(files: string[], io: Say): Promise<ProduceInput> {
  const opener = new Opener();
  try {
    const documents: SourceDocument[] = [];
    for (const file of files) documents.push(...(await opener.file(file)));
    const { input, missing } = inputFrom(readDisclosure(documents));
    if (missing.length > 0) io.say(`公开文件没有说明或对不上的（${missing.length}）：\n${missing.map((m) => `  ${m}`).join('\n')}`);
    return input;
  } finally {
    await opener.close();
  }
}

/** Reads back what was written; findings that are errors or warnings. */
async function readBack(files: ProducedFile[]): Promise<string[]> {
  const opener = new Opener();
  const out: string[] = [];
  try {
    const rules = await shippedRules();
    for (const f of files) {
      if (!['xlsx', 'docx', 'html', 'pdf'].includes(f.format)) continue;
      const [report] = checkDisclosure([readDisclosure(await opener.bytes(f.bytes, f.name))], rules);
      for (const x of report!.findings) if (x.severity === 'error' || x.severity === 'warning') out.push(`${f.format}：${x.message}`);
    }
  } finally {
    await opener.close();
  }
  return out;
}

/** Runs the subcommand (arguments after `produce`) and gives its exit status. */
export async function runProduce(args: string[], io: Say): Promise<number> {
  let values: { out?: string; format?: string; draft?: boolean; unit?: string; from?: boolean; input?: string; check?: boolean; chromium?: string };
  let files: string[];
  try {
    ({ values, positionals: files } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        out: { type: 'string', default: '.' },
        format: { type: 'string', default: 'xlsx,docx,html,csv,json' },
        draft: { type: 'boolean' },
        unit: { type: 'string' },
        from: { type: 'boolean' },
        input: { type: 'string' },
        check: { type: 'boolean' },
        chromium: { type: 'string' },
      },
    }));
  } catch (error) {
    io.say(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  const wanted = values.format === 'all' ? [...produceFormats] : values.format!.split(',').filter(Boolean);
  const unknown = wanted.filter((f) => !(produceFormats as readonly string[]).includes(f));
  if (
    files.length === 0 ||
    (!values.from && files.length !== 1) ||
    unknown.length > 0 ||
    wanted.length === 0 ||
    (values.unit !== undefined && !['万元', '元'].includes(values.unit))
  ) {
    io.say(unknown.length > 0 ? `没有格式 ${unknown.join('、')}；可用：${produceFormats.join('、')}\n\n${usage}` : usage);
    return 2;
  }
  try {
    const input = values.from ? await fromFiles(files, io) : (parse(await readFile(files[0]!, 'utf8')) as ProduceInput);
    if (values.unit && typeof input === 'object' && input !== null) input.moneyUnit = values.unit as '万元' | '元';
    if (values.input) {
      await writeFile(values.input, `# 由已公开的文件读出的数字；金额为整数分。\n${stringify(input, { lineWidth: 0 })}`);
      io.out(values.input);
      return 0;
    }
    const { document, files: made } = await produce(input, {
      formats: wanted as ProduceFormat[],
      draft: values.draft ?? false,
      ...(values.chromium ? { chromium: values.chromium } : {}),
    });
    await mkdir(values.out!, { recursive: true });
    for (const f of made) {
      const path = join(values.out!, f.name);
      await writeFile(path, f.bytes);
      io.out(path);
    }
    if (document.missing.length > 0) io.say(`数据不足，没有生成的表：${document.missing.join('、')}`);
    if (document.toFill.length > 0) io.say(`还需要填写（${document.toFill.length}）：\n${document.toFill.map((x) => `  ${x.pointer}：${x.message}`).join('\n')}`);
    for (const a of document.advice) io.say(`建议 ${a.pointer}：${a.message}`);
    if (!values.check) return 0;
    const found = await readBack(made);
    io.say(found.length > 0 ? `读回校验发现${found.length}处：\n${found.map((x) => `  ${x}`).join('\n')}` : '读回校验：没有错误，没有警告');
    return found.length > 0 ? 1 : 0;
  } catch (error) {
    if (error instanceof ProduceError) io.say(`数据不能写成公开（${error.problems.length}）：\n${error.problems.map((x) => `  ${x.pointer}：${x.message}`).join('\n')}`);
    else if (error instanceof NoPrinter || error instanceof FileError || error instanceof RangeError) io.say(error.message);
    else if ((error as { code?: string }).code === 'ENOENT') io.say(`找不到文件：${files.join(' ')}`);
    else io.say(`没有写出：${(error as Error).message.slice(0, 300)}`);
    return 2;
  }
}
