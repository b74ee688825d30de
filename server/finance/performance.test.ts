// Promises after import: bound to what measures them, followed through the year, executed, monitored, evaluated, exported.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import * as xlsx from '@e965/xlsx';
import { unzipSync } from 'fflate';
import type { Output } from '#core/contract.ts';
import type { financeApi } from '#core/finance/contract.ts';
import { createRecord } from '#server/records/service.ts';
import { actorFor } from '#server/people/service.ts';
import { setClock } from '#server/platform/testing.ts';
import { disclosureText } from './fixtures/disclosure.ts';
import { office, ok } from './fixtures/office.ts';

type Imported = Output<typeof financeApi.importDisclosure>;
type Targets = Output<typeof financeApi.targets>;
type One = Output<typeof financeApi.target>;
type Row = Output<typeof financeApi.enterExecution>;
type Sheet = Output<typeof financeApi.evaluation>;
type Monitorings = Output<typeof financeApi.monitorings>;
const at = 'disclosures?unit=demo.center';
const PROJECT = '平台运维项目';

async function begun(t: TestContext, clock?: string) {
  const o = await office(t, clock);
  const me = await o.signIn('ys-center');
  const { id } = ok<Imported>(await me.upload(at, { '预算.txt': disclosureText() }));
  const targets = async (query = '') => ok<Targets>(await me.get(`targets?year=2026${query}`));
  const of = async (indicator: string) => (await targets()).items.find((x) => x.indicator === indicator)!;
  const record = async (ledger: string, data: Record<string, unknown>) => {
    const actor = await actorFor(o.hub.sql, 'zhiban1');
    await o.hub.command({ actor, realm: 'live' }, (work) => createRecord(work, { ledger, data }));
  };
  return { ...o, me, id: id!, targets, of, record };
}

