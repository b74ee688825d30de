// A background loop: runs a step again and again, woken by what it waits for, polling otherwise, never two steps at once.
import type { Hub, Wake } from './hub.ts';

/** After a wake the next step follows this many milliseconds after the last at the earliest: a thousand commits a second are few rounds. */
const GAP_MS = 20;

/**
 * Runs `step` until the hub closes, every `pollMs` and, where `on` names what wakes it, soon after that. `step` gives true when
 * there may be more to do at once. `share` (0…1) is how much of the time it may work: it rests in proportion to how long a step took, so
 * that what people and devices wait for goes first. Failures are logged and retried after a growing pause (at most 10 s).
 */
export function loop(hub: Hub, name: string, pollMs: number, step: () => Promise<boolean>, on?: Wake, share?: () => number): { stop(): Promise<void> } {
  let stopped = false;
  let woken = false;
  let resume: (() => void) | undefined;
  let failures = 0;
  let stopNow: () => void = () => {};
  const unlisten = hub.onWake((what) => {
    if (what !== on) return;
    woken = true;
    resume?.();
  });
  const pause = (ms: number) =>
    new Promise<void>((done) => {
      const t = setTimeout(done, ms);
      resume = () => {
        clearTimeout(t);
        done();
      };
    });
  /** A pause that nothing but the end cuts short. */
  const rest = (ms: number) =>
    new Promise<void>((done) => {
      const t = setTimeout(done, ms);
      stopNow = () => {
        clearTimeout(t);
        done();
      };
    });
  const running = (async () => {
    while (!stopped) {
      woken = false;
      const begun = performance.now();
      let more = false;
      try {
        more = await step();
        failures = 0;
      } catch (error) {
        if (stopped) break;
        failures++;
        hub.log.error(`${name} failed`, { error, failures });
      }
      if (share && !stopped) await rest((performance.now() - begun) * (1 / share() - 1));
      if (stopped || (more && !failures)) continue;
      if (failures) {
        resume = undefined;
        await rest(Math.min(10_000, 100 * 2 ** Math.min(failures, 7)));
      } else {
        if (!woken) await pause(pollMs);
        const early = GAP_MS - (performance.now() - begun);
        if (woken && early > 0 && !stopped) await new Promise((done) => setTimeout(done, early));
      }
      resume = undefined;
    }
  })();
  const stop = async () => {
    stopped = true;
    unlisten();
    resume?.();
    stopNow();
    await running;
  };
  hub.onClose(stop);
  return { stop };
}
