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
  // Parts of procurement set aside or given to some firms, and services bought, are other totals than the procurement budget.
  if (/预留|中小企业|小微|微型企业|授予|面向|残疾人|监狱企业|购买服务/.test(t)) return is('other');
  if (unit.startsWith('辆')) return is('vehicle-count');
  if (unit === '台' && /(用车|车辆|汽车)$/.test(t)) return is('vehicle-count');
  if (unit.startsWith('台')) return is('equipment-count');
  if (unit === '个') return /项目/.test(t) && /绩效/.test(where + t) ? is('covered-projects') : is('other');
  if (/采购/.test(t) || (/采购/.test(norm(c.head)) && /货物|工程|服务|预算总额|^$/.test(t)))
    return is(/货物/.test(t) ? 'procurement-goods' : /工程/.test(t) ? 'procurement-works' : /服务/.test(t) && !/服务中心|服务局/.test(t) ? 'procurement-services' : 'procurement');
  if ((/绩效/.test(norm(c.head)) || (/绩效/.test(norm(c.section)) && /涉及/.test(t))) && /(涉及|拨款|金额|资金|预算)/.test(t)) return is('covered-by-targets');
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
  const plain = unnumbered(t.replace(/[“”"]/g, ''))
    .replace(/(预算|决算|年初预算|年初)(数|为)?$/, '')
    .replace(/\(类\)(支出)?$/, '支出')
    .replace(/支出支出$/, '支出')
    .replace(/科目$/, '')
    .replace(unitBefore, '');
  if (isFunctionalClass(plain) && plain !== '一般公共预算支出') return is('functional', null, [plain]);
  const own = plain.replace(/^(本年|当年)/, '');
  // Money carried over of one fund only: no table line need give it.
  if (/(结转|结余)的?.{0,4}(一般公共预算|政府性基金|国有资本|事业|财政专户|单位资金|其他资金)/.test(own)) return is('other');
  if ((c.side === 'income' || namedSource.test(own)) && sourceOf(own) && !/财政拨款收入$/.test(own)) return is('source', sourceOf(own));
  if (/^一般公共预算(财政)?(拨款)?支出(预算|决算)?$/.test(own)) return is('appropriation-expenditure', 'general');
  if (/政府性基金/.test(t)) return is(/收入/.test(t) ? 'government-fund-income' : 'government-fund', 'fund');
  if (/国有资本/.test(t)) return is(/收入/.test(t) ? 'state-capital-income' : 'state-capital', 'capital');
  if (/财政拨款(总)?收入|财政拨款收、?支/.test(t)) return is('appropriation-income');
  if (/财政拨款(总)?支出/.test(t)) return is('appropriation-expenditure');
  if (/机关运行/.test(norm(c.head))) return /^$|预算|经费|支出/.test(plain) ? is('operating-cost') : is('other');
  if (/^(一般公共预算)(财政)?(当年)?(财政)?(拨款|资金)(收入)?$/.test(plain)) return is('source', 'general');
  if (/项目$|项目费|工作经费$/.test(plain) && plain.length > 4) return is('named-project');
  const total = wholeOf.exec(plain.replace(/\s/g, ''));
  if (total) return is(total[1] === '支出' ? 'expenditure-total' : 'income-total');
  if (/收入|收、支|收支/.test(plain) && /^(本年|总|年初|当年|全年|预算|部门|单位|收|20\d\d)/.test(plain)) return is('income-total');
  if (/支出/.test(plain) && /^(本年|总|年初|当年|全年|预算|部门|单位|支出|20\d\d)/.test(plain)) return is('expenditure-total');
  if (/^(总)?收入(总计|合计|预算|决算)?$/.test(plain)) return is('income-total');
  if (plain === '' || /^(年初|本年|当年|全年)?(预算|决算)?(数|总额)?$/.test(plain))
    return c.side === 'income' ? is('income-total') : c.side === 'expenditure' ? is('expenditure-total') : is('other');
  return is('other');
}

/** 本部门支出预算合计, 某某局收入总额: the whole of a unit, whatever its name. */
const wholeOf =
  /^(?:.{0,30}(?:局|委|办|办公室|中心|院|校|学校|中学|小学|处|站|所|队|部|会|馆|园|厅|署|街道|镇|乡|部门|单位|政府|本级|机关))?(?:本年度?|当年|总|年初|全年|预算|决算|部门|单位|年度?)?(收入|支出|收支|收、支|收入、支出|收入和支出)(?:预算|决算)?(?:总额|总计|合计|总数|总预算|总决算|共计|总)?(?:预算|决算)?(?:总额|总数)?(?:数|均)?$/;

/** The unit named before what it receives or spends. */
const unitBefore =
  /^.{0,30}?(?:局|委|办|办公室|中心|院|校|学校|中学|小学|处|站|所|队|部|会|馆|园|厅|署|街道|镇|乡|部门|单位|政府|本级|机关)(?:年度?)?(?=一般公共预算|政府性基金|国有资本|财政拨款|财政专户|事业收入|上级补助|附属单位|其他收入|上年结转)/;

/** Income lines that name their source whatever the sentence speaks of. */
const namedSource =
  /^(一般公共预算(财政)?(拨款)?|政府性基金预算(财政)?(拨款)?|国有资本经营预算(财政)?(拨款)?|财政专户管理(资金|事业)?|事业|事业单位经营|上级补助|附属单位上缴|其他)收入$|^(上年|年初)(财政拨款)?结转(和?结余)?(资金|收入)?$/;

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

const basis = /(?:比|较|与|同)\s?(?:上年|去年|上一年|20\d\d\s?年)(?:度)?[^，。；：,;:]{0,24}$/;
const follows = new RegExp(`^\\s{0,2}(?:相比|比)?[，,]?\\s{0,2}(?:${up}|${down}|持平|基本持平)`);
const nextChange = new RegExp(`(${up}|${down})[了额为]{0,2}\\s{0,2}(\\d[\\d,]{0,20}(?:\\.\\d{1,8})?)`);

/** Whom a comparison without a subject speaks of after a list of parts: the whole it fits, else the nearest known subject. */
function antecedent(out: Statement[], current: number, sentence: boolean, base: string, after: string): number | null {
  if (!sentence || out[current]!.within === null) return current;
  const chain: number[] = [current];
  for (let i: number | null = out[current]!.within; i !== null && chain.length < 6; i = out[i]!.within) chain.push(i);
  const m = nextChange.exec(after);
  const moved = m ? Number(m[2]!.replace(/,/g, '')) * (directionOf(m[1]!) === 'decrease' ? -1 : 1) : 0;
  const fits = chain.find((i) => out[i]!.amount && Math.abs(Number(out[i]!.amount!.value) - Number(base) - moved) < 0.02);
  return fits ?? chain.find((i) => out[i]!.topic !== 'other') ?? null;
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
    let meant = topicOf(subject, unit, subject === '' ? context : { ...context, side });
    // 2.公务接待费。某年预算数…: the heading of the paragraph is the subject.
    if (meant.topic === 'other' && /^(年初|全年)?(预算|决算)?(数|安排)?$/.test(subject) && head !== '' && /元$/.test(unit)) {
      const own = topicOf(unnumbered(norm(head)), unit, { ...context, side });
      if (/^(abroad|reception|vehicles|vehicle-running|vehicle-purchase|three-public|operating-cost|meeting|training)$/.test(own.topic)) meant = own;
    }
    const { topic, fund, path } = meant;
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
      if (current === null && f.unit !== '个百分点') {
        // 公务接待费较上年预算下降…%: a rate alone, with its subject before the comparison.
        const c = compare.exec(words);
        const told = c && new RegExp(`(${up}|${down})(了|约)?$`).exec(words);
        const clause = c ? words.slice(0, c.index) : '';
        const subject = c ? subjectOf(clause) : '';
        if (!told || subject === '') continue;
        const s = make(subject, '万元', at, from);
        Object.assign(s, { percent: f, direction: directionOf(told[1]!), baseYear: baseOf(words), changeOnly: true });
        out.push(s);
        continue;
      }
      const s = current === null ? null : out[current]!;
      if (!s || f.unit === '个百分点') continue;
      const m2 = new RegExp(`(${up}|${down})`).exec(words.slice(-12));
      const of = /占[^占，。；,;]{0,30}$/.exec(words);
      // The words of a share name its whole: 占“三公”经费的….
      if (of && !m2) s.share ??= { ...f, text: `${of[0]}${f.text}` };
      else if (m2) {
        if (s.percent === null) s.percent = f;
        s.direction ??= directionOf(m2[1]!);
      }
      continue;
    }
    // 比上年预算数三十万元增加…: the base itself stands in the sentence.
    if (current !== null && basis.test(words) && !changeTail.test(words) && follows.test(text.slice(from, from + 12))) {
      const target = antecedent(out, current, lead.includes('。'), f.value, text.slice(from, from + 60));
      if (target !== null && out[target]!.change === null && out[target]!.base === undefined) {
        out[target]!.base = { ...f, text: `${basis.exec(words)![0]}${f.text}` };
        out[target]!.baseYear = baseOf(words) ?? out[target]!.baseYear;
        current = target;
        continue;
      }
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
    if (f.unit === '个' && s.topic === 'other' && /^\s?(预算)?项目/.test(text.slice(from, from + 4)) && /绩效/.test(text)) s.topic = 'covered-projects';
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
