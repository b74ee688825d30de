// CSV backfill over HTTP and as a job: looked at, tried, done, gone on after a kill, faults by line, rights, junk.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { firstStart } from '../../first-start.ts';
import { compose } from '../../main.ts';
import { addToken } from '../../people/service.ts';
import { Jobs } from '../../platform/jobs.ts';
import { actAs, testHub } from '../../platform/testing.ts';
import { IMPORT_JOB, runImport } from '../csv-import.ts';
import { registerThings } from '../service.ts';

const header = '时间,PM2.5,PM10,备注';
const row = (n: number, pm25: string | number = n % 100) => `${new Date(Date.parse('2024-03-02T00:00:00Z') + n * 3_600_000).toISOString()},${pm25},${n % 150},x`;
const table = (n: number) => [header, ...Array.from({ length: n }, (_, i) => row(i))].join('\n');
const mapping = {
  time: { column: '时间' },
  thing: 'a1',
  streams: [
    { column: 'PM2.5', stream: 'pm25' },
    { column: 'PM10', stream: 'pm10' },
  ],
};

async function office(t: Parameters<typeof testHub>[0]) {
  const hub = await testHub(t, { clock: '2026-03-02T12:00:00+08:00' });
  await firstStart(hub, () => {});
  await hub.command(hub.system('test'), (work) =>
    registerThings(
      work,
      [
        { code: 'a1', name: '空气站', profile: 'air-station', unit: 'demo.ecology' },
        { code: 'p1', name: '压力', profile: 'pipe-pressure', unit: 'demo.waterworks' },
      ],
      ['demo'],
    ),
  );
  const { app } = await compose(hub);
  const key = async (unit: string) => {
    const actor = await actAs(hub, 'unit_lead', unit);
    return hub.command(hub.system('test'), (work) => addToken(work, 'k', actor.account!));
  };
  const token = await key('demo.ecology');
  let n = 0;
  const ask = (method: 'GET' | 'POST', url: string, payload?: object, as = token) =>
    app.inject({ method, url, headers: { authorization: `Bearer ${as}`, 'idempotency-key': `k${++n}` }, ...(payload ? { payload } : {}) });
  const upload = (body: string | Buffer, q = 'name=a.csv&thing=a1', as = token) =>
    app.inject({ method: 'POST', url: `/api/signals/imports?${q}`, headers: { authorization: `Bearer ${as}`, 'content-type': 'text/csv' }, payload: body });
  const jobs = new Jobs();
  jobs.on(IMPORT_JOB, runImport);
  const count = async () => (await hub.sql<{ n: number }[]>`select count(*)::int as n from observations`)[0]!.n;
  return { hub, app, ask, upload, key, jobs, count };
}
type Import = {
  id: string;
  state: string;
  records: number;
  stored: number;
  duplicates: number;
  conflicts: number;
  faults: number;
  looked: { header: string[]; encoding: string; proposal: { streams: unknown[] }; rows: string[][] };
  problems: { line: number; reason: string }[];
};

test('upload, look, try, import, read what was wrong by line; again it is all duplicates', async (t) => {
  const { ask, upload, jobs, count, hub } = await office(t);
  const lines = table(300).split('\n');
  lines[10] = lines[10]!.replace(/^[^,]+/, '昨天');
  lines[20] = row(19, 'broken');
  lines[30] = row(29, 'NA');
  lines[40] = lines[40]!.replace(/^\d{4}/, '1901');
  const up = await upload(lines.join('\r\n'));
  assert.equal(up.statusCode, 201, up.body);
  const i = up.json() as Import;
  assert.deepEqual(i.looked.header, ['时间', 'PM2.5', 'PM10', '备注']);
  assert.deepEqual(i.looked.proposal.streams, [
    { column: 'PM2.5', stream: 'pm25' },
    { column: 'PM10', stream: 'pm10' },
  ]);
  assert.equal(i.looked.rows.length, 20);
  const tried = (await ask('POST', `/api/signals/imports/${i.id}/preview`, { mapping })).json() as {
    records: number;
    byStream: Record<string, number>;
    faults: { line: number; reason: string }[];
    readings: { line: number }[];
  };
  assert.equal(tried.records, 200);
  assert.deepEqual(tried.byStream, { 'a1/pm25': 196, 'a1/pm10': 198 });
  assert.deepEqual(
    tried.faults.map((f) => [f.line, f.reason]),
    [
      [11, '时间无法识别'],
      [21, '不是数字'],
      [41, '时间早于保存期（7300 天）'],
      [41, '时间早于保存期（7300 天）'],
    ],
  );
  assert.equal(await count(), 0, 'a preview writes nothing');
  const started = await ask('POST', `/api/signals/imports/${i.id}/start`, { mapping });
  assert.equal(started.statusCode, 202, started.body);
  assert.equal((await ask('POST', `/api/signals/imports/${i.id}/start`, { mapping })).statusCode, 409, 'not twice at once');
  await jobs.runOne(hub);
  const end = (await ask('GET', `/api/signals/imports/${i.id}`)).json() as Import;
  assert.deepEqual([end.state, end.records, end.stored, end.faults], ['done', 300, 594, 4]);
  assert.equal(await count(), 594, 'one row without a time, one without a PM2.5 that is a number, one missing, one too old');
  const csv = await ask('GET', `/api/signals/imports/${i.id}/faults.csv`);
  assert.equal(csv.body.trim().split('\r\n').length, 5);
  assert.match(csv.body, /\r\n21,PM2.5,不是数字,broken\r\n/);
  const again = (await upload(lines.join('\n'))).json() as Import;
  await ask('POST', `/api/signals/imports/${again.id}/start`, { mapping });
  await jobs.runOne(hub);
  const second = (await ask('GET', `/api/signals/imports/${again.id}`)).json() as Import;
  assert.deepEqual([second.stored, second.duplicates], [0, 594], 'F-13');
  assert.deepEqual(
    (await hub.sql<{ kind: string }[]>`select kind from facts where subject = ${`signal-import:${i.id}`} order by seq`).map((f) => f.kind),
    ['import.uploaded', 'import.started', 'import.done'],
  );
});

