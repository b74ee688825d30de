// Sentences about figures: amount, change on last year, percentage, direction, share, reason. Text cannot disagree with the tables it is made from.
import { printed } from './table.ts';
import type { Produce } from './input.ts';

/** Something that still has to be written by a person. */
export interface ToFill {
  /** Where in the input: /reasons/basic, /duties … */
  pointer: string;
  message: string;
}

/** Writes clauses in the money unit of one disclosure and collects reasons that are missing. */
export class Speaker {
  readonly p: Produce;
  readonly toFill: ToFill[] = [];
  /** Leaves a visible mark where a reason is missing (a draft); otherwise the reason is left out and listed. */
  readonly draft: boolean;
  constructor(p: Produce, draft: boolean) {
    this.p = p;
    this.draft = draft;
  }
  money(fen: number): string {
    return `${printed(fen, this.p.moneyUnit)}${this.p.moneyUnit}`;
  }
  /** Percentage of a ratio: one decimal, more where one would show 0.0. */
  percent(part: number, base: number): string {
    const exact = (100 * Math.abs(part)) / Math.abs(base);
    if (exact === 0) return '0%';
    let decimals = 1;
    while (decimals < 4 && exact < 0.5 * 10 ** -decimals) decimals += 1;
    return `${exact.toFixed(decimals)}%`;
  }
  /** ，占8.4% — nothing when the whole is zero. */
  share(part: number, whole: number): string {
    return whole > 0 ? `，占${this.percent(part, whole)}` : '';
  }
  /**
   * 比2024年增加82.10万元，增长5.2% / 与2024年持平. Without a base (上年为零) no percentage is written.
   * `null` for the prior amount writes nothing.
   */
  change(now: number, prior: number | null, percent = true): string {
    if (prior === null) return '';
    const year = this.p.year - 1;
    if (now === prior) return `，与${year}年持平`;
    const up = now > prior;
    const rate = percent && prior > 0 ? `，${up ? '增长' : '下降'}${this.percent(now - prior, prior)}` : '';
    return `，比${year}年${up ? '增加' : '减少'}${this.money(Math.abs(now - prior))}${rate}`;
  }
  /** ，主要原因是… for a change; a missing reason is listed (and marked in a draft). */
  reason(pointer: string, reason: string | undefined, now: number, prior: number | null, what: string): string {
    if (prior === null || now === prior) return '';
    if (reason) return `，主要原因是${reason.replace(/[。；;.]+$/, '')}`;
    this.toFill.push({ pointer, message: `${what}比上年${now > prior ? '增加' : '减少'}${this.money(Math.abs(now - prior))}的原因没有填写` });
    return this.draft ? '，主要原因是（待补充）' : '';
  }
}
