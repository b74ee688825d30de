// What one cell of a target sheet promises: comparison, value and unit out of ≥48次, 不低于95%, 24小时以内, 3-5个.
import type { Nature } from '../model.ts';
import { norm } from './text.ts';

const natureWords: Record<string, Nature> = {
  '≥': '≥',
  '>=': '≥',
  '≧': '≥',
  '=>': '≥',
  '⩾': '≥',
  大于等于: '≥',
  大于或等于: '≥',
  不低于: '≥',
  不得低于: '≥',
  不少于: '≥',
  不小于: '≥',
  至少: '≥',
  '≤': '≤',
  '<=': '≤',
  '≦': '≤',
  '=<': '≤',
  '⩽': '≤',
  小于等于: '≤',
  小于或等于: '≤',
  不高于: '≤',
  不超过: '≤',
  不得超过: '≤',
  不得高于: '≤',
  不多于: '≤',
  不大于: '≤',
  不超: '≤',
  '=': '=',
  '==': '=',
  等于: '=',
  '>': '>',
  大于: '>',
  高于: '>',
  超过: '>',
  多于: '>',
  '<': '<',
  小于: '<',
  低于: '<',
  少于: '<',
  定性: '定性',
  定性指标: '定性',
};
/** ≥ ≤ = > < 定性 in any spelling; null for everything else. */
export const natureOf = (text: string): Nature | null => natureWords[norm(text)] ?? null;

const bounds = Object.keys(natureWords)
  .filter((w) => !w.startsWith('定性'))
  .toSorted((a, b) => b.length - a.length)
  .map((w) => w.replace(/[<>=]/g, '\\$&'))
  .join('|');
const head = new RegExp(`^(${bounds})?(\\d[\\d,]*(?:\\.\\d+)?)(.{0,16})$`);
const control = /^(控制在|达到|达|保持在?|维持在|约)/;
const ending = /(\(含\)以上|及以上|以上|\(含\)以内|以内|之内|及以下|以下|内)$/;
const range = /^(\d{1,9}(?:\.\d{1,4})?)(%?)(?:-|~|～|—|至)(\d{1,9}(?:\.\d{1,4})?)(\D{1,8})$/;

export interface Promised {
  nature: Nature | null;
  value: string;
  unit: string | null;
}

/** ≥48次 → ≥, 48, 次; 95%以上 → ≥, 95, %. Only for one figure with at most a unit after it; a range keeps both its ends. */
export function splitValue(text: string): Promised | null {
  let t = norm(text);
  if (t.length > 40) return null;
  const between = range.exec(t);
  if (between && !/^[年月日号]/.test(between[4]!) && (between[2] === '' || between[4] === '%')) return { nature: null, value: `${between[1]}-${between[3]}`, unit: between[4]! };
  const controlled = control.exec(t);
  if (controlled) t = t.slice(controlled[0].length);
  const m = head.exec(t);
  if (!m) return null;
  let nature = m[1] ? natureWords[m[1]]! : null;
  let unit = m[3]!;
  const end = ending.exec(unit);
  if (end && !nature) {
    nature = /上$/.test(end[1]!) ? '≥' : '≤';
    unit = unit.slice(0, end.index);
  }
  if (controlled && !nature && /^控制/.test(controlled[0])) nature = '≤';
  if (controlled && !nature && /^约/.test(controlled[0])) return null;
  unit = unit.replace(/^\((.*)\)$/, '$1');
  if (/\d|[,，;；。、≥≤=<>]/.test(unit)) return null;
  // A deadline is no amount: 2025年12月底前, 12月底.
  if (/^[年月日号]/.test(unit) && /前|底|末|日|月/.test(unit)) return null;
  return { nature, value: m[2]!.replace(/,/g, ''), unit: unit === '' ? null : unit };
}

/** 指标1：设施完好率 → 设施完好率: the number belongs to the form. */
export const unprefixed = (name: string): string => {
  const m = /^(?:三级)?指标\s{0,2}\d{1,2}\s{0,2}[:：、.．]\s{0,3}/.exec(name);
  return m ? name.slice(m[0].length) : name;
};
