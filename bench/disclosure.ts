// Reading and checking disclosures: documents per second, milliseconds each and memory, cold and warm, and one 30-page PDF.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { checkDisclosure } from '#core/finance/check/check.ts';
import { readDisclosure } from '#core/finance/read/read.ts';
import { Opener } from '#server/finance/formats/open.ts';
import { shippedRules } from '#server/finance/rules.ts';
import { asText, budget } from '../test/fixtures/finance/invented.ts';
import type { Options, Result } from './measure.ts';

const seeds = new URL('../../shared/seeds/', import.meta.url);
const round = (n: number, digits = 2): number => Number(n.toFixed(digits));
const megabytes = (): number => round(process.memoryUsage.rss() / 1048576, 1);
/** Documents of the measurement: every text 200 times. */
const copies = 200;

/** The five published texts where they are present, otherwise the invented disclosure. */
function texts(): { name: string; bytes: Uint8Array }[] {
  const found = existsSync(seeds) ? readdirSync(seeds).filter((f) => f.endsWith('.txt')) : [];
  return found.length ? found.map((name) => ({ name, bytes: readFileSync(new URL(name, seeds)) })) : [{ name: 'invented.txt', bytes: Buffer.from(asText(budget)) }];
}

export async function run({ say }: Options): Promise<{ results: Result[] }> {
  const files = texts();
  const rules = await shippedRules();
  const opener = new Opener();
  const one = async (f: { name: string; bytes: Uint8Array }) => checkDisclosure([readDisclosure(await opener.bytes(f.bytes, f.name))], rules);
  const results: Result[] = [];
  const note = `${files.length} 份 × ${copies}，读取并校验，${rules.length} 条规则`;
  let start = performance.now();
  for (const f of files) await one(f);
  results.push({ name: '冷启动，每份', value: round((performance.now() - start) / files.length), unit: 'ms', note: '首次读取，未预热' });
  const times: number[] = [];
  const memory: number[] = [];
  const halves: number[] = [];
  start = performance.now();
  for (let i = 0; i < copies; i += 1) {
    for (const f of files) {
      const from = performance.now();
      await one(f);
      times.push(performance.now() - from);
    }
    if ((i + 1) % (copies / 4) === 0) {
      memory.push(megabytes());
      say(`${(i + 1) * files.length} 份，${memory.at(-1)} MB`);
    }
    if ((i + 1) % (copies / 2) === 0) halves.push(performance.now() - start);
  }
  const took = performance.now() - start;
  times.sort((a, b) => a - b);
  const at = (q: number) => round(times[Math.floor((times.length - 1) * q)]!);
  results.push({ name: '读取并校验', value: round((times.length / took) * 1000, 1), unit: '份/秒', p50: at(0.5), p99: at(0.99), note });
  results.push({ name: '后一半与前一半的用时比', value: round((halves[1]! - halves[0]!) / halves[0]!), unit: '倍', note: '1 表示随份数线性增长' });
  results.push({ name: '常驻内存', value: memory.at(-1)!, unit: 'MB', note: `每四分之一：${memory.join('、')} MB` });
  const pdf = readFileSync(new URL('../test/fixtures/finance/budget.pdf', import.meta.url));
  const first = performance.now();
  const pages = (await opener.bytes(pdf, 'budget.pdf'))[0]!.pages.length;
  const cold = performance.now() - first;
  const again = performance.now();
  for (let i = 0; i < 5; i += 1) readDisclosure(await opener.bytes(pdf, 'budget.pdf'));
  const warm = (performance.now() - again) / 5;
  results.push({ name: `PDF，${pages} 页，首次`, value: round(cold), unit: 'ms' });
  results.push({ name: 'PDF，30 页折算', value: round((warm / pages) * 30), unit: 'ms', note: `${pages} 页的文件五次平均，按页折算` });
  await opener.close();
  return { results };
}
