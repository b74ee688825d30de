// Words of disclosures: kinds of tables by their titles, roles of columns by their headings, sources of money, levels of targets.
import type { ColumnRole, FundSource, TableKind } from '../model.ts';
import { norm, ordinal } from './text.ts';

/** The kind a table title announces. Titles are compared without blanks; the first rule that holds decides. */
export function kindOfTitle(title: string): TableKind {
  const t = norm(title);
  const has = (re: RegExp) => re.test(t);
  if (has(/目录/)) return 'catalogue';
  if (has(/绩效/) && has(/(目标|指标|申报|自评|评价|绩效表)/)) return has(/整体/) ? 'overall-targets' : has(/重点/) ? 'key-project-targets' : 'project-targets';
  if (has(/三公|因公出国/)) return 'three-public';
  if (has(/机关运行经费/)) return 'operating-cost';
  if (has(/采购/)) return 'procurement';
  if (has(/(国有)?资产|车辆|公务用车/)) return 'assets';
  if (has(/政府性基金/)) return 'government-fund';
  if (has(/国有资本/)) return 'state-capital';
  const economic = has(/经济/);
  const government = has(/政府(预算)?(支出)?经济|政府经济|政府预算.{0,4}经济/);
  if (has(/基本支出/)) return government ? 'basic-by-government-economic' : 'basic-by-economic';
  if (has(/项目支出|项目经费|专项资金/)) return !economic ? 'project-list' : government ? 'project-by-government-economic' : 'project-by-economic';
  if (has(/项目.{0,6}(明细|清单|一览)/)) return 'project-list';
  if (has(/财政拨款.{0,6}(收支|收入支出)|财政拨款.{0,4}总表/)) return has(/一般公共预算/) ? 'functional-expenditure' : 'appropriation-summary';
  if (has(/(一般公共预算|财政拨款).{0,12}支出/) || has(/一般公共预算.{0,10}(明细|拨款)表/))
    return economic ? (government ? 'basic-by-government-economic' : 'basic-by-economic') : 'functional-expenditure';
  if (has(/收支|收入支出/)) return 'income-expenditure';
  if (has(/收入.{0,8}表/)) return 'income';
  if (has(/支出.{0,14}表/)) return 'expenditure';
  return 'other';
}

export const isTargetKind = (kind: TableKind): boolean => kind === 'overall-targets' || kind === 'project-targets' || kind === 'key-project-targets';
export const isBalanceKind = (kind: TableKind): boolean => kind === 'income-expenditure' || kind === 'appropriation-summary';

