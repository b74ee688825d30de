// What statements mean before they are compared: paths with brackets, 年初预算 beside 决算 in final accounts, bare 支出决算为….
import type { Disclosure, Statement } from '../model.ts';

const norm = (t: string) => t.normalize('NFKC').replace(/\s/g, '');

/** [类, 款, 项] of words that name the levels; names may hold brackets of their own (政府办公厅（室）…). */
export function pathIn(words: string): string[] | null {
  const t = norm(words);
  const at = ['(类)', '(款)', '(项)'].map((w) => t.indexOf(w));
  if (at[0]! <= 0 || at[1]! <= at[0]!) return null;
  const from = Math.max(...['。', ',', ':', ';', '.', '、'].map((c) => t.lastIndexOf(c, at[0]))) + 1;
  const first = t.slice(from, at[0]).replace(/^(\(?[\d一二三四五六七八九十]{1,3}[).、]?)/, '');
  const names = [first, t.slice(at[0]! + 3, at[1])];
  if (at[2]! > at[1]!) names.push(t.slice(at[1]! + 3, at[2]));
  return names.every((n) => n.length > 0 && n.length <= 40) ? names : null;
}

export interface Meaning {
  s: Statement;
  /** The budget figure that a final account quotes beside its own. */
  budget: boolean;
}

const bare = /^((支出|收入)?(决算|决算数|实际支出|支出数|执行数)|(年初|全年|调整|调整后)?预算(数)?|(年初|全年)预算安排)$/;
const budgetEnd = /预算(数|安排)?$/;

/** Statements in order, each with its topic and path made whole. The statements themselves stay as they are. */
export function meanings(d: Disclosure): Meaning[] {
  const final = d.kind === 'final-account';
  const out: Meaning[] = [];
  d.statements.forEach((raw) => {
    let s = raw;
    const subject = norm(raw.subject);
    if (s.topic === 'other' || s.topic === 'functional') {
      const path = pathIn(raw.subject);
      if (path) s = { ...s, path, topic: 'functional', fund: s.fund ?? 'general' };
    }
    // 类、款、项：某年预算数为…: the path stands before the mark.
    if (!final && raw.amount && s.topic === 'other' && out.at(-1)?.s.paragraph !== raw.paragraph) {
      const path = pathIn((d.paragraphs[raw.paragraph]?.text ?? '').slice(0, 200));
      if (path) s = { ...s, path, topic: 'functional', fund: 'general', subject: path.at(-1)! };
    }
    if (final && raw.amount && bare.test(subject)) {
      const paragraph = d.paragraphs[raw.paragraph]?.text ?? '';
      const path = pathIn(paragraph.slice(0, 200));
      const before = out.findLast((m) => m.s.paragraph === raw.paragraph && m.s.amount !== null && m.s.topic !== 'other' && !bare.test(norm(m.s.subject)));
      if (path) s = { ...s, path, topic: 'functional', fund: 'general', subject: path.at(-1)! };
      else if (before)
        s = { ...s, path: before.s.path, topic: before.s.topic, fund: before.s.fund, within: before.s.within, subject: before.s.subject.replace(/(年初|全年)?预算(数)?$/, '') };
      else s = { ...s, topic: 'other' };
    }
    out.push({ s, budget: final && budgetEnd.test(subject) });
  });
  return out;
}
