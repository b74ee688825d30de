// Narrative: paragraphs and the statements in them.
import type { Paragraph, Statement, Unread } from '../model.ts';
import type { Line } from './stream.ts';
import { glue, norm } from './text.ts';

const headings = /^(第[一二三四五六七八九十]{1,2}部分|[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十]{1,3}[)）]|\d{1,2}[.、．](?!\d)|[(（]\d{1,2}[)）])/;

export function paragraphsOf(lines: Line[], unread: Unread[]): Paragraph[] {
  const out: Paragraph[] = [];
  let section: string | null = null;
  let open = false;
  for (const line of lines) {
    const t = norm(line.text);
    if (/^[-—]?\d{1,3}[-—]?$/.test(t)) {
      unread.push({ text: line.text, reason: '单独的数字（页码？）', place: line.place });
      continue;
    }
    const main = /^(第[一二三四五六七八九十]{1,2}部分|[一二三四五六七八九十]{1,3}、)/.test(t);
    const heading = headings.test(t) && t.length <= 40 && !/[。，；]/.test(t) && !/\d{2,}[.\d]*(万元|元)/.test(t);
    if (!open || headings.test(t) || heading) {
      if (main && heading) section = line.text;
      out.push({ text: line.text, section, heading, place: line.place });
    } else {
      const last = out.at(-1)!;
      last.text = glue(last.text, line.text);
      last.heading = false;
    }
    open = !heading && !/[。：:；;！!]$/.test(t) && t.length > 12;
  }
  return out;
}

export function statementsOf(_paragraphs: Paragraph[], _year: number | null): Statement[] {
  return [];
}
