// Roles and what each may do (domain.md §4); the one table that server, screens and the permission tests read.
import type { Text } from '../contract.ts';

/** Every permission, with what it allows. Append here; the matrix test covers what it finds. */
export const permissions = {
  'unit.read': { zh: '查看组织与岗位', en: 'See units and posts' },
  'account.manage': { zh: '管理账号（开通、停用、解锁）', en: 'Manage accounts' },
  'grant.manage': { zh: '授予与撤销角色', en: 'Grant and revoke roles' },
  'unit.manage': { zh: '维护组织机构', en: 'Maintain units' },
  'audit.read': { zh: '查看审计记录', en: 'Read the audit trail' },
  'settings.manage': { zh: '系统配置', en: 'System settings' },
  'job.read': { zh: '查看后台任务', en: 'See background jobs' },
  'case.read': { zh: '查看事件', en: 'Read cases' },
  'case.report': { zh: '上报事件', en: 'Report' },
  'case.accept': { zh: '受理', en: 'Accept or dismiss' },
  'case.verify': { zh: '核实', en: 'Verify' },
  'case.file': { zh: '立案定级', en: 'File and grade' },
  'case.dispatch': { zh: '派遣', en: 'Dispatch' },
  'case.acknowledge': { zh: '签收与退回', en: 'Acknowledge or return' },
  'case.handle': { zh: '处置', en: 'Handle' },
  'case.confirm': { zh: '确认反馈', en: 'Confirm feedback' },
  'case.inspect': { zh: '核查', en: 'Inspect' },
  'case.close': { zh: '结案', en: 'Close' },
  'case.evaluate': { zh: '评价', en: 'Evaluate' },
  'case.review': { zh: '复盘', en: 'Review' },
  'case.supervise': { zh: '督办', en: 'Supervise' },
  'case.extend.approve': { zh: '审批延期与挂账', en: 'Approve extension and deferral' },
  'case.instruct': { zh: '批示', en: 'Instruct' },
  'case.force': { zh: '强制结案', en: 'Force close' },
  'duty.read': { zh: '查看值班', en: 'See duty' },
  'duty.plan': { zh: '排班', en: 'Plan the roster' },
  'duty.write': { zh: '值班记录与交接', en: 'Write duty log' },
  'signal.read': { zh: '查看感知数据', en: 'Read signals' },
  'signal.write': { zh: '写入感知数据', en: 'Write signals' },
  'thing.manage': { zh: '维护设备与点位', en: 'Maintain things' },
  'indicator.read': { zh: '查看指标', en: 'Read indicators' },
  'indicator.manage': { zh: '维护指标', en: 'Maintain indicators' },
  'warning.read': { zh: '查看预警', en: 'Read warnings' },
  'warning.handle': { zh: '处理预警', en: 'Handle warnings' },
  'warning.receive': { zh: '接收外部发布的预警', en: 'Take in warnings of other issuers' },
  'rule.manage': { zh: '维护预警规则', en: 'Maintain warning rules' },
  'record.read': { zh: '查看台账', en: 'Read ledgers' },
  'record.write': { zh: '登记台账', en: 'Write ledgers' },
  'evaluation.read': { zh: '查看评价', en: 'Read evaluation' },
  'evaluation.manage': { zh: '维护评价', en: 'Maintain evaluation' },
  'target.read': { zh: '查看绩效目标', en: 'Read targets' },
  'target.manage': { zh: '维护绩效目标', en: 'Maintain targets' },
  'review.read': { zh: '查看复盘', en: 'Read reviews' },
  'review.write': { zh: '编写复盘', en: 'Write reviews' },
  'pack.read': { zh: '查看内容包', en: 'Read packs' },
  'pack.manage': { zh: '维护内容包', en: 'Maintain packs' },
  'finance.read': { zh: '查看预决算', en: 'Read disclosures' },
  'finance.manage': { zh: '导入与核对预决算', en: 'Import and check disclosures' },
  'finance.review': { zh: '审核绩效自评', en: 'Review self-evaluations' },
} as const satisfies Record<string, Text>;

export type Permission = keyof typeof permissions;

const read: Permission[] = [
  'unit.read',
  'case.read',
  'signal.read',
  'indicator.read',
  'warning.read',
  'record.read',
  'evaluation.read',
  'target.read',
  'review.read',
  'duty.read',
  'pack.read',
];
const unitWork: Permission[] = [...read, 'case.report', 'record.write'];

