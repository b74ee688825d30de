// Words for warnings.
export const stateWords: Record<string, string> = { raised: '待确认', acknowledged: '已确认', shelved: '已搁置', closed: '已结束', 'false-alarm': '误报' };
export const factWords: Record<string, string> = {
  'warning.raised': '触发',
  'warning.escalated': '升级提醒',
  'warning.level-changed': '等级变化',
  'warning.worsened': '等级上升',
  'warning.eased': '等级下降',
  'warning.acknowledged': '确认',
  'warning.closed': '结束',
  'warning.recovered': '恢复',
  'warning.handled': '处理完毕',
  'warning.false-alarm': '误报',
  'warning.shelved': '搁置',
  'warning.folded': '并入同因预警',
  'warning.reopened': '再次触发',
  'warning.responded': '转为事件',
  'warning.case-opened': '转为事件',
  'warning.inhibited': '被抑制',
  'warning.answered': '转为事件',
  'warning.storm': '同因合并',
  'warning.released': '解除抑制',
  'warning.unshelved': '搁置到期',
};
