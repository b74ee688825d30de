// What indicators hear: stored readings, facts of cases and records, the passing of time; and the recomputation job.
import { addCheck } from '../platform/health.ts';
import { follow } from '../platform/facts.ts';
import { loop } from '../platform/loop.ts';
import type { System } from '../main.ts';
import { signalsOf } from '../signals/service.ts';
import { followInspections } from './inspections.ts';
import { indicatorsOf, recompute } from './service.ts';
import { READINGS, addCursor, dirtyCount } from './store.ts';

const HEARD = ['case.', 'task.', 'record.', 'survey.', 'warning.', 'pack.', 'thing.', 'unit.', 'indicator.published', 'indicator.defined', 'evaluation.'];

export async function installIndicators(system: System): Promise<void> {
  const { hub } = system;
  const all = indicatorsOf(hub);
  system.jobs.on('indicators.recompute', recompute);
  system.live.show('indicator', 'indicator.read');
  system.live.show('risk-point', 'indicator.read');
  let stale = false;
  system.onStart(async () => {
    await addCursor(hub.sql, READINGS);
    await all.sync().catch((error: unknown) => hub.log.error('indicator sync failed', { error }));
    await follow(hub, 'indicators', {
      kinds: HEARD,
      async handle(work, facts) {
        if (facts.some((f) => /^(pack|thing|unit|indicator)\./.test(f.kind))) {
          // Definitions, units or things changed: the catalogue is read anew after this commit.
          hub.log.info('indicator catalogue changed');
          stale = true;
        }
        await all.followFacts(work.tx, work.realm, facts);
        await followInspections(work, facts);
      },
    });
    let ticked = 0;
    const { ingest } = signalsOf(hub);
    const round = async () => {
      if (stale) {
        stale = false;
        await all.sync();
      }
      if (Date.now() - ticked > 60_000) {
        ticked = Date.now();
        await all.tick();
      }
      const more = await all.followReadings();
      // A pause between rounds lets many readings of one bucket become one computation.
      let computed = false;
      for (let i = 0; i < 5 && (await all.step()); i++) computed = true;
      return more && computed;
    };
    loop(hub, 'indicators', 1000, round, undefined, () => (ingest.pressed ? 0.1 : 0.5));
    addCheck('indicators', async () => {
      const n = await dirtyCount(hub.sql);
      return { ok: n < 200_000, detail: `${n} 个待计算` };
    });
  });
}