test('suggestions with reasons; a person confirms, rejects, undoes; a binding survives the corrected version', async (t) => {
  const { hub, me, targets, of, signIn } = await begun(t);
  const calls = await of('值班电话抽查次数');
  assert.ok(calls.suggestion, JSON.stringify(calls));
  assert.match(calls.suggestion.reasons.join(), /名称/);
  assert.match(calls.suggestion.code, /call/);
  assert.deepEqual([calls.binding, calls.progress.state, calls.progress.value], [null, 'unknown', null]);
  assert.equal((await of('运行保障水平')).suggestion, null, 'a qualitative target is not bound');
  const one = ok<One>(await me.get(`targets/${calls.key}`));
  assert.ok(one.suggestions.length >= 1 && one.mayBind);
  const s = one.suggestions[0]!;
  const left = ok<{ suggestions: One['suggestions'] }>(
    await me.send('POST', `targets/${calls.key}/rejections`, { kind: s.kind, code: s.code, unit: s.unit, rejected: true }),
  ).suggestions;
  assert.equal(left.find((x) => x.code === s.code && x.kind === s.kind)!.rejected, true);
  assert.notDeepEqual([(await of('值班电话抽查次数')).suggestion?.kind, (await of('值班电话抽查次数')).suggestion?.code], [s.kind, s.code]);
  ok(await me.send('POST', `targets/${calls.key}/rejections`, { kind: s.kind, code: s.code, unit: s.unit, rejected: false }));
  const bind = (body: object) => me.send('PUT', `targets/${calls.key}/binding`, body);
  assert.equal((await bind({ kind: 'indicator', code: 'trainings', unit: 'demo', progress: 'cumulative' })).statusCode, 403, 'the whole district is not his to read');
  assert.equal((await bind({ kind: 'indicator', code: 'nothing-here', unit: 'demo', progress: 'cumulative' })).statusCode, 400);
  assert.equal((await bind({ kind: 'indicator', code: 'iot-online-rate', unit: 'demo.center', progress: 'level' })).statusCode, 400, 'percent does not answer a count');
  const bound = ok<Targets['items'][number]>(await bind({ kind: s.kind, code: s.code, unit: s.unit, progress: s.progress }));
  assert.deepEqual([bound.binding!.code, bound.binding!.byName, bound.binding!.score, bound.progress.value], [s.code, 'ys-center', s.score, 0]);
  assert.equal((await (await signIn('sh-all')).send('PUT', `targets/${calls.key}/binding`, { kind: s.kind, code: s.code, unit: s.unit, progress: s.progress })).statusCode, 403);
  // The corrected document: the same target keeps its key and its binding, a corrected name too.
  const second = ok<Imported>(await me.upload(at, { '预算.txt': disclosureText({ calls: '60' }).replace('值班电话抽查次数', '值班电话抽查次数（电话）') }));
  assert.equal(second.number, 2);
  const again = (await targets()).items.find((x) => x.key === calls.key)!;
  assert.deepEqual([again.indicator, again.value, again.binding!.code], ['值班电话抽查次数（电话）', '60', s.code]);
  // Several at once; what cannot be bound says why.
  const all = await targets('&bound=unbound');
  const done = ok<Output<typeof financeApi.bindAll>>(await me.send('POST', 'targets/bindings', { keys: [...all.items.map((x) => x.key), 'f'.repeat(32)], least: 60 }));
  assert.equal(done.bound + done.left.length, all.items.length + 1);
  assert.ok(done.left.some((x) => /定性/.test(x.why)) && done.left.some((x) => /没有这个目标/.test(x.why)));
  assert.ok(done.bound >= 1, JSON.stringify(done));
  ok(await me.send('DELETE', `targets/${calls.key}/binding`));
  assert.equal((await me.send('DELETE', `targets/${calls.key}/binding`)).statusCode, 404);
  const history = ok<One>(await me.get(`targets/${calls.key}`)).history.map((h) => h.kind.split('.')[1]);
  assert.deepEqual(history, ['suggestion-rejected', 'suggestion-restored', 'bound', 'unbound']);
  assert.equal((await hub.sql`select 1 from finance_bindings where key = ${calls.key}`).length, 0);
  // Next year's document proposes what answered this year's.
  ok(await bind({ kind: s.kind, code: s.code, unit: s.unit, progress: s.progress }));
  ok(await me.upload(at, { '预算.txt': disclosureText({ year: 2027 }).replace('值班电话抽查次数', '值班电话抽查次数（电话）') }));
  const next = ok<Targets>(await me.get('targets?year=2027')).items.find((x) => /电话/.test(x.indicator))!;
  assert.deepEqual([next.binding, next.suggestion!.code], [null, s.code]);
  assert.match(next.suggestion!.reasons.join(), /2026年的同名目标/);
});

test('progress moves with the records; a plan replaces the calendar; the forecast states its error', async (t) => {
  const { me, of, record, targets } = await begun(t);
  const key = (await of('培训次数')).key;
  ok(await me.send('PUT', `targets/${key}/binding`, { kind: 'indicator', code: 'trainings', unit: 'demo.center', progress: 'cumulative' }));
  assert.deepEqual([(await of('培训次数')).progress.state, (await of('培训次数')).progress.value], ['at-risk', 0]);
  for (const on of ['2026-02-01', '2026-04-01', '2026-05-01']) await record('training', { on, people: 20, topic: '平台操作' });
  const p = (await of('培训次数')).progress;
  assert.deepEqual([p.state, p.value, p.expectedBy], ['on-the-way', 3, 'time']);
  assert.ok(p.forecast! > 5.9 && p.forecast! < 6.1);
  const one = ok<One>(await me.get(`targets/${key}`));
  assert.deepEqual(
    one.months.map((m) => m.value),
    [0, 1, 0, 1, 1, 0],
  );
  assert.ok(one.progress.forecastLow! < one.progress.forecast! && one.progress.forecastHigh! > one.progress.forecast!);
  assert.match(one.progress.forecastNote!.zh, /6个整月/);
  assert.equal((await me.send('PUT', `targets/${key}/plan`, { plan: [3, 2, 4, 5] })).statusCode, 400);
  const planned = ok<Targets['items'][number]>(await me.send('PUT', `targets/${key}/plan`, { plan: [2, 4, 5, 5] }));
  assert.deepEqual([planned.progress.expectedBy, planned.progress.state], ['plan', 'at-risk']);
  const risk = ok<Output<typeof financeApi.atRisk>>(await me.get('at-risk?year=2026'));
  assert.deepEqual(
    risk.targets.map((x) => x.key),
    [key],
  );
  assert.equal((await targets('&state=at-risk')).items.length, 1);
  // Repair time: nothing entered is unknown, not zero hours.
  const repair = (await of('故障修复平均时长')).key;
  ok(await me.send('PUT', `targets/${repair}/binding`, { kind: 'indicator', code: 'fault-repair-hours', unit: 'demo.center', progress: 'level' }));
  assert.deepEqual([(await of('故障修复平均时长')).progress.state, (await of('故障修复平均时长')).progress.value], ['unknown', null]);
  await record('fault-repair', { on: '2026-06-01', device: '专线', hours: 3 });
  assert.deepEqual([(await of('故障修复平均时长')).progress.state, (await of('故障修复平均时长')).progress.value], ['at-risk', 3]);
});

