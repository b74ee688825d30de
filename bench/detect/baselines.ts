// Plain detectors to compare with, written from their published descriptions: windowed Gaussian, EWMA, seasonal ESD-like, relative entropy, random.
import { Rng } from './series.ts';

export interface Scorer {
  push(t: number, v: number | null): number;
}
/** Upper tail of the normal distribution on both sides, as 1 − p: the form the benchmark's windowed Gaussian has. */
function surprise(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const k = 1 / (1 + 0.3275911 * x);
  const erfc = ((((1.061405429 * k - 1.453152027) * k + 1.421413741) * k - 0.284496736) * k + 0.254829592) * k * Math.exp(-x * x);
  // Spread over the last orders of magnitude, so that thresholds can tell them apart: 0.5 is p = 1e-5.
  return Math.min(1, -Math.log10(Math.max(erfc, 1e-10)) / 10);
}
/** Mean and variance of the last 6400 values, renewed every 40 (sizes of the published baseline). */
export function windowedGaussian(): Scorer {
  const window: number[] = [];
  let mean = 0;
  let sd = 1;
  let k = 0;
  return {
    push(_t, v) {
      if (v === null) return 0;
      const score = window.length > 20 ? surprise((v - mean) / sd) : 0;
      window.push(v);
      if (window.length > 6400) window.shift();
      if (k++ % 40 === 0 || window.length < 40) {
        mean = window.reduce((a, b) => a + b, 0) / window.length;
        sd = Math.sqrt(window.reduce((a, b) => a + (b - mean) ** 2, 0) / window.length) || 1e-6;
      }
      return score;
    },
  };
}
/** Residual from an exponentially weighted mean over its own weighted deviation. */
export function ewma(alpha = 0.05): Scorer {
  let m = NaN;
  let s = 0;
  let n = 0;
  return {
    push(_t, v) {
      if (v === null) return 0;
      if (n++ === 0) m = v;
      const e = v - m;
      const score = n > 30 ? surprise(e / (Math.sqrt(s) || 1e-6)) : 0;
      m += alpha * e;
      s += Math.max(alpha / 5, 1 / n) * (e * e - s);
      return score;
    },
  };
}
/** Median and MAD of the residuals from the mean of the same time of day, over the last 2000 rows: the idea of seasonal ESD, made causal. */
export function seasonalEsd(): Scorer {
  const profile = new Map<number, { m: number; n: number }>();
  const window: number[] = [];
  let med = 0;
  let mad = 1;
  let k = 0;
  return {
    push(t, v) {
      if (v === null) return 0;
      const b = Math.floor((t % 86_400_000) / 1_800_000);
      let p = profile.get(b);
      if (!p) profile.set(b, (p = { m: v, n: 0 }));
      const e = v - p.m;
      const score = window.length > 50 ? surprise((e - med) / mad) : 0;
      p.n++;
      p.m += Math.max(0.02, 1 / p.n) * e;
      window.push(e);
      if (window.length > 2000) window.shift();
      if (k++ % 50 === 0) {
        const at = (a: number[]) => a.toSorted((x, y) => x - y)[Math.floor(a.length / 2)]!;
        med = at(window);
        mad = 1.4826 * at(window.map((x) => Math.abs(x - med))) || 1e-6;
      }
      return score;
    },
  };
}
/** Distribution of the last 52 values in 5 bins against the distributions accepted before (Wang et al. 2011); chi-square at the level 0.01. */
export function relativeEntropy(): Scorer {
  const window: number[] = [];
  const known: { p: number[]; c: number }[] = [];
  let lo = Infinity;
  let hi = -Infinity;
  return {
    push(_t, v) {
      if (v === null) return 0;
      lo = Math.min(lo, v);
      hi = Math.max(hi, v);
      window.push(v);
      if (window.length > 52) window.shift();
      if (window.length < 52 || hi <= lo) return 0;
      const p = [0, 0, 0, 0, 0];
      for (const x of window) p[Math.min(4, Math.floor(((x - lo) / (hi - lo)) * 5))]! += 1 / 52;
      let best = Infinity;
      let which: (typeof known)[number] | undefined;
      for (const h of known) {
        let d = 0;
        for (let i = 0; i < 5; i++) if (p[i]! > 0) d += p[i]! * Math.log(p[i]! / Math.max(h.p[i]!, 1e-3));
        if (d < best) {
          best = d;
          which = h;
        }
      }
      const stat = 2 * 52 * best;
      if (!which || stat > 13.28) {
        const fresh = !known.length;
        known.push({ p, c: 1 });
        if (known.length > 60) known.shift();
        return fresh ? 0 : Math.min(1, 0.5 + stat / 400);
      }
      which.c++;
      return which.c <= 2 ? 0.3 : 0;
    },
  };
}
export function random(): Scorer {
  const r = new Rng(7);
  return { push: () => r.u() ** 400 };
}
export const baselines: Record<string, () => Scorer> = { windowedGaussian, ewma, seasonalEsd, relativeEntropy, random };
