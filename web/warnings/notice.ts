// How a red warning is noticed: the tab's title until somebody acknowledges, one sound for each, never again for the same.
import { useEffect, useRef } from 'react';

const KEY = 'chengshu.warning-sound';
export const soundOn = (): boolean => localStorage.getItem(KEY) !== 'off';
export const setSound = (on: boolean): void => localStorage.setItem(KEY, on ? 'on' : 'off');

/** Two short tones; silent where the browser does not let a page sound before its first press. */
function ring(): void {
  try {
    const audio = new AudioContext();
    for (const [i, pitch] of [880, 660].entries()) {
      const tone = audio.createOscillator();
      const loud = audio.createGain();
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.18, audio.currentTime + i * 0.28);
      loud.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + i * 0.28 + 0.25);
      tone.connect(loud).connect(audio.destination);
      tone.start(audio.currentTime + i * 0.28);
      tone.stop(audio.currentTime + i * 0.28 + 0.26);
    }
    setTimeout(() => void audio.close(), 1200);
  } catch {
    // No sound on this machine: the title still tells.
  }
}

/** At most one sound in this time, however many come at once. */
const PAUSE = 10_000;

/** `red`: ids of the red warnings nobody acknowledged; undefined while not known. Those there when the page opens do not sound. */
export function useNotice(red: readonly string[] | undefined, title: (n: number) => string): void {
  const known = useRef<Set<string>>(undefined);
  const rang = useRef(Number.NEGATIVE_INFINITY);
  const titled = useRef(title);
  titled.current = title;
  useEffect(() => {
    if (!red) return;
    const before = known.current;
    const fresh = before ? red.filter((id) => !before.has(id)) : [];
    known.current = new Set([...(before ?? []), ...red].slice(-1000));
    if (!fresh.length || !soundOn() || performance.now() - rang.current < PAUSE) return;
    rang.current = performance.now();
    ring();
  }, [red]);
  const n = red?.length ?? 0;
  useEffect(() => {
    if (!n) return;
    const plain = document.title;
    let on = false;
    const timer = setInterval(() => {
      on = !on;
      document.title = on ? titled.current(n) : plain;
    }, 1200);
    return () => {
      clearInterval(timer);
      document.title = plain;
    };
  }, [n]);
}
