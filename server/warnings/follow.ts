// What warnings hear: every stored group after its commit, values of indicators, time, timers; and what they start and leave at the end.
import { scopeOf } from '#core/people/roles.ts';
import { createDetector } from '#core/signals/detect.ts';
import { follow } from '../platform/facts.ts';
import { addCheck } from '../platform/health.ts';
import { loop } from '../platform/loop.ts';
import { counter, gauge } from '../platform/metrics.ts';
import { indicatorsOf } from '../indicators/service.ts';
import { signalsOf } from '../signals/service.ts';
import type { System } from '../main.ts';
import { onCapTimer, serveCap } from './cap-in.ts';
import { onTimer, visibleIds, warningsOf } from './service.ts';
import { deliverWebhook, publishFacts } from './webhooks.ts';

const SNAPSHOT_MS = 60_000;

export async function installWarnings(system: System): Promise<void> {
  const { hub } = system;
  const w = warningsOf(hub);
  w.detector = createDetector;
  system.timers.on('warning.', onTimer);
  system.timers.on('warning.cap-', onCapTimer);
  await serveCap(system.app, hub);
  system.live.show('warning', 'warning.read', (h, actor, realm, ids) => visibleIds(h.sql, realm, ids, scopeOf(actor, 'warning.read')));
  system.outbox.on('webhook', deliverWebhook(hub));
  indicatorsOf(hub).onValues((tx, realm, at, changed) => w.indicatorValues(tx, realm, at, changed));
  const signals = signalsOf(hub);
  const judged = counter('chengshu_readings_judged_total', '已判断的读数');
  const idOf = (place: number): string => signals.registry.rows[place]!.id;
  signals.ingest.onColumns((parts) => {
    for (const c of parts) {
      for (let i = 0; i < c.n; i++) {
        const kind = c.kind[i]!;
        // Texts and JSON have no lines; readings marked bad prove that the device lives, not what it says.
        const bad = c.quality[i]! >= 2 || kind === 1 || kind === 3 || kind === 4;
        w.feedAt(c.stream[i]!, idOf, Math.trunc(c.at[i]!), bad ? null : c.num[i]!);
      }
      judged.inc(c.n);
    }
    hub.wake('readings');
  });
  system.onStart(async () => {
    const { replayed } = await w.start();
    if (replayed) hub.log.info('warnings caught up', { replayed });
    let looked = 0;
    let saved = Date.now();
    loop(
      hub,
      'warnings',
      250,
      async () => {
        const now = Date.now();
        if (now - looked > 2000) {
          looked = now;
          await w.refresh();
          await w.tick();
          gauge('chengshu_warning_changes_waiting', '待写入的预警变化').set(w.pending);
        }
        await w.flush();
        if (now - saved > SNAPSHOT_MS) {
          saved = now;
          await w.snapshot();
        }
        return false;
      },
      'readings',
    );
    await follow(hub, 'webhooks', { kinds: ['warning.', 'case.', 'indicator.', 'record.'], handle: publishFacts });
    addCheck('warnings', async () => ({ ok: w.pending < 20_000, detail: `${w.engine.size} 个规则状态，${w.pending} 条变化待写入` }));
    // Registered last, so that it runs while the pool is still open.
    hub.onClose(() => w.snapshot(true).catch(() => {}));
  });
}