test('execution entered and imported: all or nothing, in fen, against time', async (t) => {
  const { hub, me, signIn } = await begun(t);
  const enter = (month: number, amount: string | null, project = PROJECT) =>
    me.send('PUT', 'execution', { unit: 'demo.center', year: 2026, project, month, amount, moneyUnit: '万元' });
  const first = ok<Row>(await enter(1, '2.5'));
  assert.deepEqual([first.budget, first.spent, first.through, first.rate], [30_000_000, 2_500_000, 1, 2_500_000 / 30_000_000]);
  assert.equal(ok<Row>(await enter(1, '2.505')).spent, 2_505_000);
  assert.equal(ok<Row>(await enter(1, null)).state, 'unknown');
  assert.equal((await enter(1, '1', '没有的项目')).statusCode, 400);
  assert.equal((await enter(13, '1')).statusCode, 400);
  assert.equal((await enter(1, '1e5')).statusCode, 400);
  const url = 'execution/import?unit=demo.center&year=2026';
  const bad = ok<Output<typeof financeApi.importExecution>>(await me.upload(url, { 'a.csv': `项目,月份,金额（元）\n${PROJECT},1,10000\n不存在,2,5\n${PROJECT},x,5\n` }));
  assert.deepEqual([bad.stored, bad.faults.map((f) => f.row)], [0, [3, 4]]);
  assert.equal((await hub.sql`select 1 from finance_execution`).length, 0, 'nothing is stored while there are faults');
  const book = xlsx.utils.book_new();
  xlsx.utils.book_append_sheet(
    book,
    xlsx.utils.aoa_to_sheet([['单位：元'], ['项目名称', '1月', '2月', '3月', '4月', '5月', '6月'], [PROJECT, 20000, 20000, 20000, 30000, 30000, 30000]]),
    '执行',
  );
  const bytes = xlsx.write(book, { type: 'buffer', bookType: 'xlsx' }) as Buffer;
  const good = ok<Output<typeof financeApi.importExecution>>(await me.upload(url, { 'b.xlsx': bytes }));
  assert.deepEqual([good.stored, good.changed, good.faults], [6, 6, []]);
  assert.equal(ok<Output<typeof financeApi.importExecution>>(await me.upload(url, { 'b.xlsx': bytes })).changed, 0, 'again changes nothing');
  const read = ok<Output<typeof financeApi.execution>>(await me.get('execution?unit=demo.center&year=2026'));
  const row = read.rows.find((r) => r.project === PROJECT)!;
  assert.deepEqual([row.spent, row.through, row.rate, row.state, row.months[0]!.source], [15_000_000, 6, 0.5, 'on-track', 'b.xlsx']);
  const whole = read.rows.find((r) => r.project === '')!;
  assert.deepEqual([whole.budget, whole.spent], [130_000_000, 15_000_000], 'the whole is the sum of its projects until it is entered itself');
  const adjusted = ok<Row>(await me.send('PUT', 'budget', { unit: 'demo.center', year: 2026, project: PROJECT, adjusted: '60', moneyUnit: '万元', reason: '追加' }));
  assert.deepEqual([adjusted.adjusted, adjusted.state], [60_000_000, 'slow']);
  assert.ok(ok<Output<typeof financeApi.atRisk>>(await me.get('at-risk?year=2026')).execution.some((r) => r.project === PROJECT));
  const other = await signIn('ys-urban');
  assert.equal((await other.get('execution?unit=demo.center&year=2026')).statusCode, 404);
  assert.equal((await other.send('PUT', 'execution', { unit: 'demo.center', year: 2026, project: PROJECT, month: 1, amount: '1', moneyUnit: '元' })).statusCode, 404);
  assert.equal((await other.upload(url, { 'b.xlsx': bytes })).statusCode, 404);
  const facts = await hub.sql<{ kind: string }[]>`select kind from facts where subject = 'execution:demo.center:2026' order by seq`;
  assert.deepEqual(
    facts.map((f) => f.kind),
    ['execution.entered', 'execution.entered', 'execution.entered', 'execution.imported', 'budget.adjusted'],
  );
});

