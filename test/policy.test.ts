// Keeps what the State Council office forbids out of the product (国办函〔2026〕12号): check-ins, points and rankings of persons, online time, tracks, compulsory photographs.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadPacks } from '#core/packs/load.ts';
import { apis } from '#core/api.ts';
import { readPacks } from '#server/packs/service.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = (folder: string, ending: RegExp): string[] =>
  (readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }) as string[]).map((f) => `${folder}/${f}`).filter((f) => ending.test(f) && !/\.test\.tsx?$/.test(f));

/** Words of forbidden functions; a line that says the thing is not done may name it. */
const forbidden = /打卡|签到|积分|排行榜|在线时长|活跃度|使用率通报|行动轨迹|人员轨迹|check-?in\b|leaderboard|online[-_ ]?time|screen[-_ ]?time|user[-_ ]?rank/i;
const denies = /不打卡|不排名|不要求|没有|不设|不收集|no check-?in|forbid|禁止|不作|以外/i;
export const offences = (name: string, text: string): string[] =>
  text.split('\n').flatMap((line, i) => (forbidden.test(line) && !denies.test(line) ? [`${name}:${i + 1}: ${line.trim().slice(0, 120)}`] : []));

test('no check-in, points, ranking of persons, online time or tracks in content, code or screens', () => {
  const all = [...files('packs', /\.yaml$/), ...files('core', /\.ts$/), ...files('server', /\.(ts|sql)$/), ...files('web', /\.tsx?$/)];
  assert.ok(all.length > 100);
  assert.deepEqual(
    all.flatMap((f) => offences(f, readFileSync(join(root, f), 'utf8'))),
    [],
  );
});
test('the guard sees what it is for', () => {
  for (const planted of ['name: { zh: 每日打卡, en: x }', 'const leaderboard = rank(persons);', 'online_time int not null', 'zh: 网格员积分排名', 'zh: 会议签到表'])
    assert.equal(offences('planted', planted).length, 1, planted);
  assert.deepEqual(offences('planted', '# 不打卡、不排名'), []);
});

test('evidence is asked with a reason; no form makes a photograph compulsory; ledgers hold nothing personal', async () => {
  const { content, mistakes } = loadPacks(await readPacks(['district', 'demo-center']));
  assert.deepEqual(mistakes, []);
  assert.ok(content.ledgers.size >= 6);
  for (const l of content.ledgers.values()) {
    assert.ok(l.evidence.reason.zh, `${l.code} says why`);
    assert.ok(
      l.fields.every((f) => !f.personal && f.type !== 'file'),
      l.code,
    );
  }
  for (const flow of content.flows.values())
    for (const [name, step] of Object.entries(flow.steps))
      for (const f of [...step.form, ...step.outcomes.flatMap((o) => o.form)])
        if (f.type === 'file') assert.ok(!f.required && f.reason, `${flow.code}.${name}.${f.name} is optional and says why`);
});

test('what is compared is units: no indicator is computed for a person, no route lists persons by what they did', async () => {
  const { content } = loadPacks(await readPacks(['district', 'demo-center']));
  const scopes = new Set([...content.indicators.values()].flatMap((i) => (i.scope === 'thing' ? ['thing'] : i.scope)));
  assert.deepEqual(
    [...scopes].filter((s) => !['thing', 'district', 'town', 'grid', 'department'].includes(s)),
    [],
  );
  const paths = apis.flatMap((a) => Object.values(a).map((r) => r.path));
  assert.deepEqual(
    paths.filter((p) => /(account|person|user|worker)s?\/.*(rank|score|count|rate|track|online)/i.test(p)),
    [],
  );
});
