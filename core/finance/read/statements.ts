// Statements of the narrative: who spends or receives what, how it changed, what share it is and why.
import type { Direction, Figure, FundSource, Paragraph, Statement, Topic } from '../model.ts';
import { placeIn } from './narrative.ts';
import { norm, tidy, yearIn } from './text.ts';
import { isFunctionalClass, sourceOf, unnumbered } from './vocabulary.ts';

const figurePattern = /(?<![\d.,A-Za-z-])(\d[\d,]{0,24}(?:\.\d{1,8})?)\s{0,3}(亿元|万元|元(?!\/)|[%％]|个百分点|辆|台\s?[（(]套[)）]|台|个)/g;
const up = '增加|增长|上升|提高|调增|增支|增幅';
const down = '减少|下降|降低|压减|调减|减支|节约|压缩|降幅';
const changeTail = new RegExp(`(${up}|${down})(了|额|额为|预算|数|为|共计|合计|约|各|达|\\s){0,4}$`);
const flat = /(?:与|和|同|较|比)?(?:(上年|去年|上一年|20\d\d\s?年)(?:度)?(?:预算|年初预算|决算)?(?:数)?)?(?:相比)?(?:基本)?(?:保持)?(持平|一致|相同|无变化|没有变化)/;
const compare = /(比|较|与|同)\s?(上年|去年|上一年|20\d\d\s?年|年初预算|全年预算|预算)/;

const directionOf = (word: string): Direction => (new RegExp(`^(${up})`).test(word) ? 'increase' : 'decrease');

interface Context {
  side: 'income' | 'expenditure' | null;
  section: string;
  head: string;
}

function topicOf(subject: string, unit: string, c: Context): { topic: Topic; fund: FundSource | null; path: string[] | null } {
  const t = norm(subject);
  const where = norm(c.head + c.section);
  const general: FundSource | null = /一般公共预算|公共财政预算/.test(t) ? 'general' : /政府性基金/.test(t) ? 'fund' : /国有资本/.test(t) ? 'capital' : null;
  const is = (topic: Topic, fund: FundSource | null = general, path: string[] | null = null) => ({ topic, fund, path });
  const path = /([^()、，,：:；;。]{2,40})\(类\)([^()，,：:；;。]{2,40})\(款\)(?:([^()，,：:；;。]{2,40}(?:\([^()类款项]{1,12}\)[^()，,]{0,20})?)\(项\))?/.exec(t);
  if (path)
    return is(
      'functional',
      'general',
      [path[1]!, path[2]!, path[3]].filter((x): x is string => Boolean(x)).map((x) => x.replace(/^\(?\d{1,2}[).、]?/, '')),
    );
  if (unit.startsWith('辆')) return is('vehicle-count');
  if (unit.startsWith('台')) return is('equipment-count');
  if (unit === '个') return /项目/.test(t) && /绩效/.test(where + t) ? is('covered-projects') : is('other');
  if (/采购/.test(t) || (/采购/.test(norm(c.head)) && /货物|工程|服务|预算总额|^$/.test(t)))
    return is(/货物/.test(t) ? 'procurement-goods' : /工程/.test(t) ? 'procurement-works' : /服务/.test(t) && !/服务中心|服务局/.test(t) ? 'procurement-services' : 'procurement');
  if (/绩效/.test(norm(c.head)) && /(涉及|拨款|金额|资金|预算)/.test(t)) return is('covered-by-targets');
  if (/运行经费/.test(t) && !/用车/.test(t)) return is('operating-cost');
  if (/出国|出境|\(境\)/.test(t)) return is('abroad');
  if (/公务接待|接待费/.test(t)) return is('reception');
  if (/用车|车辆/.test(t)) {
    if (/购置(及|和|与)运行/.test(t)) return is('vehicles');
    if (/运行|维护/.test(t)) return is('vehicle-running');
    if (/购置/.test(t)) return is('vehicle-purchase');
  }
  if (/三公/.test(t)) return is('three-public');
  if (/会议费/.test(t)) return is('meeting');
  if (/培训费/.test(t)) return is('training');
  if (/人员经费/.test(t)) return is('personnel');
  if (/公用经费/.test(t)) return is('public');
  if (/基本支出/.test(t)) return is('basic');
  if (/项目支出/.test(t)) return is('project');
  const plain = unnumbered(t).replace(/(预算|决算|年初预算|年初)(数|为)?$/, '');
  if (isFunctionalClass(plain)) return is('functional', null, [plain]);
  if (c.side === 'income' && sourceOf(plain) && !/财政拨款收入$/.test(plain)) return is('source', sourceOf(plain));
  if (/政府性基金/.test(t)) return is(/收入/.test(t) ? 'government-fund-income' : 'government-fund', 'fund');
  if (/国有资本/.test(t)) return is(/收入/.test(t) ? 'state-capital-income' : 'state-capital', 'capital');
  if (/财政拨款(总)?收入|财政拨款收、?支/.test(t)) return is('appropriation-income');
  if (/财政拨款(总)?支出/.test(t)) return is('appropriation-expenditure');
  if (/机关运行/.test(norm(c.head))) return /^$|预算|经费|支出/.test(plain) ? is('operating-cost') : is('other');
  if (/^(一般公共预算)(财政)?(拨款|资金)(收入)?$/.test(plain)) return is('source', 'general');
  if (/项目$|项目费|工作经费$/.test(plain) && plain.length > 4) return is('named-project');
  if (/收入|收、支|收支/.test(plain) && /^(本年|总|年初|当年|全年|预算|部门|单位|收|20\d\d)/.test(plain)) return is('income-total');
  if (/支出/.test(plain) && /^(本年|总|年初|当年|全年|预算|部门|单位|支出|20\d\d)/.test(plain)) return is('expenditure-total');
  if (/^(总)?收入(总计|合计|预算|决算)?$/.test(plain)) return is('income-total');
  if (plain === '' || /^(年初|本年|当年|全年)?(预算|决算)?(数|总额)?$/.test(plain))
    return c.side === 'income' ? is('income-total') : c.side === 'expenditure' ? is('expenditure-total') : is('other');
  return is('other');
}