test('monitoring: a period with deviation needs cause and correction; what is late says so', async (t) => {
  const { hub, me, of, record } = await begun(t, '2026-08-20T12:00:00+08:00');
  const training = (await of('培训次数')).key;
  ok(await me.send('PUT', `targets/${training}/binding`, { kind: 'indicator', code: 'trainings', unit: 'demo.center', progress: 'cumulative' }));
  for (const on of ['2026-02-01', '2026-08-10', '2026-08-11', '2026-08-12', '2026-08-13']) await record('training', { on, people: 20, topic: '平台操作' });
  ok(await me.send('PUT', 'execution', { unit: 'demo.center', year: 2026, project: PROJECT, month: 7, amount: '3', moneyUnit: '万元' }));
  const list = async (query = '') => ok<Monitorings>(await me.get(`monitorings?year=2026${query}`));
  const all = await list();
  assert.deepEqual([...new Set(all.items.map((i) => i.period))], ['q1', 'q2', 'july'], 'periods that have ended');
  const july = all.items.find((i) => i.period === 'july' && i.project === PROJECT)!;
  assert.deepEqual([july.state, july.overdue, july.causeRequired, july.execution.rate], ['missing', false, true, 0.1]);
  assert.equal(all.items.find((i) => i.period === 'q1')!.overdue, true, 'the first quarter was due in April');
  assert.deepEqual(
    july.targets.behind.map((x) => [x.key, x.value]),
    [[training, 1]],
    'by the end of July there was one; what came in August does not count',
  );
  const save = (more: object) =>
    me.send('PUT', 'monitorings', {
      unit: 'demo.center',
      year: 2026,
      period: 'july',
      project: PROJECT,
      cause: null,
      correction: null,
      correctionDueOn: null,
      submit: true,
      version: null,
      ...more,
    });
  assert.equal((await save({})).statusCode, 400);
  assert.equal((await save({ period: 'q3' })).statusCode, 409, 'not over yet');
  const done = ok<Monitorings['items'][number]>(await save({ cause: '招标推迟', correction: '九月底前完成采购', correctionDueOn: '2026-09-30' }));
  assert.deepEqual([done.state, done.cause, done.correctionOverdue], ['submitted', '招标推迟', false]);
  assert.equal((await save({ cause: 'x', correction: 'y', version: 1 })).statusCode, 409, 'submitted stays');
  // The numbers are those of the moment it was submitted.
  ok(await me.send('PUT', 'execution', { unit: 'demo.center', year: 2026, project: PROJECT, month: 6, amount: '20', moneyUnit: '万元' }));
  assert.equal((await list()).items.find((i) => i.id === done.id)!.execution.rate, 0.1);
  await setClock(hub, '2026-10-05T12:00:00+08:00');
  const late = (await list('&overdue=true')).items.find((i) => i.id === done.id)!;
  assert.equal(late.correctionOverdue, true);
  const closed = ok<Monitorings['items'][number]>(await me.send('POST', `monitorings/${done.id}/done`, { note: '已签合同' }));
  assert.deepEqual([closed.correctionOverdue, closed.correctionDone!.note], [false, '已签合同']);
  assert.equal((await me.send('POST', `monitorings/${done.id}/done`, { note: 'x' })).statusCode, 409);
});

