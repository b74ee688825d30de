// A risk point's inspections come from the ledger: entered, corrected, voided; never for another unit's point; the next is due from the last.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstStart } from '../first-start.ts';
import { compose } from '../main.ts';
import { actAs, setClock, testHub } from '../platform/testing.ts';
import { amendRecord, createRecord, voidRecord } from '../records/service.ts';
import { followInspections, inspections } from './inspections.ts';
import { putRiskPoint, riskPoints } from './service.ts';
import type { Fact } from '#core/fact.ts';

test('entries of the inspection ledger move the day a risk point was last seen and is due again', async (t) => {
  const hub = await testHub(t);
  await setClock(hub, '2026-03-20T10:00:00+08:00', 0);
  await firstStart(hub, () => {});
  await compose(hub);
  const point = await hub.command(hub.system('test'), (work) =>
    putRiskPoint(
      work,
      {
        type: 'ponding-spot',
        name: '演示下穿道',
        unit: 'demo.urban',
        level: 2,
        lon: 106.3,
        lat: 29.45,
        address: null,
        attributes: {},
        responsible: { district: '区级岗位', town: '镇街岗位', keeper: '养护岗位' },
        things: [],
        status: 'active',
        inspectedOn: '2026-03-01',
      },
      ['demo'],
    ),
  );
  const own = await actAs(hub, 'handler', 'demo.urban');
  const other = await actAs(hub, 'handler', 'demo.waterworks');
  let seen = '0';
  const follow = async (): Promise<void> => {
    const facts = await hub.sql<
      Fact[]
    >`select position::text, kind, subject, unit, by, at, data from facts where position > ${seen}::bigint and kind like 'record.%' order by position`;
    seen = facts.at(-1)?.position ?? seen;
    await hub.command(hub.system('test'), (work) => followInspections(work, facts));
    // Told again, nothing changes.
    await hub.command(hub.system('test'), (work) => followInspections(work, facts));
  };
  const now = async () => {
    const p = (await riskPoints(hub, { realm: 'live', scope: ['demo'], after: '', limit: 100 })).items.find((x) => x.id === point.id)!;
    return [p.inspectedOn, p.inspectionDueOn];
  };
  const enter = (actor: typeof own, on: string) =>
    hub.command({ actor, realm: 'live' }, (work) =>
      createRecord(work, { ledger: 'risk-inspection', unit: actor.unit.path, data: { on, point: point.id, name: point.name, found: 1 } }),
    );

  assert.deepEqual(await now(), ['2026-03-01', '2026-03-08']);
  const first = await enter(own, '2026-03-15');
  await follow();
  assert.deepEqual(await now(), ['2026-03-15', '2026-03-22']);
  // An older one entered late does not move it back; another unit's entry does not count.
  await enter(own, '2026-03-10');
  await enter(other, '2026-03-19');
  await follow();
  assert.deepEqual(await now(), ['2026-03-15', '2026-03-22']);
  await hub.command({ actor: own, realm: 'live' }, (work) =>
    amendRecord(work, first.id, 1, { data: { on: '2026-03-14', point: point.id, name: point.name, found: 0 }, reason: '日期写错' }),
  );
  await follow();
  assert.deepEqual(await now(), ['2026-03-14', '2026-03-21']);
  await hub.command({ actor: own, realm: 'live' }, (work) => voidRecord(work, first.id, 2, '没有去'));
  await follow();
  assert.deepEqual(await now(), ['2026-03-10', '2026-03-17']);
  const said = await inspections(hub, point.id, ['demo.urban']);
  assert.deepEqual(
    said.map((i) => [i.on, i.found, i.void]),
    [
      ['2026-03-14', 0, true],
      ['2026-03-10', 1, false],
    ],
  );
  await assert.rejects(inspections(hub, point.id, ['demo.waterworks']), (e: { code?: string }) => e.code === 'not-found');
});