const marks = /[。；;！？!?]/;
/** A line that can be the title of a table: short, no sentence marks, ends in 表 (perhaps with a bracket after it). */
export function isTitle(text: string): boolean {
  const t = norm(text);
  if (t.length < 3 || t.length > 60 || marks.test(t)) return false;
  if (!/表(\([^()]{0,40}\)|[一二三四五六七八九十\d]{1,3})?$/.test(t)) return false;
  if (/^第[一二三四五六七八九十]{1,3}(部分|章|节)/.test(t)) return false;
  if (/^(备注|注|说明|详见|见|其中|如|本|该|\(备注|\(注)/.test(t)) return false;
  if (/^[(（]?[一二三四五六七八九十\d]{1,3}[)）]?[、.](?!.*(总表|支出表|收入表|决算表|预算表|目标表|明细表))/.test(t)) return false;
  if (/[,，:：].{12,}/.test(t) && !/^(表|附)/.test(t)) return false;
  return /(收入|支出|收支|预算|决算|绩效|经费|采购|资产|资金|项目|债务|明细|情况|车辆|拨款|总|目录|三公)/.test(t);
}

export interface Label {
  id: string;
  order: number | null;
  rest: string;
}
/** 表一 / 附件 1 / 附表2-1 / 公开01表 / 预算公开表3, with the title that follows on the same line. */
export function labelOf(text: string): Label | null {
  if (text.length > 120) return null;
  const t = norm(text);
  let m =
    /^[[【(]?((?:部门|单位|预算|决算)*(?:公开)?(?:附件|附表|表格|表)(?:之)?)([一二三四五六七八九十]{1,3}|\d{1,2})(-\d{1,2})?[\]】)]?(?:[:：、.]|(?=[^\d一二三四五六七八九十年月度元]|$)|(?=20\d\d))(.{0,80})$/.exec(
      t,
    );
  if (m) {
    const order = ordinal(m[2]!);
    if (order === null) return null;
    const rest = m[4]!;
    if (rest && !isTitle(rest)) return null;
    return { id: `${m[1]!}${m[2]!}${m[3] ?? ''}`, order, rest };
  }
  m = /^((?:财决|财预|部门|单位)?(?:预算|决算)?(?:公开|批复|附)?)(\d{1,2})(?:-\d{1,2})?表$/.exec(t);
  if (m && m[1]) return { id: t, order: Number(m[2]), rest: '' };
  return null;
}

/** The source of money a heading or an income line names. */
export function sourceOf(text: string): FundSource | null {
  const t = norm(text);
  if (/政府性基金/.test(t)) return 'fund';
  if (/国有资/.test(t)) return 'capital';
  if (/财政专户|财政专|专户管理|专户核拨/.test(t)) return 'special-account';
  if (/结转|结余/.test(t)) return 'carry-over';
  if (/附属单/.test(t)) return 'subordinate';
  if (/上级/.test(t) && !/上缴上级/.test(t)) return 'superior';
  if (/经营/.test(t) && /收|事业单/.test(t)) return 'operating';
  if (/事业单$|^事业单位经$/.test(t)) return 'operating';
  if (/^(\(?[一二三四五六七八九十\d]{0,3}\)?[、.]?)?事业(收入|预算|基金)?/.test(t) && !/事业单位/.test(t)) return 'business';
  if (/一般公共预|公共财政预算|一般预算/.test(t)) return 'general';
  if (/其他/.test(t)) return 'other';
  return null;
}

/** The role a column heading (top to bottom) announces. */
export function roleOfColumn(path: string[], kind: TableKind): ColumnRole {
  const leaf = norm(path.at(-1) ?? '');
  const all = norm(path.join('/'));
  if (/^(行次|序号|编号|栏次)$/.test(leaf)) return 'line-number';
  if (/(单位|部门)\)?(编码|代码)$/.test(leaf)) return 'unit-code';
  if (/^(部门|单位|预算单位|部门单位|部门\(单位\))(名称)?$|(单位|部门)\)?名称(\(科目\))?$/.test(leaf)) return 'unit-name';
  if (/(科目|功能分类|经济分类|分类|项目)?(编码|代码)$|^项目编号$/.test(leaf) || /^(类|款|项)$/.test(leaf)) return 'code';
  if (/(采购)?项目名称$/.test(leaf) && (kind === 'procurement' || kind === 'project-list')) return 'project-name';
  if (/(科目|支出|收入|功能|经济|项目)?(名称|科目)$|^项目(\(.*\))?$|^科目.*分类.*$|^支出功能分类.*$/.test(leaf) && !/预算数|决算数|合计/.test(leaf)) return 'name';
  if (/增幅|增减(率|%|幅)|增长(率|%)|比.{0,12}%|百分比/.test(leaf)) return 'growth';
  if (/增减额|增减变化额|增加额|增减(金额|数额|数)$|增长额|^增减$/.test(leaf)) return 'change';
  if (kind === 'income' && /^财政(补助|拨款)(拨款)?(收入)?$/.test(leaf)) return 'appropriation';
  if (kind === 'three-public') {
    if (/购置及运行|购置和运行|购置及维护|购置与运行/.test(all)) {
      if (/^(小计|合计|总计)$/.test(leaf) || /购置(及|和|与)/.test(leaf)) return 'vehicles';
      if (/购置/.test(leaf)) return 'vehicle-purchase';
      if (/运行|维护/.test(leaf)) return 'vehicle-running';
    }
    if (/出国|出境/.test(leaf)) return 'abroad';
    if (/接待/.test(leaf)) return 'reception';
    if (/会议/.test(leaf)) return 'meeting';
    if (/培训/.test(leaf)) return 'training';
    if (/用车/.test(leaf)) return /购置/.test(leaf) ? 'vehicle-purchase' : /运行/.test(leaf) ? 'vehicle-running' : 'vehicles';
    if (/合计|总计|小计|三公/.test(leaf)) return 'total';
  }
  if (kind === 'procurement') {
    if (/货物/.test(leaf)) return 'goods';
    if (/工程/.test(leaf)) return 'works';
    if (/服务/.test(leaf)) return 'services';
  }
  if (/年初结转|上年结转和结余|年初.*结余/.test(leaf)) return 'opening';
  if (/年末结转/.test(leaf)) return 'closing';
  if (/^本年收入(合计)?$/.test(leaf)) return kind === 'income' ? 'total' : 'income';
  if (/上缴上级/.test(leaf)) return 'superior-payment';
  if (/^经营支出/.test(leaf)) return 'operating-expenditure';
  if (/附属单位补助|对附属/.test(leaf)) return 'subordinate-subsidy';
  if (/人员(经费|支出)/.test(leaf)) return 'personnel';
  if (/公用(经费|支出)/.test(leaf)) return 'public';
  if (/^基本支出/.test(leaf) && path.length <= 2 && /^(basic)/.test(kind)) return 'total';
  if (/^项目支出/.test(leaf) && /^project-by/.test(kind)) return 'total';
  if (/基本支出/.test(leaf)) return 'basic';
  if (/项目支出/.test(leaf)) return 'project';
  if (/^(小计|合计)$/.test(leaf) && path.length > 1 && !/^(basic|project-by)/.test(kind)) {
    const group = norm(path.at(-2)!);
    if (/基本支出$/.test(group)) return 'basic';
    if (/项目支出$/.test(group)) return 'project';
  }
  if (/^(合计|总计|小计|支出合计|收入合计|本年支出(合计)?|总额|金额合计)$/.test(leaf)) return 'total';
  const source =
    kind === 'functional-expenditure' || /^(basic|project-by)/.test(kind)
      ? null
      : (sourceOf(leaf) ?? (path.length > 1 && !/小计|合计/.test(leaf) ? sourceOf(path.slice(-2).join('')) : null));
  if (source) return source;
  if (/调整预算|全年预算|预算调整/.test(leaf)) return 'adjusted';
  if (/决算数|决算|执行数|支出数/.test(leaf)) return 'actual';
  if (/预算数|年初预算|预算$/.test(leaf)) return 'budget';
  if (/金额|数额|合计|总计/.test(leaf)) return 'amount';
  return 'text';
}