/** The subject of a figure: the words before it without year, numbering, connecting words. */
function subjectOf(lead: string): string {
  let t = lead;
  const cut = Math.max(t.lastIndexOf('，'), t.lastIndexOf('；'), t.lastIndexOf('：'), t.lastIndexOf(':'), t.lastIndexOf('。'), t.lastIndexOf(','));
  if (cut >= 0) t = t.slice(cut + 1);
  t = t.replace(/^[\s、（(）)]+/, '').replace(/^(其中|主要原因是|主要是|主要系|主要|导致|包括|分别为)\s?[:：,，]?/, '');
  t = t.replace(/^.{0,40}(导致|使得|造成)(?=.{2,16}$)/, '');
  t = t.replace(/20\d\d\s?年(度)?/g, ' ').replace(/^[\s）)]*[（(]?[\d一二三四五六七八九十]{1,2}[)）.、]\s?/, '');
  t = t.replace(/\s?(为|共计|合计|总额|共|约|达到|安排|约为|预算数|决算数|预算数为)\s*$/, '').replace(/年初\s*$/, '');
  return tidy(t);
}

const skipSection = /名词|术语|解释|职能|职责/;

/** Statements of all paragraphs in order. `year` is the document's; a comparison with 上年 has the year before as base. */
export function statementsOf(paragraphs: Paragraph[], year: number | null): Statement[] {
  const out: Statement[] = [];
  let headline = '';
  paragraphs.forEach((p, index) => {
    if (p.heading) headline = p.text;
    if (p.heading || (p.section && skipSection.test(p.section)) || (skipSection.test(headline.slice(0, 20)) && !/[：:。]/.test(p.text.slice(0, 20))) || p.text.length > 20_000)
      return;
    readParagraph(p, index, headline, year, out);
  });
  return out;
}

