// Words for cases: states, commands, kinds of facts.
import type { Text } from '#core/contract.ts';

export const statusWords: Record<string, Text> = { open: { zh: '办理中', en: 'Open' }, closed: { zh: '已结案', en: 'Closed' }, dismissed: { zh: '不予受理', en: 'Dismissed' }, merged: { zh: '已并案', en: 'Merged' } };
export const stateWords: Record<string, Text> = {
  offered: { zh: '待签收', en: 'Offered' }, returned: { zh: '已退回', en: 'Returned' }, accepted: { zh: '已签收', en: 'Accepted' }, working: { zh: '办理中', en: 'Working' }, paused: { zh: '挂账中', en: 'Deferred' },
  submitted: { zh: '待确认', en: 'Submitted' }, rework: { zh: '返工', en: 'Rework' }, done: { zh: '已完成', en: 'Done' }, withdrawn: { zh: '已撤回', en: 'Withdrawn' },
};
export const sourceWords: Record<string, Text> = { manual: { zh: '值班登记', en: 'Duty desk' }, warning: { zh: '感知预警', en: 'Warning' }, call: { zh: '电话', en: 'Call' }, grid: { zh: '网格上报', en: 'Grid' }, letter: { zh: '来信', en: 'Letter' }, review: { zh: '复盘改进', en: 'Review' } };
export const commandWords: Record<string, Text> = {
  claim: { zh: '领取', en: 'Take' }, release: { zh: '放回', en: 'Put back' },
  accept: { zh: '签收', en: 'Acknowledge' }, start: { zh: '开始处置', en: 'Start' }, stage: { zh: '阶段完成', en: 'Stage done' }, return: { zh: '退回', en: 'Return' }, submit: { zh: '提交结果', en: 'Submit' },
  confirm: { zh: '确认', en: 'Confirm' }, refuse: { zh: '退回修改', en: 'Send back' }, decide: { zh: '办理', en: 'Decide' }, withdraw: { zh: '撤回任务', en: 'Withdraw' },
  askExtension: { zh: '申请延期', en: 'Ask extension' }, endorseExtension: { zh: '同意延期（本单位）', en: 'Endorse extension' }, grantExtension: { zh: '批准延期', en: 'Grant extension' }, refuseExtension: { zh: '不同意延期', en: 'Refuse extension' },
  askDeferral: { zh: '申请挂账', en: 'Ask deferral' }, grantDeferral: { zh: '批准挂账', en: 'Grant deferral' }, refuseDeferral: { zh: '不同意挂账', en: 'Refuse deferral' }, resume: { zh: '恢复办理', en: 'Resume' },
  describe: { zh: '更正信息', en: 'Correct' }, supervise: { zh: '督办', en: 'Supervise' }, remind: { zh: '催办', en: 'Remind' }, instruct: { zh: '批示', en: 'Instruct' }, comment: { zh: '留言', en: 'Comment' },
  merge: { zh: '并案', en: 'Merge' }, unmerge: { zh: '撤销并案', en: 'Unmerge' }, reopen: { zh: '重新办理', en: 'Reopen' }, forceClose: { zh: '强制结案', en: 'Force close' }, evaluate: { zh: '评价', en: 'Evaluate' },
};
export const factWords: Record<string, Text> = {
  'case.opened': { zh: '上报', en: 'Reported' }, 'case.task-offered': { zh: '派出任务', en: 'Task offered' }, 'case.task-accepted': { zh: '签收', en: 'Acknowledged' }, 'case.task-started': { zh: '开始处置', en: 'Started' },
  'case.task-staged': { zh: '阶段完成', en: 'Stage done' }, 'case.task-returned': { zh: '退回', en: 'Returned' }, 'case.task-submitted': { zh: '提交结果', en: 'Submitted' }, 'case.task-refused': { zh: '退回修改', en: 'Sent back' },
  'case.task-done': { zh: '任务完成', en: 'Task done' }, 'case.task-reworked': { zh: '返工', en: 'Rework' }, 'case.task-withdrawn': { zh: '任务撤回', en: 'Withdrawn' }, 'case.decided': { zh: '决定', en: 'Decided' }, 'case.described': { zh: '信息更正', en: 'Described' },
  'case.extension-asked': { zh: '申请延期', en: 'Extension asked' }, 'case.extension-endorsed': { zh: '单位同意延期', en: 'Endorsed' }, 'case.extension-refused': { zh: '延期未准', en: 'Refused' }, 'case.extended': { zh: '延期批准', en: 'Extended' },
  'case.deferral-asked': { zh: '申请挂账', en: 'Deferral asked' }, 'case.deferral-refused': { zh: '挂账未准', en: 'Refused' }, 'case.deferred': { zh: '挂账', en: 'Deferred' }, 'case.resumed': { zh: '恢复办理', en: 'Resumed' },
  'case.supervised': { zh: '督办', en: 'Supervised' }, 'case.reminded': { zh: '催办', en: 'Reminded' }, 'case.instructed': { zh: '批示', en: 'Instructed' }, 'case.commented': { zh: '留言', en: 'Comment' },
  'case.closed': { zh: '结案', en: 'Closed' }, 'case.dismissed': { zh: '不予受理', en: 'Dismissed' }, 'case.merged': { zh: '并案', en: 'Merged' }, 'case.unmerged': { zh: '撤销并案', en: 'Unmerged' }, 'case.reopened': { zh: '重新办理', en: 'Reopened' },
  'case.task-claimed': { zh: '领取', en: 'Taken' }, 'case.task-released': { zh: '放回', en: 'Put back' }, 'case.owned': { zh: '主责单位变更', en: 'Owner changed' },
  'case.evaluated': { zh: '评价', en: 'Evaluated' }, 'case.limit-near': { zh: '临期提醒', en: 'Deadline near' }, 'case.limit-passed': { zh: '已超时', en: 'Deadline passed' }, 'case.limit-escalated': { zh: '超时升级', en: 'Escalated' },
};
