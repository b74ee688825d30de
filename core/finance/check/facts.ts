// Published figures as facts: the same concept wherever it stands, and the equations that must hold between them.
import type { Cell, MoneyUnit, Place, Table } from '../model.ts';
import type { RuleKind } from '../pack.ts';
import { decimal, decimalsOf, fenOf, stepOf, sumTolerance, verdictOf } from '../rounding.ts';
import { type FindingPlace, placeOf } from './report.ts';

export interface Fact {
  /** What the figure is (`E:general:201:basic`); equal concepts must have equal amounts wherever they stand. */
  concept: string;
  fen: number;
  /** Smallest amount the print can express, in fen. */
  step: number;
  unit: MoneyUnit;
  /** Decimal string as published. */
  value: string;
  /** Words saying which figure this is: 表二“合计”总计. */
  label: string;
  place: FindingPlace;
  table: Table | null;
  /** False when the reading itself is uncertain. */
  sure: boolean;
}

export interface Term {
  fact: Fact;
  coef: number;
}

/** An equation Σ coef·figure = 0 between facts, with what it may be off by. */
export interface Equation {
  kind: RuleKind;
  /** The first term is the stated figure (a total, an amount in words); the others must give it. */
  terms: Term[];
  off: number;
  tolerance: number;
  status: 'passed' | 'rounding' | 'failed' | 'undecidable';
  /** Says the failure in one sentence; the default speaks of a total and its parts, or of two figures. */
  say?: (e: Equation) => string;
  /** Why a failure is not an error but undecidable. */
  soft?: string;
  /** Further places that belong to the finding. */
  also?: FindingPlace[];
}

/** Amount in the unit of a fact, for messages. */
export const show = (fen: number, unit: MoneyUnit): string => decimal(fen, unit);

export class Book {
  readonly facts: Fact[] = [];
  readonly equations: Equation[] = [];
  /** Facts by concept. */
  readonly concepts = new Map<string, Fact[]>();
  private readonly decimals = new Map<Table, number>();
  private readonly documentDecimals: Record<MoneyUnit, number>;
  readonly unit: MoneyUnit;
  constructor(unit: MoneyUnit, tables: Table[]) {
    this.unit = unit;
    const most: Record<MoneyUnit, number> = { 元: 0, 万元: 0 };
    for (const t of tables) {
      const u = t.moneyUnit ?? unit;
      let d = 0;
      t.rows.forEach((r) =>
        r.cells.forEach((c, i) => {
          if (c.value !== null && t.columns[i]?.role !== 'growth' && !c.text.includes('%')) d = Math.max(d, Math.min(6, decimalsOf(c.value)));
        }),
      );
      this.decimals.set(t, d);
      most[u] = Math.max(most[u], d);
    }
    this.documentDecimals = most;
  }

  /** Step of a figure in a table: as fine as the table prints, in 万元 at least as fine as the document prints. */
  private tableStep(table: Table): number {
    const u = table.moneyUnit ?? this.unit;
    const d = this.decimals.get(table) ?? 0;
    return stepOf(u, d >= 2 ? d : u === '万元' ? Math.max(d, Math.min(2, this.documentDecimals[u])) : d > 0 ? 2 : 0);
  }

  private push(f: Fact): Fact {
    this.facts.push(f);
    const list = this.concepts.get(f.concept);
    if (list) list.push(f);
    else this.concepts.set(f.concept, [f]);
    return f;
  }

  /** A figure of a table; null when the cell is blank or no figure. */
  cell(concept: string, cell: Cell | null | undefined, table: Table, label: string): Fact | null {
    if (!cell || cell.value === null) return null;
    const unit = table.moneyUnit ?? this.unit;
    const fen = fenOf(cell.value, unit);
    if (fen === null) return null;
    return this.push({
      concept,
      fen,
      step: this.tableStep(table),
      unit,
      value: cell.value,
      label,
      place: placeOf(cell.place, table.id),
      table,
      sure: cell.confidence >= 0.6 && !cell.notes?.includes('undecided'),
    });
  }

