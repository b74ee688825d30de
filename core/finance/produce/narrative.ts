// The narrative of a disclosure, every figure of it taken from the same published figures as the tables.
import { allSources, nameOf, sourceNames } from './codes.ts';
import { Figures } from './figures.ts';
import { vehicleKinds } from './input.ts';
import { Speaker, type ToFill } from './sentences.ts';

export interface Paragraph {
  kind: 'title' | 'heading1' | 'heading2' | 'text';
  text: string;
}

const vehicleNames: Record<(typeof vehicleKinds)[number], string> = {
  leaders: '领导干部用车',
  confidential: '机要通信用车',
  emergency: '应急保障用车',
  enforcement: '执法执勤用车',
  special: '特种专业技术用车',
  other: '其他用车',
};

/** Writes the paragraphs; `toFill` lists what a person should still add. */
export function narrativeOf(f: Figures, draft: boolean): { paragraphs: Paragraph[]; toFill: ToFill[] } {
  const say = new Speaker(f.p, draft);
  const w = new Writer(f, say);
  w.write();
  return { paragraphs: w.out, toFill: say.toFill };
}

class Writer {
  readonly out: Paragraph[] = [];
  readonly f: Figures;
  readonly say: Speaker;
  private readonly noun: '预算' | '决算';
  private readonly who: '本部门' | '本单位';
  private readonly sections = '一二三四五六七八九十';
  private section = 0;
  private part = 0;

  constructor(f: Figures, say: Speaker) {
    this.f = f;
    this.say = say;
    this.noun = f.p.kind === 'budget' ? '预算' : '决算';
    this.who = f.p.unit.level === 'department' ? '本部门' : '本单位';
  }
  private put(kind: Paragraph['kind'], text: string): void {
    this.out.push({ kind, text });
  }
  private h1(text: string): void {
    this.put('heading1', `${this.sections[this.section]}、${text}`);
    this.section += 1;
    this.part = 0;
  }
  private numbered(text: string): string {
    this.part += 1;
    return `（${this.sections[this.part - 1]}）${text}`;
  }

  write(): void {
    const { p } = this.f;
    this.put('title', `${p.unit.name}${p.year}年${p.unit.level === 'department' ? '部门' : '单位'}${this.noun}情况说明`);
    if (p.demo) this.put('text', '演示数据：本文所列单位与数字均为虚构，仅供演示。');
    this.about();
    this.h1(`收支${this.noun}总体情况`);
    this.income();
    this.expenditure();
    this.h1(`财政拨款${this.noun}情况`);
    this.general();
    this.fund('fund');
    this.fund('capital');
    this.threePublic();
    this.matters();
    this.terms();
  }

  private about(): void {
    const { p } = this.f;
    if (p.duties.length === 0) {
      this.say.toFill.push({ pointer: '/duties', message: '主要职责没有填写' });
      if (!this.say.draft && !p.organisation) return;
    }
    this.h1(`${p.unit.level === 'department' ? '部门' : '单位'}基本情况`);
    this.put('heading2', this.numbered('主要职责'));
    if (p.duties.length === 0) this.put('text', '（待补充）');
    p.duties.forEach((d, i) => this.put('text', `${i + 1}．${d.replace(/[。；;]+$/, '')}。`));
    if (p.organisation) {
      this.put('heading2', this.numbered('机构设置'));
      this.put('text', `${p.organisation.replace(/[。；;]+$/, '')}。`);
    }
  }

  private income(): void {
    const { f, say } = this;
    const carried = f.sum('carriedIn');
    const total = f.sum('income') + carried;
    const parts = allSources
      .map((s): [string, number] => [sourceNames[s], f.sum('income', [s])])
      .concat([['上年结转', carried]])
      .filter(([, v]) => v !== 0);
    const list = parts.length ? `，其中：${parts.map(([n, v]) => `${n}${say.money(v)}${say.share(v, total)}`).join('；')}` : '';
    this.put('text', this.numbered(`收入${this.noun}。${f.p.year}年收入总计${say.money(total)}${list}。`));
  }

  private expenditure(): void {
    const { f, say } = this;
    const total = f.sum('total');
    const out = f.sum('carriedOut');
    const parts = f.classes().map((c): [string, number] => [nameOf(c, f.p.names)!, f.sum('total', undefined, c)]);
    const list = parts.length ? `，其中：${parts.map(([n, v]) => `${n}${say.money(v)}${say.share(v, total)}`).join('；')}` : '';
    // Basic and project spending of all sources stand in the table of spending; here the classes are the parts.
    this.put('text', this.numbered(`支出${this.noun}。${f.p.year}年支出${this.noun}${say.money(total)}${list}。${out ? `结转下年${say.money(out)}。` : ''}`));
  }

