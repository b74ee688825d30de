// Conditions in words: every kind of every rule that ships is said, in both languages, with its numbers.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { rulePack, type Condition } from '#core/warnings/pack.ts';
import { chartLines, conditionWords, spanWords } from './condition.ts';

test('spans and thresholds as people read them', () => {
  assert.equal(spanWords('PT10M').zh, '10 分钟');
  assert.equal(spanWords('PT90M').zh, '90 分钟');
  assert.equal(spanWords('P2D').en, '2 d');
  const when: Condition = {
    kind: 'threshold',
    side: 'below',
    lines: [
      { level: 1, at: 0.05 },
      { level: 2, at: 0.12, clear: 0.15 },
    ],
    for: 'PT5M',
  };
  assert.equal(conditionWords(when).zh, 'II ≤ 0.12 / I ≤ 0.05，持续 5 分钟');
  assert.deepEqual(
    chartLines(when).map((l) => l.at),
    [0.05, 0.12],
  );
  assert.deepEqual(chartLines({ kind: 'rate', lines: [{ level: 3, at: 0.08 }] }), [], 'a change is no line over the values');
});

test('every rule of the district says its condition with the numbers in it', () => {
  const rules = (parse(readFileSync(new URL('../../packs/district/warning-rules/rules.yaml', import.meta.url), 'utf8')) as unknown[]).map((r) => rulePack.parse(r));
  const kinds = new Set<string>();
  for (const r of rules) {
    kinds.add(r.when.kind);
    const { zh, en } = conditionWords(r.when);
    assert.ok(zh && en && !/undefined|NaN|null/.test(zh + en), `${r.code}: ${zh}`);
    if ('lines' in r.when) for (const l of r.when.lines) assert.ok(zh.includes(String(l.at)) && en.includes(String(l.at)), `${r.code}: ${l.at} in ${zh}`);
  }
  assert.deepEqual([...kinds].toSorted(), ['anomaly', 'forecast', 'rate', 'several', 'silent', 'threshold']);
});
