// Checks between documents: a department against its units, this year against what last year's document published.
import type { Disclosure } from '../model.ts';
import { decimal } from '../rounding.ts';
import type { Book, Fact } from './facts.ts';
import { type Collector } from './report.ts';

export interface Checked {
  d: Disclosure;
  book: Book;
  out: Collector;
}
const plain = (t: string | null) =>
  (t ?? '')
    .replace(/\s/g, '')
    .replace(/^\d{3,9}[-—]/, '')
    .replace(/^原/, '');
const comparable = /^(E:general:[0-9]+:(total|basic|project)|B:\d+:total|T:now:[a-z-]+|PR:[a-z]+)$/;

/** Every figure of a subordinate unit is part of its department's. */
function parentUnit(parent: Checked, child: Checked): void {
  const over: { f: Fact; p: Fact }[] = [];
  let held = 0;
  for (const concept of child.book.concepts.keys()) {
    if (!comparable.test(concept)) continue;
    const f = child.book.main(concept);
    const p = parent.book.main(concept);
    if (!f?.table || !p?.table) continue;
    if (f.fen > p.fen + Math.max(f.step, p.step)) over.push({ f, p });
    else held += 1;
  }
  child.out.pass('parent-unit', held);
  if (over.length === 0) return;
  const { f, p } = over.toSorted((a, b) => a.f.concept.length - b.f.concept.length)[0]!;
  child.out.add('parent-unit', {
    places: over.map((x) => x.f.place),
    figures: [
      { label: `本单位${f.label}`, value: f.value },
      { label: `主管部门${p.label}`, value: p.value },
    ],
    difference: decimal(f.fen - p.fen, f.unit),
    message: `${f.label}${f.value}${f.unit}，主管部门部门预算的同一数字只有${p.value}${p.unit}，下属单位不应大于部门${over.length > 1 ? `（另有${over.length - 1}个科目相同情形）` : ''}。`,
  });
}

/** Last year's column of this document against the figures last year's document published. */
function priorDocument(now: Checked, before: Checked): void {
  for (const concept of now.book.concepts.keys()) {
    const source = concept.startsWith('T:prior:') ? concept.replace('T:prior:', 'T:now:') : /^E:general:\d+:prior$/.test(concept) ? concept.replace(/prior$/, 'total') : null;
    if (!source) continue;
    const a = now.book.main(concept);
    const b = before.book.main(source);
    if (!a?.table || !b?.table) continue;
    const off = a.fen - b.fen;
    const step = Math.max(a.step, b.step);
    if (off === 0) now.out.pass('prior-document');
    else if (Math.abs(off) <= (step > 1 ? step : 0)) now.out.count('prior-document', 'rounding');
    else
      now.out.add('prior-document', {
        places: [a.place],
        figures: [
          { label: a.label, value: a.value },
          { label: `上年公布${b.label}`, value: b.value },
        ],
        difference: decimal(Math.abs(off), a.unit),
        message: `${a.label}上年数${a.value}${a.unit}，上年度公布的预算为${b.value}${b.unit}，相差${decimal(Math.abs(off), a.unit)}${a.unit}。`,
      });
  }
}

export function checkDocuments(all: Checked[]): void {
  for (const child of all) {
    for (const other of all) {
      if (child === other || child.d.kind !== other.d.kind) continue;
      const name = plain(other.d.unit);
      if (
        child.d.year !== null &&
        child.d.year === other.d.year &&
        name !== '' &&
        plain(child.d.department) === name &&
        plain(child.d.unit) !== name &&
        (child.d.unitCode === null || child.d.unitCode !== other.d.unitCode)
      )
        parentUnit(other, child);
      if (child.d.year !== null && other.d.year === child.d.year - 1 && name !== '' && plain(child.d.unit) === name) priorDocument(child, other);
    }
  }
}