  private general(): void {
    const { f, say } = this;
    const { p } = f;
    const income = f.sum('income', ['general']);
    const total = f.sum('total', ['general']);
    const basic = f.sum('basic', ['general']);
    const project = total - basic;
    const prior = f.hasPrior ? f.sum('prior', ['general']) : null;
    const priorBasic = prior === null || p.prior.basic === undefined ? null : p.prior.basic;
    const priorProject = priorBasic === null ? null : prior! - priorBasic;
    this.put('heading2', this.numbered('一般公共预算财政拨款'));
    if (total === 0 && income === 0 && (prior ?? 0) === 0) {
      this.put('text', `${this.who}${p.year}年没有一般公共预算财政拨款。`);
      return;
    }
    const why =
      priorBasic === null
        ? say.reason('/reasons/expenditure', p.reasons.expenditure, total, prior, '一般公共预算财政拨款支出')
        : p.reasons.expenditure
          ? say.reason('/reasons/expenditure', p.reasons.expenditure, total, prior, '')
          : '';
    this.put('text', `${p.year}年一般公共预算财政拨款收入${say.money(income)}，一般公共预算财政拨款支出${say.money(total)}${say.change(total, prior)}${why}。`);
    if (total === 0) return;
    const people = p.basic.department.length > 0 ? `其中：人员经费${say.money(f.personnel())}，公用经费${say.money(f.public())}。` : '';
    this.put(
      'text',
      `1．基本支出${say.money(basic)}${say.share(basic, total)}${say.change(basic, priorBasic)}${say.reason('/reasons/basic', p.reasons.basic, basic, priorBasic, '基本支出')}。${people}`,
    );
    this.put(
      'text',
      `2．项目支出${say.money(project)}${say.share(project, total)}${say.change(project, priorProject)}${say.reason('/reasons/project', p.reasons.project, project, priorProject, '项目支出')}。`,
    );
    const items = p.spending.filter((s) => s.source === 'general' && s.basic + s.project + (s.prior ?? 0) !== 0).toSorted((a, b) => (a.code < b.code ? -1 : 1));
    if (items.length === 0) return;
    this.put('text', '3．按支出功能分类说明如下：');
    items.forEach((s, i) => {
      const [a, b, c] = [3, 5, 7].map((n) => nameOf(s.code.slice(0, n), p.names)!);
      const now = s.basic + s.project;
      const before = f.hasPrior ? (s.prior ?? 0) : null;
      const reason = p.reasonsByCode[s.code];
      // A final account is told beside its budget of the beginning of the year.
      const planned =
        s.budget === undefined
          ? `${p.year}年${this.noun}数为${say.money(now)}`
          : `年初预算为${say.money(s.budget)}，支出决算为${say.money(now)}${s.budget > 0 ? `，完成年初预算的${say.percent(now, s.budget)}` : ''}`;
      this.put('text', `（${i + 1}）${a}（类）${b}（款）${c}（项）${planned}${say.change(now, before)}${reason ? say.reason('', reason, now, before, '') : ''}。`);
    });
  }

  private fund(source: 'fund' | 'capital'): void {
    const { f, say } = this;
    const { p } = f;
    const words = source === 'fund' ? '政府性基金' : '国有资本经营';
    this.put('heading2', this.numbered(`${words}预算财政拨款`));
    const total = f.sum('total', [source]);
    const income = f.sum('income', [source]);
    if (total === 0 && income === 0) {
      this.put('text', `${this.who}${p.year}年无使用${words}预算拨款安排的支出。`);
      return;
    }
    const lines = p.spending.filter((s) => s.source === source && s.basic + s.project !== 0);
    const list = lines.map((s) => `${nameOf(s.code, p.names)!}${say.money(s.basic + s.project)}`).join('，');
    const topic = source === 'fund' ? 'government-fund' : 'state-capital';
    const why = p.reasons[topic] ? `主要用于${p.reasons[topic]!.replace(/[。；;]+$/, '')}。` : '';
    this.put('text', `${p.year}年${words}预算收入${say.money(income)}，${words}预算支出${say.money(total)}，具体为：${list}。${why}`);
  }

  private threePublic(): void {
    const { f, say } = this;
    const { p } = f;
    const now = f.threePublic();
    if (!now) return;
    const before = p.prior.threePublic ?? null;
    this.h1('“三公”经费情况说明');
    const total = Figures.total(now);
    const priorTotal = before && Figures.total(before);
    const part = (n: string, key: 'abroad' | 'reception' | 'vehicle-purchase' | 'vehicle-running', a: number, b: number | null) =>
      `${n}${say.money(a)}${say.change(a, b, false)}${p.reasons[key] ? say.reason(`/reasons/${key}`, p.reasons[key], a, b, n) : ''}`;
    const why = say.reason('/reasons/three-public', p.reasons['three-public'], total, priorTotal, '“三公”经费');
    this.put(
      'text',
      `${p.year}年“三公”经费${this.noun}${say.money(total)}${say.change(total, priorTotal, false)}${why}。其中：${[
        part('因公出国（境）费用', 'abroad', now.abroad, before && before.abroad),
        part('公务接待费', 'reception', now.reception, before && before.reception),
        part('公务用车运行维护费', 'vehicle-running', now.vehicleRunning, before && before.vehicleRunning),
        part('公务用车购置费', 'vehicle-purchase', now.vehiclePurchase, before && before.vehiclePurchase),
      ].join('；')}。`,
    );
  }