/** The 类 names of the functional classification (all editions in use since 2019, with common short forms). */
export const functionalClasses = [
  '一般公共服务支出',
  '外交支出',
  '国防支出',
  '公共安全支出',
  '教育支出',
  '科学技术支出',
  '文化旅游体育与传媒支出',
  '文化体育与传媒支出',
  '社会保障和就业支出',
  '社会保险基金支出',
  '卫生健康支出',
  '医疗卫生与计划生育支出',
  '节能环保支出',
  '城乡社区支出',
  '农林水支出',
  '交通运输支出',
  '资源勘探工业信息等支出',
  '资源勘探信息等支出',
  '商业服务业等支出',
  '金融支出',
  '援助其他地区支出',
  '自然资源海洋气象等支出',
  '国土海洋气象等支出',
  '住房保障支出',
  '粮油物资储备支出',
  '国有资本经营预算支出',
  '灾害防治及应急管理支出',
  '预备费',
  '其他支出',
  '转移性支出',
  '债务还本支出',
  '债务付息支出',
  '债务发行费用支出',
  '抗疫特别国债安排的支出',
  '一般公共预算支出',
];
const classSet = new Set(functionalClasses.map(norm));
const bare = (t: string) => t.replace(/^\(?[一二三四五六七八九十\d]{1,3}(\)|、|\.)+/, '');
/** Whether a line of a two-sided table names a functional class (numbering removed). */
export const isFunctionalClass = (text: string): boolean => classSet.has(bare(norm(text)));
/** A name without its numbering: （一）一般公共服务支出 → 一般公共服务支出. */
export const unnumbered = (text: string): string => bare(norm(text));

export const level1Words = [
  '产出指标',
  '效益指标',
  '满意度指标',
  '成本指标',
  '投入指标',
  '管理指标',
  '过程指标',
  '决策指标',
  '绩效指标',
  '履职效能',
  '管理效率',
  '社会效应',
  '可持续发展能力',
  '运行成本',
  '服务对象满意度',
  '部门管理指标',
  '履职目标实现',
  '履职效益',
];
export const level2Words = [
  '数量指标',
  '质量指标',
  '时效指标',
  '成本指标',
  '经济效益指标',
  '社会效益指标',
  '生态效益指标',
  '可持续影响指标',
  '可持续发展指标',
  '服务对象满意度指标',
  '服务对象满意度',
  '社会公众满意度指标',
  '满意度指标',
  '经济成本指标',
  '社会成本指标',
  '生态环境成本指标',
  '安全指标',
  '经济效益',
  '社会效益',
  '生态效益',
  '可持续影响',
  '数量',
  '质量',
  '时效',
  '帮扶对象满意度指标',
  '资金投入指标',
  '财务管理指标',
  '效果指标',
];
const one = new Set(level1Words);
const two = new Set(level2Words);
export const isLevel1 = (text: string): boolean => one.has(norm(text));
export const isLevel2 = (text: string): boolean => two.has(norm(text));
