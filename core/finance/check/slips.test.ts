// Slips other than wrong figures, in the layouts and wordings of many provinces: each found where it stands, by its rule, and nothing besides.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainText } from '../read/plain.ts';
import { readDisclosure } from '../read/read.ts';
import { checkDisclosure } from './check.ts';
import { layouts, regionLayouts } from './fixtures/layouts/layouts.ts';
import { asTabs } from './fixtures/layouts/render.ts';
import { shipped } from './fixtures/rules.ts';

const rules = shipped();
const texts = [...layouts(), ...regionLayouts()].map((d) => ({
  name: d.name,
  lines: asTabs(d).pages[0]!.blocks!.map((b) => (b.kind === 'cells' ? b.cells.join('\t') : b.kind === 'text' ? b.text : '')),
}));

/** Rule → the first line that fits, and what the slip makes of it. */
const slips: [rule: string, line: RegExp, slip: (line: string) => string][] = [
  [
    'direction',
    /(比|较)20\d\d年[^，。]{0,30}\d[\d.]*万?元(增加|减少)\d/,
    (t) => t.replace(/(元)(增加|减少)(?=\d)/, (_, a: string, b: string) => a + (b === '增加' ? '减少' : '增加')),
  ],
  ['comparison-word', /决算数(大于|小于)年初预算数/, (t) => t.replace(/大于|小于/, (x) => (x === '大于' ? '小于' : '大于'))],
  ['comparison-word', /决算数与年初预算数持平/, (t) => t.replace('与年初预算数持平', '大于年初预算数的主要原因是追加')],
  ['zero-base', /年初预算为0万?元，支出决算为[\d.]+万?元，/, (t) => t.replace(/(支出决算为[\d.]+万?元，)/, '$1完成年初预算的100%，')],
  ['share', /占\d\d\.\d%/, (t) => t.replace(/占(\d)(\d)\.(\d)%/, (_, a: string, b: string, c: string) => `占${(Number(a) + 4) % 10 || 5}${b}.${c}%`)],
  ['empty-cell', /^合计\t+[\d,]+\.\d+\t[\d,]+\.\d+/, (t) => t.replace(/[\d,]+\.\d+/, '')],
  ['empty-cell', /^2120101\t/, (t) => t.replace('2120101', '')],
  ['empty-cell', /开展专项巡查\t=\t12\t次/, (t) => t.replace('\t12\t', '\t\t')],
  ['duplicate-row', /^2120104\t城管执法\t/, (t) => `${t}\n${t}`],
  ['classification-name', /^210\t卫生健康支出/, (t) => t.replace('卫生健康支出', '医疗卫生与计划生育支出')],
  ['classification-name', /^30217\t公务接待费/, (t) => t.replace('公务接待费', '公务用车运行维护费')],
  ['year-slip', /^20\d\d年“三公”经费/, (t) => t.replace(/20\d\d/, (y) => String(Number(y) - 1))],
  ['year-slip', /20\d\d年机关运行经费财政拨款预算/, (t) => t.replace(/20\d\d/, (y) => String(Number(y) - 1))],
  ['placeholder', /主要原因是[^。，]{3,20}/, (t) => t.replace(/主要原因是[^。，]{3,20}/, '主要原因是（请说明原因）')],
  ['excel-error', /^2080505\t[^\t]*\t[\d,]+\.\d+/, (t) => t.replace(/\t[\d,]+\.\d+/, '\t#REF!')],
  ['markup', /主要用于/, (t) => t.replace('主要用于', '&nbsp;主要用于')],
  ['doubled-phrase', /主要原因是[^。，]{5,20}/, (t) => t.replace(/主要原因是([^。，]{5,20})/, '主要原因是$1$1')],
  ['target-cost-direction', /管护成本\t≤/, (t) => t.replace('≤', '≥')],
  ['target-qualitative-number', /市容环境面貌\t定性\t明显改善/, (t) => t.replace('明显改善', '100')],
  ['target-several', /设施完好率\t≥98%$/, (t) => t.replace(/≥98%$/, '≥98%，及时率≥95%')],
  ['target-unit', /开展专项巡查\t=\t12\t次/, (t) => t.replace('\t次', '\t')],
  ['target-unit', /管护设施数量\t≥120处$/, (t) => t.replace(/≥120处$/, '≥120')],
  ['target-direction', /设施完好率\t≥98%$/, (t) => t.replace(/≥98%$/, '≤100%')],
  ['target-weights', /满意度\t[^\t]*\t.*\t10\t(是|否)$/, (t) => t.replace(/\t10\t(?=是|否)/, '\t15\t')],
];

for (const [rule, line, slip] of slips)
  test(`${rule}: ${line.source}`, () => {
    let tried = 0;
    for (const { name, lines } of texts) {
      const at = lines.findIndex((t) => line.test(t));
      if (at < 0) continue;
      const changed = slip(lines[at]!);
      assert.notEqual(changed, lines[at], name);
      const source = plainText([...lines.slice(0, at), changed, ...lines.slice(at + 1)].join('\n'), 'slip.txt');
      const told = checkDisclosure([readDisclosure([source])], rules)[0]!.findings.filter((f) => f.severity === 'error' || f.severity === 'warning');
      assert.deepEqual(
        told.map((f) => [f.rule, f.places.some((p) => p.line === at + 1)]),
        [[rule, true]],
        `${name} ${changed.slice(0, 80)} ${told.map((f) => f.message).join(' | ')}`,
      );
      tried += 1;
      if (tried === 4) break;
    }
    assert.ok(tried > 0, 'no layout has such a line');
  });