  /** A figure of the narrative or of a form's heading. */
  words(concept: string, value: string, unit: MoneyUnit, place: Place, label: string, table: Table | null = null): Fact | null {
    const fen = fenOf(value, unit);
    if (fen === null) return null;
    const d = decimalsOf(value);
    const fine = unit === '万元' ? Math.max(d, Math.min(2, this.documentDecimals[unit] || 2)) : d > 0 ? 2 : this.documentDecimals[unit] > 0 ? 2 : 0;
    return this.push({ concept, fen, step: stepOf(unit, fine), unit, value, label, place: placeOf(place, table?.id ?? null), table, sure: true });
  }

  /** Cells left blank in rows that carry figures: a blank there means nothing was spent. */
  readonly blanks = new Map<string, { cell: Cell; table: Table; label: string }>();
  blank(concept: string, cell: Cell | null | undefined, table: Table, label: string): void {
    if (cell && cell.value === null && !this.blanks.has(concept)) this.blanks.set(concept, { cell, table, label });
  }
  /** The blank cell of a concept read as nothing; only where no figure of the concept is published. */
  zero(concept: string): Fact | null {
    const b = this.blanks.get(concept);
    if (!b || this.concepts.has(concept)) return null;
    return this.push({
      concept,
      fen: 0,
      step: this.tableStep(b.table),
      unit: b.table.moneyUnit ?? this.unit,
      value: '0',
      label: `${b.label}（空白）`,
      place: placeOf(b.cell.place, b.table.id),
      table: b.table,
      sure: !b.cell.notes?.includes('undecided') && b.cell.confidence >= 0.6,
    });
  }

  /**
   * What a published figure would have to be for each failed sum it stands in (fen), so that a rate or a word that only
   * follows from a wrong figure is not reported a second time.
   */
  corrections(fen: number, place: Place): number[] {
    const out: number[] = [];
    for (const e of this.equations)
      if (e.status === 'failed')
        for (const t of e.terms)
          if (t.fact.fen === fen && t.fact.place.file === place.file && t.fact.place.page === place.page && t.fact.place.line === place.line && t.fact.place.row === place.row)
            out.push(fen - e.off / t.coef);
    return out;
  }

  /** First published figure of a concept in a table, else in the narrative. */
  main(concept: string): Fact | null {
    const list = this.concepts.get(concept);
    return list?.find((f) => f.table !== null) ?? list?.[0] ?? null;
  }

  /** Adds Σ = 0 over the terms and judges it. Blank addends are simply left out. */
  equation(kind: RuleKind, terms: Term[], options: Pick<Equation, 'say' | 'soft' | 'also'> = {}): Equation | null {
    if (terms.length === 0) return null;
    let off = 0;
    let step = 1;
    let sure = true;
    for (const t of terms) {
      off += t.coef * t.fact.fen;
      step = Math.max(step, t.fact.step);
      sure &&= t.fact.sure;
    }
    const unit = terms.find((t) => t.fact.step === step)?.fact.unit ?? this.unit;
    const tolerance = sumTolerance(step, unit, terms.length - 1);
    const verdict = verdictOf(off, tolerance);
    const soft = options.soft ?? (sure ? undefined : '有关数字在原文中排版错位，读取不确定');
    const e: Equation = { ...options, kind, terms, off, tolerance, status: verdict === 'failed' && soft ? 'undecidable' : verdict };
    if (soft) e.soft = soft;
    this.equations.push(e);
    return e;
  }

  /** total = Σ parts. */
  sum(kind: RuleKind, total: Fact, parts: (Fact | null)[], options: Pick<Equation, 'say' | 'soft' | 'also'> = {}): Equation | null {
    return this.equation(kind, [{ fact: total, coef: 1 }, ...parts.filter((p) => p !== null).map((fact) => ({ fact, coef: -1 }))], options);
  }

  equal(kind: RuleKind, a: Fact, b: Fact, options: Pick<Equation, 'say' | 'soft' | 'also'> = {}): Equation | null {
    return this.equation(
      kind,
      [
        { fact: a, coef: 1 },
        { fact: b, coef: -1 },
      ],
      options,
    );
  }
}