/** Role → name, permissions. The three administrators exclude each other and every business role (SEC-10). */
export const roles = {
  duty_officer: {
    name: { zh: '值班员', en: 'Duty officer' },
    may: [...unitWork, 'case.accept', 'case.verify', 'case.file', 'case.dispatch', 'warning.handle', 'warning.receive', 'duty.write', 'case.supervise'],
  },
  shift_lead: {
    name: { zh: '值班长', en: 'Shift lead' },
    may: [
      ...unitWork,
      'case.accept',
      'case.verify',
      'case.file',
      'case.dispatch',
      'case.inspect',
      'case.close',
      'case.force',
      'case.extend.approve',
      'case.supervise',
      'case.review',
      'warning.handle',
      'warning.receive',
      'rule.manage',
      'duty.write',
      'duty.plan',
      'review.write',
    ],
  },
  duty_leader: { name: { zh: '带班领导', en: 'Duty leader' }, may: [...unitWork, 'case.supervise', 'case.instruct', 'case.force', 'duty.write', 'duty.plan', 'warning.handle'] },
  commander: {
    name: { zh: '指挥长', en: 'Commander' },
    may: [...unitWork, 'case.dispatch', 'case.file', 'case.supervise', 'case.instruct', 'case.review', 'review.write', 'warning.handle'],
  },
  chief_commander: { name: { zh: '总指挥', en: 'Chief commander' }, may: [...read, 'finance.read', 'case.instruct', 'case.supervise'] },
  intake_agent: { name: { zh: '受理员', en: 'Intake agent' }, may: [...unitWork, 'case.accept', 'case.verify', 'case.file', 'case.inspect', 'case.close', 'case.evaluate'] },
  dispatcher: { name: { zh: '派遣员', en: 'Dispatcher' }, may: [...unitWork, 'case.dispatch', 'case.extend.approve', 'case.file'] },
  unit_lead: {
    name: { zh: '部门负责人', en: 'Unit lead' },
    may: [...unitWork, 'case.acknowledge', 'case.handle', 'case.confirm', 'case.extend.approve', 'thing.manage', 'signal.write'],
  },
  handler: { name: { zh: '处置人员', en: 'Handler' }, may: [...unitWork, 'case.acknowledge', 'case.handle'] },
  township_center: { name: { zh: '镇街指挥中心', en: 'Township centre' }, may: [...unitWork, 'case.acknowledge', 'case.handle', 'case.confirm', 'case.verify', 'case.inspect'] },
  grid_worker: {
    name: { zh: '网格员', en: 'Grid worker' },
    may: ['unit.read', 'case.read', 'case.report', 'case.verify', 'case.handle', 'case.acknowledge', 'case.inspect', 'record.write', 'record.read'],
  },
  overseer: {
    name: { zh: '督查考核', en: 'Overseer' },
    may: [...read, 'finance.read', 'case.supervise', 'case.evaluate', 'case.review', 'evaluation.manage', 'review.write', 'record.write'],
  },
  leader: { name: { zh: '驾驶舱领导', en: 'Leader' }, may: [...read, 'finance.read', 'case.instruct'] },
  indicator_manager: {
    name: { zh: '指标管理员', en: 'Indicator manager' },
    may: [...read, 'indicator.manage', 'rule.manage', 'thing.manage', 'signal.write', 'pack.manage', 'job.read'],
  },
  budget_officer: { name: { zh: '预算绩效岗', en: 'Budget officer' }, may: [...read, 'finance.read', 'finance.manage', 'target.manage', 'record.write', 'job.read'] },
  finance_reviewer: { name: { zh: '财政审核岗', en: 'Finance reviewer' }, may: [...read, 'finance.read', 'finance.review'] },
  egov_editor: { name: { zh: '信息公开岗', en: 'Disclosure editor' }, may: [...unitWork, 'finance.read'] },
  integrator: {
    name: { zh: '系统对接', en: 'Integrator' },
    may: ['signal.read', 'signal.write', 'thing.manage', 'indicator.read', 'warning.read', 'warning.receive', 'case.report'],
  },
  system_admin: {
    name: { zh: '系统管理员', en: 'System administrator' },
    may: ['unit.read', 'unit.manage', 'account.manage', 'settings.manage', 'job.read', 'pack.read', 'pack.manage'],
  },
  security_admin: { name: { zh: '安全管理员', en: 'Security administrator' }, may: ['unit.read', 'grant.manage'] },
  auditor: { name: { zh: '审计员', en: 'Auditor' }, may: ['unit.read', 'audit.read'] },
} as const satisfies Record<string, { name: Text; may: Permission[] }>;

export type Role = keyof typeof roles;
export const roleNames = Object.keys(roles) as Role[];

/** The three posts that no one may combine with each other or with any business role (SEC-10). */
export const separateRoles: Role[] = ['system_admin', 'security_admin', 'auditor'];

/** A role a person holds, and the path of the unit (and all below it) where it counts. */
export interface Grant {
  role: Role;
  path: string;
}

/** Who acts: a person at a post, a device, another system, or the hub itself. */
export interface Actor {
  account: string | null;
  /** The post's name, never a person's. */
  name: string;
  kind: 'person' | 'system' | 'device' | 'api';
  unit: { id: string; path: string; name: string };
  grants: Grant[];
}

const allowed = new Map<Role, Set<Permission>>(roleNames.map((r) => [r, new Set<Permission>(roles[r].may)]));

/** Paths of units where the actor holds the permission; empty when nowhere. `''` means everywhere (the system). */
export function scopeOf(actor: Actor, permission: Permission): string[] {
  if (actor.kind === 'system') return [''];
  const paths = new Set<string>();
  for (const g of actor.grants) if (allowed.get(g.role)?.has(permission)) paths.add(g.path);
  const all = [...paths];
  return all.filter((p) => !all.some((q) => q !== p && within(p, q)));
}

/** Whether unit path `path` is `above` or below it. */
export const within = (path: string, above: string): boolean => above === '' || path === above || path.startsWith(`${above}.`);

/** Whether the actor holds the permission over the unit path (anywhere when no path is given). */
export function may(actor: Actor, permission: Permission, path?: string): boolean {
  const scope = scopeOf(actor, permission);
  return path === undefined ? scope.length > 0 : scope.some((above) => within(path, above));
}
