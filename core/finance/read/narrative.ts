// The narrative as paragraphs: wrapped lines joined, headings and sections told apart, every character still knowing its line.
import type { Paragraph, Place, Unread } from '../model.ts';
import type { Line } from './stream.ts';
import { glue, norm } from './text.ts';

export { statementsOf } from './statements.ts';

const numbered = /^(第[一二三四五六七八九十]{1,2}部分|[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十]{1,3}[)）]|\d{1,2}[.、．](?!\d)|[(（]\d{1,2}[)）])/;
const spans = new WeakMap<Paragraph, { start: number; place: Place }[]>();

/** Place of the line that holds the character at `offset` of a paragraph. */
export function placeIn(paragraph: Paragraph, offset: number): Place {
  return spans.get(paragraph)?.findLast((s) => s.start <= offset)?.place ?? paragraph.place;
}

/** Joins wrapped lines to paragraphs. A lone number (a page number, mostly) is reported unread. */
export function paragraphsOf(lines: Line[], unread: Unread[]): Paragraph[] {
  const out: Paragraph[] = [];
  let section: string | null = null;
  let open = false;
  for (const line of lines) {
    const t = norm(line.text);
    if (/^[-—]?\d{1,3}[-—]?$/.test(t)) {
      unread.push({ text: line.text, reason: '单独的数字，可能是页码', place: line.place });
      continue;
    }
    const main = /^(第[一二三四五六七八九十]{1,2}部分|[一二三四五六七八九十]{1,3}、)/.test(t);
    // A path of names （类）（款）（项） without its sentence is a wrapped line, never a heading.
    const heading = numbered.test(t) && t.length <= 40 && !/[。，；]/.test(t) && !/\d{2,}[.\d]*(万元|元)/.test(t) && !/[（(]类[）)].+[（(]款/.test(t);
    const last = out.at(-1);
    // No paragraph is that long: what goes on beyond it is a new one, so that the time stays in proportion.
    if (open && last && last.text.length < 20_000 && !numbered.test(t)) {
      // A figure broken at the end of a line goes on in the next.
      const tail = last.text.slice(-24);
      const joined = /^[\d.,]/.test(line.text) && /\d[\d.,]{0,23}$/.test(tail) && !/20\d\d$/.test(tail) ? last.text + line.text : glue(last.text, line.text);
      spans.get(last)!.push({ start: joined.length - line.text.length, place: line.place });
      last.text = joined;
      last.heading = false;
    } else {
      if (main && heading) section = line.text;
      const p: Paragraph = { text: line.text, section, heading, place: line.place };
      spans.set(p, [{ start: 0, place: line.place }]);
      out.push(p);
    }
    open = !heading && (/其中[:：]?$/.test(t) || !/[。：:；;！!]$/.test(t)) && t.length > 12;
  }
  return out;
}
