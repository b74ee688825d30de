// A rule's condition as people read it, and the lines it draws on a chart.
import type { Text } from '#core/contract.ts';
import { durationMs } from '#core/time.ts';
import type { Condition } from '#core/warnings/pack.ts';

/** PT10M → 10 分钟; whole days, hours, minutes or seconds, the largest that fits. */
export function spanWords(iso: string | undefined): Text {
  const ms = iso === undefined ? 0 : (durationMs(iso) ?? 0);
  for (const [size, zh, en] of [
    [86_400_000, '天', 'd'],
    [3_600_000, '小时', 'h'],
    [60_000, '分钟', 'min'],
  ] as const)
    if (ms >= size && ms % size === 0) return { zh: `${ms / size} ${zh}`, en: `${ms / size} ${en}` };
  return { zh: `${ms / 1000} 秒`, en: `${ms / 1000} s` };
}

const roman = ['', 'I', 'II', 'III', 'IV'];
const join = (parts: (Text | undefined)[]): Text => {
  const there = parts.filter((p) => p !== undefined);
  return { zh: there.map((p) => p.zh).join('，'), en: there.map((p) => p.en).join(', ') };
};
const both = (f: (language: 'zh' | 'en') => string): Text => ({ zh: f('zh'), en: f('en') });
const timing = (c: { for?: string | undefined; clearFor?: string | undefined }): (Text | undefined)[] => [
  c.for ? both((l) => (l === 'zh' ? `持续 ${spanWords(c.for).zh}` : `for ${spanWords(c.for).en}`)) : undefined,
  c.clearFor ? both((l) => (l === 'zh' ? `恢复须持续 ${spanWords(c.clearFor).zh}` : `over after ${spanWords(c.clearFor).en}`)) : undefined,
];
const linesOf = (lines: readonly { level: number; at: number }[], sign: string, percent = false): string =>
  [...lines]
    .sort((a, b) => b.level - a.level)
    .map((l) => `${roman[l.level]} ${sign} ${l.at}${percent ? '%' : ''}`)
    .join(' / ');

/** The condition in one line: `低于 II 0.12 / I 0.05，持续 5 分钟`. */
export function conditionWords(c: Condition): Text {
  switch (c.kind) {
    case 'threshold':
      return join([both(() => linesOf(c.lines, c.side === 'above' ? '≥' : '≤')), ...timing(c)]);
    case 'rate':
      return join([
        both((l) => {
          const over = spanWords(c.over);
          return l === 'zh'
            ? `${over.zh}内${c.side === 'rise' ? '上升' : '下降'} ${linesOf(c.lines, '≥', c.percent)}`
            : `${c.side === 'rise' ? 'rises' : 'falls'} ${linesOf(c.lines, '≥', c.percent)} within ${over.en}`;
        }),
        ...timing(c),
      ]);
    case 'silent':
      return c.after
        ? both((l) => (l === 'zh' ? `${spanWords(c.after).zh}没有数据（${roman[c.level]} 级）` : `no reading for ${spanWords(c.after).en} (${roman[c.level]})`))
        : both((l) => (l === 'zh' ? `${c.intervals} 个上报周期没有数据（${roman[c.level]} 级）` : `no reading for ${c.intervals} intervals (${roman[c.level]})`));
    case 'forecast':
      return join([
        both((l) => {
          const h = spanWords(c.horizon);
          return l === 'zh'
            ? `按趋势 ${h.zh}内将越过 ${linesOf(c.lines, c.side === 'above' ? '≥' : '≤')}（误差带 ${c.z} 倍标准误）`
            : `will cross ${linesOf(c.lines, c.side === 'above' ? '≥' : '≤')} within ${h.en} (band ${c.z} standard errors)`;
        }),
        ...timing(c),
      ]);
    case 'anomaly':
      return both((l) => (l === 'zh' ? `异常检测得分 ≥ ${c.score}（${roman[c.level]} 级，不设阈值）` : `anomaly score ≥ ${c.score} (${roman[c.level]}, no threshold)`));
    case 'several':
      return join([
        both((l) => {
          const tests = c.tests.map((t) => `${t.stream} ${t.side === 'above' ? '≥' : '≤'} ${t.at}`).join(l === 'zh' ? '、' : '; ');
          const need = c.need !== undefined && c.need < c.tests.length ? (l === 'zh' ? `（满足 ${c.need} 项）` : ` (${c.need} of them)`) : '';
          const among = {
            thing: l === 'zh' ? '同一设备' : 'one device',
            parent: l === 'zh' ? '同一上级设备下' : 'of one parent',
            area: l === 'zh' ? '同一片区' : 'of one area',
            neighbours: l === 'zh' ? `${c.radius} 米内` : `within ${c.radius} m`,
          }[c.among];
          return l === 'zh'
            ? `${among}${c.k > 1 ? ` ${c.k} 台以上` : ''}同时 ${tests}${need}（${roman[c.level]} 级）`
            : `${c.k > 1 ? `${c.k} ` : ''}${among}: ${tests}${need} (${roman[c.level]})`;
        }),
        ...timing(c),
      ]);
  }
}

/** Lines to draw over the readings: only where the condition speaks of their values. */
export function chartLines(when: unknown): { level: number; at: number; clear?: number }[] {
  const c = when as { kind?: string; lines?: { level: number; at: number; clear?: number }[] } | undefined;
  return (c?.kind === 'threshold' || c?.kind === 'forecast') && Array.isArray(c.lines) ? c.lines : [];
}