function readParagraph(p: Paragraph, index: number, headline: string, year: number | null, out: Statement[]): void {
  const text = p.text;
  const first = text.search(/[：:。]/);
  const heads = first > 0 && first <= 24 && !/\d\s?(万元|亿元|元|辆|个)/.test(text.slice(0, first));
  const head = heads ? text.slice(0, first) : /[(（\d]/.test(headline.slice(0, 2)) ? headline : '';
  const h = norm(head);
  const context: Context = { side: /收入/.test(h) && !/支/.test(h) ? 'income' : /支出/.test(h) && !/收/.test(h) ? 'expenditure' : null, section: p.section ?? '', head };
  const start = heads && !/\d{2,}/.test(head.replace(/20\d\d/g, '')) ? first + 1 : 0;
  let current: number | null = null;
  let top: number | null = null;
  let container: number | null = null;
  let fundScope: FundSource | null = null;
  let reasonOf: number | null = null;
  let pending: { names: string[]; direction: Direction; base: number | null } | null = null;
  let from = start;
  const figureAt = (m: RegExpExecArray): Figure => ({ value: m[1]!.replace(/,/g, '').replace(/^0+(?=\d)/, ''), unit: norm(m[2]!), place: placeIn(p, m.index), text: m[0] });

  const make = (subject: string, unit: string, at: number, end: number): Statement => {
    const whole = container === null ? null : out[container]!.topic;
    const side =
      context.side ??
      (whole === 'income-total' || whole === 'appropriation-income' ? 'income' : whole === 'expenditure-total' || whole === 'appropriation-expenditure' ? 'expenditure' : null);
    const { topic, fund, path } = topicOf(subject, unit, subject === '' ? context : { ...context, side });
    return {
      topic,
      subject: subject || head.replace(/^[(（\d一二三四五六七八九十.、]+[)）]?/, ''),
      path,
      fund: fund ?? fundScope,
      year,
      amount: null,
      direction: null,
      change: null,
      percent: null,
      share: null,
      baseYear: null,
      reason: null,
      within: container,
      changeOnly: false,
      paragraph: index,
      text: tidy(text.slice(at, end)),
      place: placeIn(p, end - 1),
    };
  };
  const baseOf = (words: string): number | null => {
    const m = compare.exec(words);
    if (!m) return null;
    if (/年初预算|全年预算|^预算/.test(m[2]!)) return null;
    return yearIn(m[2]!) ?? (year === null ? null : year - 1);
  };
  /** Text between figures: sentence ends, 其中, reasons, 持平. */
  const between = (words: string, offset: number) => {
    const still = flat.exec(words);
    if (still && current !== null) {
      const s = out[current]!;
      if (s.direction === null) {
        s.direction = 'flat';
        s.baseYear = (still[1] ? yearIn(still[1]) : null) ?? (year === null ? null : year - 1);
      }
    }
    for (const m of words.matchAll(/主要原因是|主要原因|主要系|主要是|原因是/g)) {
      if (current === null || reasonOf !== null) break;
      const tail = text.slice(offset + m.index + m[0].length);
      const stop = tail.search(/[；。;]|，其中|，主要用于|,其中/);
      out[current]!.reason ??= tidy((stop >= 0 ? tail.slice(0, stop) : tail).replace(/^[：:为，,]/, '')) || null;
      reasonOf = current;
    }
    if (/[；。;]/.test(words)) reasonOf = null;
    const stop = words.lastIndexOf('。');
    if (stop >= 0) {
      container = null;
      fundScope = null;
    }
    const part = words.lastIndexOf('其中');
    if (part >= 0 && part > stop) container = current !== null && out[current]!.within === null ? current : (top ?? current);
    else if (/[（(]\s*$|[（(][^）)]*$/.test(words) && !/[)）]/.test(words.slice(words.search(/[（(]/))) && current !== null && /^[（(]/.test(words.trim())) container = current;
  };

  const matches = [...text.matchAll(figurePattern)] as RegExpExecArray[];
  for (const m of matches) {
    if (m.index < start) continue;
    const lead = text.slice(from, m.index);
    const at = from;
    between(lead, from);
    from = m.index + m[0].length;
    const f = figureAt(m);
    const tail = lead.slice(Math.max(lead.lastIndexOf('。'), lead.lastIndexOf('；')) + 1);
    if (pending && /^\s*[、和及]\s*$/.test(lead)) {
      const s = make(pending.names.shift() ?? '', f.unit, at, from);
      Object.assign(s, { topic: 'named-project', change: f, direction: pending.direction, baseYear: pending.base, changeOnly: true, within: reasonOf ?? container });
      out.push(s);
      continue;
    }
    pending = null;
    const words = tail.replace(/\s+$/, '');
    if (/(单位价值|单价|价值)$/.test(words)) continue;
    if (f.unit === '%' || f.unit === '个百分点') {
      const s = current === null ? null : out[current]!;
      if (!s || f.unit === '个百分点') continue;
      const m2 = new RegExp(`(${up}|${down})`).exec(words.slice(-12));
      if (/占/.test(words.slice(-14)) && !m2) s.share ??= f;
      else if (m2) {
        if (s.percent === null) s.percent = f;
        s.direction ??= directionOf(m2[1]!);
      }
      continue;
    }
    const changed = changeTail.exec(words) ?? /(增加\s?[（(]\s?减少\s?[)）]|减少\s?[（(]\s?增加\s?[)）])\s*$/.exec(words);
    if (changed) {
      const direction = /[（(]/.test(changed[1]!) ? null : directionOf(changed[1]!);
      const clause = words.slice(Math.max(words.lastIndexOf('，'), words.lastIndexOf('：'), words.lastIndexOf(':'), words.lastIndexOf(',')) + 1);
      const each = /分别/.test(clause);
      const c = compare.exec(clause);
      let subject = subjectOf(clause.slice(0, c ? c.index : clause.search(new RegExp(`(${up}|${down})`))).replace(/分别|零星|共计|等$/g, ''));
      if (/相比$/.test(subject) || /^(与|同|比|较)$/.test(subject)) subject = '';
      if (each) {
        const names = subject.split('、');
        pending = { names: names.slice(1), direction: direction ?? 'increase', base: baseOf(words) };
        const s = make(names[0] ?? '', f.unit, at, from);
        Object.assign(s, { topic: 'named-project', change: f, direction, baseYear: baseOf(words), changeOnly: true, within: reasonOf ?? container });
        out.push(s);
        continue;
      }
      const target = current === null ? null : out[current]!;
      if (target && subject === '' && reasonOf === null && target.change === null) {
        target.change = f;
        target.direction = direction;
        target.baseYear = baseOf(words) ?? (/(年初|全年)预算/.test(words) ? null : year === null ? null : year - 1);
        target.text = tidy(text.slice(Math.max(start, text.indexOf(target.text) >= 0 ? text.indexOf(target.text) : at), from));
        continue;
      }
      const s = make(subject, f.unit, at, from);
      if (s.topic === 'other' && subject === '' && target) Object.assign(s, { topic: target.topic, subject: target.subject, path: target.path, fund: target.fund });
      Object.assign(s, { change: f, direction, changeOnly: true, baseYear: baseOf(words) ?? (reasonOf !== null ? out[reasonOf]!.baseYear : null), within: reasonOf });
      // 收入较上年减少 … : the total itself, told again with its change.
      const twin =
        reasonOf === null
          ? out.findLastIndex(
              (o) => o.paragraph === index && o.topic === s.topic && o.within === null && o.change === null && !o.changeOnly && s.topic !== 'other' && o.topic !== 'functional',
            )
          : -1;
      if (twin >= 0 && (s.topic === 'income-total' || s.topic === 'expenditure-total') && out[twin]!.change === null) {
        Object.assign(out[twin]!, { change: f, direction, baseYear: s.baseYear });
        if (/收、?支/.test(subject)) {
          const other = out.findLast((o) => o.paragraph === index && o.topic === 'expenditure-total' && o.within === null && o.change === null && !o.changeOnly);
          if (other) Object.assign(other, { change: f, direction, baseYear: s.baseYear });
        }
        current = twin;
        continue;
      }
      out.push(s);
      if (reasonOf === null) current = out.length - 1;
      continue;
    }
    const subject = subjectOf(words);
    const s = make(subject, f.unit, at, from);
    s.amount = f;
    if (reasonOf !== null && s.topic === 'other') s.within = reasonOf;
    if (s.topic.startsWith('procurement') && s.topic !== 'procurement' && s.within === null) s.within = top;
    const own = yearIn(words.slice(-40));
    if (own !== null && !/截[至止]/.test(words)) s.year = own;
    if (/截[至止]/.test(words)) s.year = yearIn(words) ?? year;
    out.push(s);
    current = out.length - 1;
    if (s.topic === 'procurement' && s.within !== null) {
      container = current;
      fundScope = s.fund;
    }
    if (s.within === null) top = current;
  }
  const rest = text.slice(from);
  between(rest, from);
  // 无使用政府性基金预算拨款安排的支出: a statement of nothing.
  for (const m of text.matchAll(/(无|没有|未)(使用|安排)?[^。；，]{0,10}(政府性基金|国有资本经营)[^。；，]{0,24}(支出|收支|拨款)/g)) {
    const s = make(m[3]!, '万元', m.index, m.index + m[0].length);
    const place = placeIn(p, m.index);
    Object.assign(s, {
      topic: m[3] === '政府性基金' ? 'government-fund' : 'state-capital',
      fund: m[3] === '政府性基金' ? 'fund' : 'capital',
      within: null,
      place,
      amount: { value: '0', unit: '万元', place, text: m[0] },
    });
    const after = text.slice(m.index + m[0].length, m.index + m[0].length + 24);
    if (flat.test(after)) Object.assign(s, { direction: 'flat', baseYear: year === null ? null : year - 1 });
    out.push(s);
  }
}