test('self-evaluation: arithmetic in words, causes asked for, submitted, returned, reviewed by somebody else, exported', async (t) => {
  const { hub, me, of, signIn, record } = await begun(t, '2026-12-20T12:00:00+08:00');
  for (let m = 1; m <= 12; m++) ok(await me.send('PUT', 'execution', { unit: 'demo.center', year: 2026, project: PROJECT, month: m, amount: '2.4', moneyUnit: '万元' }));
  const training = (await of('培训次数')).key;
  ok(await me.send('PUT', `targets/${training}/binding`, { kind: 'indicator', code: 'trainings', unit: 'demo.center', progress: 'cumulative' }));
  for (const on of ['2026-02-01', '2026-04-01', '2026-05-01', '2026-06-01']) await record('training', { on, people: 20, topic: '平台操作' });
  const begin = { unit: 'demo.center', year: 2026, sheet: 'project', project: PROJECT };
  const e = ok<Sheet>(await me.send('POST', 'self-evaluations', begin), 201);
  assert.equal((await me.send('POST', 'self-evaluations', begin)).statusCode, 409);
  assert.deepEqual([e.scheme.code, e.state, e.total, e.lines.length], ['self-2021', 'draft', null, 4]);
  assert.equal(e.lines.reduce((a, l) => a + l.weight, 0) + e.execution.weight, 10_000);
  assert.deepEqual([e.execution.budget, e.execution.spent, e.execution.score], [30_000_000, 28_800_000, 960]);
  assert.match(e.execution.steps.join(), /28.8\d*万元 ÷ 30\S*万元 = 96%/);
  assert.equal(e.lines.find((l) => l.key === training)!.live, 4, 'the live value is offered');
  const key = (name: string) => e.lines.find((l) => l.indicator === name)!.key!;
  const fill = (cause: string | null) => ({
    goalActual: '平台全年稳定运行',
    executionCause: null,
    lines: [
      { key: key('值班电话抽查次数'), actual: '48', rating: null, tooLow: false, cause: null },
      { key: training, actual: '4', rating: null, tooLow: false, cause },
      { key: key('故障修复平均时长'), actual: '1.5', rating: null, tooLow: false, cause: null },
      { key: key('运行保障水平'), actual: '较好', rating: 90, tooLow: false, cause: null },
    ],
  });
  assert.equal((await me.send('POST', `self-evaluations/${e.id}/submit`, undefined, 1)).statusCode, 409, 'not complete');
  const half = ok<Sheet>(await me.send('PUT', `self-evaluations/${e.id}`, fill(null), 1));
  assert.equal((await me.send('PUT', `self-evaluations/${e.id}`, fill(null), 1)).statusCode, 412);
  // Weights 30, 20, 20, 20 are 90; 4 of 5 trainings is 16 points.
  assert.deepEqual(
    half.lines.map((l) => l.score),
    [3000, 1600, 2000, 1800],
  );
  assert.match(half.lines[1]!.steps.join(), /20 × 4 ÷ 5 = 16分/);
  assert.ok(half.missing.some((m) => /偏差原因/.test(m)));
  assert.equal((await me.send('POST', `self-evaluations/${e.id}/submit`, undefined, 2)).statusCode, 409, 'the cause is missing');
  ok(await me.send('PUT', `self-evaluations/${e.id}`, fill('一期培训因防汛取消，明年一季度补训'), 2));
  const sent = ok<Sheet>(await me.send('POST', `self-evaluations/${e.id}/submit`, undefined, 3));
  assert.deepEqual([sent.state, sent.total, sent.grade, sent.mayReview], ['submitted', 9360, 'excellent', false]);
  assert.equal((await me.send('PUT', `self-evaluations/${e.id}`, fill('x'), 4)).statusCode, 409);
  assert.equal((await me.send('POST', `self-evaluations/${e.id}/review`, { pass: true, opinion: '同意' }, 4)).statusCode, 403, 'not by who wrote it');
  const reviewer = await signIn('sh-all');
  const back = ok<Sheet>(await reviewer.send('POST', `self-evaluations/${e.id}/review`, { pass: false, opinion: '请补充佐证' }, 4));
  assert.deepEqual([back.state, back.returned!.reason], ['draft', '请补充佐证']);
  ok(await me.send('POST', `self-evaluations/${e.id}/submit`, undefined, 5));
  // What was submitted no longer moves with the books.
  ok(await me.send('PUT', 'execution', { unit: 'demo.center', year: 2026, project: PROJECT, month: 12, amount: '0', moneyUnit: '万元' }));
  const passed = ok<Sheet>(await reviewer.send('POST', `self-evaluations/${e.id}/review`, { pass: true, opinion: '同意' }, 6));
  assert.deepEqual([passed.state, passed.total, passed.review!.byName], ['reviewed', 9360, 'sh-all']);
  const form = (format: string) => me.get(`self-evaluations/${e.id}/form?format=${format}`);
  const html = (await form('html')).body;
  for (const word of ['偏差原因分析及改进措施', '一期培训因防汛取消', '93.6', '等级：优', '20 × 4 ÷ 5 = 16分']) assert.ok(html.includes(word), word);
  const book = xlsx.read((await form('xlsx')).rawPayload);
  const text = JSON.stringify(xlsx.utils.sheet_to_json(book.Sheets['自评表']!, { header: 1 }));
  assert.ok(text.includes('值班电话抽查次数') && text.includes('93.6') && text.includes('偏差原因'));
  const docx = new TextDecoder().decode(unzipSync(new Uint8Array((await form('docx')).rawPayload))['word/document.xml']!);
  assert.ok(docx.includes('一期培训因防汛取消') && docx.includes('偏差原因分析及改进措施'));
  const list = ok<Output<typeof financeApi.evaluations>>(await me.get('self-evaluations?year=2026'));
  assert.deepEqual(
    list.items.map((i) => [i.project, i.state, i.total]),
    [[PROJECT, 'reviewed', 9360]],
  );
  assert.equal(ok<Output<typeof financeApi.evaluations>>(await (await signIn('ys-urban')).get('self-evaluations?year=2026')).items.length, 0);
  assert.equal((await (await signIn('ys-urban')).get(`self-evaluations/${e.id}`)).statusCode, 404);
  const kinds = await hub.sql<{ kind: string }[]>`select kind from facts where subject = ${`self-evaluation:${e.id}`} order by seq`;
  assert.deepEqual(
    kinds.map((k) => k.kind.split('.')[1]),
    ['begun', 'saved', 'saved', 'submitted', 'returned', 'submitted', 'reviewed'],
  );
});