  private matters(): void {
    const { f, say } = this;
    const { p } = f;
    this.h1('其他重要事项的情况说明');
    const cost = f.operatingCost();
    if (cost === null) this.put('text', this.numbered(`机关运行经费。${this.who}不在机关运行经费统计范围之内。`));
    else if (cost === 0) this.put('text', this.numbered(`机关运行经费。${this.who}${p.year}年没有安排机关运行经费。`));
    else {
      const prior = p.operatingCost.prior ?? null;
      this.put(
        'text',
        this.numbered(
          `机关运行经费。${p.year}年机关运行经费财政拨款${this.noun}${say.money(cost)}${say.change(cost, prior, false)}${say.reason('/reasons/operating-cost', p.reasons['operating-cost'], cost, prior, '机关运行经费')}，主要用于机关日常办公与保障。`,
        ),
      );
    }
    const bought = f.procurement();
    this.put(
      'text',
      this.numbered(
        bought === 0
          ? `政府采购情况。${this.who}${p.year}年未安排政府采购${this.noun}。`
          : `政府采购情况。${p.year}年政府采购${this.noun}总额${say.money(bought)}，其中：政府采购货物${this.noun}${say.money(f.procurement('goods'))}、政府采购工程${this.noun}${say.money(f.procurement('works'))}、政府采购服务${this.noun}${say.money(f.procurement('services'))}。`,
      ),
    );
    this.targets();
    this.assets();
  }

  private targets(): void {
    const { f, say } = this;
    const { p } = f;
    if (p.kind !== 'budget') return;
    const sheets = p.targets.filter((t) => t.scope !== 'overall');
    if (sheets.length === 0) return;
    const covered = p.projects.filter((x) => sheets.some((t) => t.project === x.name));
    const all = covered.length === p.projects.length;
    const amount = covered.reduce((n, x) => n + f.projectTotal(x), 0);
    this.put(
      'text',
      this.numbered(`绩效目标设置情况。${p.year}年${all ? '项目支出均实行绩效目标管理' : '部分项目编制了绩效目标'}，涉及项目${covered.length}个，涉及资金${say.money(amount)}。`),
    );
  }

  private assets(): void {
    const { f } = this;
    const a = f.p.assets;
    if (!a) return;
    const list = (x: Record<(typeof vehicleKinds)[number], number>) => vehicleKinds.map((k) => `${vehicleNames[k]}${x[k]}辆`).join('、');
    const count = (x: Record<(typeof vehicleKinds)[number], number>) => vehicleKinds.reduce((n, k) => n + x[k], 0);
    const [year, month] = a.at.split('-') as [string, string];
    this.put(
      'text',
      this.numbered(
        `国有资产占有使用情况。截至${year}年${Number(month)}月底，${this.who}共有车辆${count(a.vehicles)}辆，其中：${list(a.vehicles)}；单位价值100万元（含）以上设备（不含车辆）${a.equipment}台（套）。`,
      ),
    );
    const { purchase } = a;
    this.put(
      'text',
      `${f.p.year}年一般公共预算安排购置车辆${count(purchase.vehicles)}辆，其中：${list(purchase.vehicles)}；购置单位价值100万元（含）以上设备（不含车辆）${purchase.equipment}台（套）。`,
    );
  }

  private terms(): void {
    this.h1('名词解释');
    const terms = [
      ['财政拨款收入', '本年从同级财政取得的各类预算拨款，按资金性质分为一般公共预算、政府性基金预算和国有资本经营预算三类'],
      ['其他收入', '财政拨款、事业收入、经营收入等之外取得的各项收入'],
      ['基本支出', '维持机构运转、完成日常工作所必需的开支，由人员经费和公用经费组成'],
      ['项目支出', '为特定工作任务或事业发展目标，在基本支出之外另行安排的开支'],
      ['“三公”经费', '一般公共预算安排的因公出国（境）费、公务用车购置及运行维护费、公务接待费三类开支的合称'],
      ['机关运行经费', '行政单位和参照公务员法管理的事业单位用于购买货物、工程和服务的日常公用开支'],
      ['政府采购', '使用财政性资金依法采购集中采购目录以内或者限额标准以上的货物、工程和服务的行为'],
      ['绩效目标', '预算资金在计划期内预期达到的产出和效果，以可以衡量的指标表示'],
    ] as const;
    terms.forEach(([t, m], i) => this.put('text', `（${this.sections[i]}）${t}：指${m}。`));
  }
}