test('F-01 a job killed in the middle goes on behind the last counted record; nothing is lost, nothing twice', async (t) => {
  const { hub, ask, upload, jobs, count } = await office(t);
  const i = (await upload(table(12_500))).json() as Import;
  await ask('POST', `/api/signals/imports/${i.id}/start`, { mapping });
  // The first worker dies after its first batch: its progress report never returns.
  const dying = new Jobs();
  dying.on(IMPORT_JOB, async (job) => {
    let batches = 0;
    await runImport({
      ...(job as Parameters<typeof runImport>[0]),
      progress: async () => {
        if (++batches === 1) throw new Error('killed');
      },
    });
  });
  await dying.runOne(hub);
  const half = (await ask('GET', `/api/signals/imports/${i.id}`)).json() as Import;
  assert.deepEqual([half.state, half.records, half.stored], ['failed', 5000, 10_000]);
  // As kill -9 leaves it: still running, its lease over.
  await hub.sql`update jobs set state = 'running', error = null, finished_at = null, lease_until = clock_timestamp() - interval '1 second' where kind = ${IMPORT_JOB}`;
  await jobs.runOne(hub);
  const end = (await ask('GET', `/api/signals/imports/${i.id}`)).json() as Import;
  assert.deepEqual([end.state, end.records, end.stored, end.duplicates], ['done', 12_500, 25_000, 0]);
  assert.equal(await count(), 25_000);
  // One that failed or was cancelled is taken up again by hand.
  await hub.sql`update jobs set state = 'cancelled' where kind = ${IMPORT_JOB}`;
  assert.equal((await ask('POST', `/api/signals/imports/${i.id}/start`, { mapping })).statusCode, 202);
  await jobs.runOne(hub);
  assert.equal(((await ask('GET', `/api/signals/imports/${i.id}`)).json() as Import).stored, 25_000, 'nothing was left to do');
});

test('other encodings, gzip, a long table over several things; streams out of reach are faults, not writes', async (t) => {
  const { ask, upload, jobs, hub, count } = await office(t);
  const gb = Buffer.concat([Buffer.from([0xca, 0xb1, 0xbc, 0xe4]), Buffer.from(',PM2.5\n2026-03-01 08:00,35\n')]);
  assert.deepEqual(((await upload(gb)).json() as Import).looked.header, ['时间', 'PM2.5']);
  assert.equal(((await upload(Buffer.from(`\ufeff${table(3)}`))).json() as Import).looked.header[0], '时间');
  const zipped = (await upload(gzipSync(table(50)))).json() as Import;
  await ask('POST', `/api/signals/imports/${zipped.id}/start`, { mapping });
  await jobs.runOne(hub);
  assert.equal(await count(), 100);
  const long = (
    await upload('设备,指标,时间,数值\na1,o3,2026-03-01 08:00,80\np1,pressure,2026-03-01 08:00,0.3\nzz,x,2026-03-01 08:00,1\na1,nope,2026-03-01 08:00,1', 'name=l.csv')
  ).json() as Import;
  await ask('POST', `/api/signals/imports/${long.id}/start`, {
    mapping: { time: { column: '时间' }, layout: 'long', thingColumn: '设备', streamColumn: '指标', valueColumn: '数值' },
  });
  await jobs.runOne(hub);
  const end = (await ask('GET', `/api/signals/imports/${long.id}`)).json() as Import;
  assert.deepEqual([end.stored, end.faults], [1, 3]);
  assert.deepEqual(
    end.problems.map((p) => [p.line, p.reason]),
    [
      [3, '无权写入这条数据流'],
      [4, '没有这条数据流'],
      [5, '没有这条数据流'],
    ],
  );
});

test('rights and junk: another unit does not see it; what is no table is refused and leaves no row', async (t) => {
  const { ask, upload, key, hub } = await office(t);
  const i = (await upload(table(5))).json() as Import;
  const other = await key('demo.gas');
  assert.equal((await ask('GET', `/api/signals/imports/${i.id}`, undefined, other)).statusCode, 404);
  assert.equal((await ask('POST', `/api/signals/imports/${i.id}/start`, { mapping }, other)).statusCode, 404);
  assert.deepEqual(((await ask('GET', '/api/signals/imports', undefined, other)).json() as { items: unknown[] }).items, []);
  const before = (await hub.sql`select 1 from signal_imports`).length;
  for (const junk of ['', '\n\n', 'one column\n1', Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0, 0, 1, 2]), Buffer.from([0x1f, 0x8b, 1, 2, 3]), `a,"${'x'.repeat(50_000)}`]) {
    const r = await upload(junk);
    assert.ok(r.statusCode >= 400 && r.statusCode < 500, `${r.statusCode} ${r.body.slice(0, 200)}`);
  }
  assert.equal((await hub.sql`select 1 from signal_imports`).length, before);
  for (const [m, what] of [
    [{ ...mapping, time: { column: '没有' } }, /没有列/],
    [{ ...mapping, streams: [] }, /哪一列/],
    [{ ...mapping, zone: 'Asia/Shanghai' }, /时差/],
  ] as const) {
    const r = await ask('POST', `/api/signals/imports/${i.id}/start`, { mapping: m });
    assert.equal(r.statusCode, 400);
    assert.match(r.body, what);
  }
});