test('advice before publishing, on a draft and on a stored disclosure; schemes with their sources', async (t) => {
  const { me, id } = await begun(t);
  const draft = { indicator: '资金支付率', nature: '≤', value: '100', unit: '%' };
  const a = ok<Output<typeof financeApi.adviseTargets>>(await me.send('POST', 'advice', { targets: [draft, { indicator: '巡查次数', nature: '≥', value: '12' }] }));
  assert.ok(a.items.some((x) => x.targets.includes(0)) && a.items.some((x) => x.rule === 'no-unit' && x.targets.includes(1)), JSON.stringify(a));
  const stored = ok<Output<typeof financeApi.advice>>(await me.get(`disclosures/${id}/advice`));
  assert.equal(stored.targets.length, 4);
  assert.ok(
    stored.items.some((x) => x.rule === 'unmeasurable' && stored.targets[x.targets[0]!]!.indicator === '运行保障水平'),
    JSON.stringify(stored.items),
  );
  const schemes = ok<Output<typeof financeApi.schemes>>(await me.get('schemes'));
  assert.deepEqual(
    schemes.items.map((s) => s.code),
    ['self-2021', 'self-2020'],
  );
  assert.ok(schemes.items.every((s) => /财预/.test(s.source) && s.rules.length >= 6));
});
