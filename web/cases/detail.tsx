// One case: what it is, who must do what by when, everything that happened; buttons come from the same rules as the server's.
import { PrinterOutlined } from '@ant-design/icons';
import { Link, useParams } from '@tanstack/react-router';
import { App, Button, Dropdown, Steps, Table, Tag, Timeline, Tooltip } from 'antd';
import { useState } from 'react';
import { casesApi } from '#core/cases/contract.ts';
import type { Step } from '#core/cases/pack.ts';
import { type Case, type Task, nextLimit, open as isOpen } from '#core/cases/state.ts';
import { type Reply, addressOf, upload, useCall, useCommand, useMay } from '../api.ts';
import { useAreas } from '../people/areas.ts';
import { useText } from '../texts.tsx';
import { CityMap } from '../ui/city-map.tsx';
import { Countdown, Time, timeText } from '../ui/clock.tsx';
import { Level } from '../ui/level.tsx';
import { Loaded, Page } from '../ui/page.tsx';
import { ActDialog, type Wanted } from './act.tsx';
import { commandWords, factWords, sourceWords, stateWords, statusWords } from './texts.ts';

export type Detail = Reply<typeof casesApi.read>;

export function CaseDetail() {
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useCall(casesApi.read, { params: { id } });
  return (
    <Loaded query={query} rows={10}>
      {(data) => <Shown id={id} data={data} refresh={() => void query.refetch()} />}
    </Loaded>
  );
}

function Shown({ id, data, refresh }: { id: string; data: Detail; refresh: () => void }) {
  const s = useText();
  const may = useMay();
  const { modal, message } = App.useApp();
  const state = data.state as Case;
  const steps = data.stepInfo as Record<string, Step>;
  const { areas, schematic } = useAreas();
  const [wanted, setWanted] = useState<Wanted>();
  const act = useCommand(casesApi.act, { also: ['warnings'] });
  const unmask = useCommand(casesApi.unmask);
  const next = nextLimit(state);
  const done = new Set(state.tasks.filter((t) => !isOpen(t)).map((t) => t.step));
  const nowAt = next?.task.step ?? state.tasks.find(isOpen)?.step;
  const shownSteps = data.steps.filter((x) => x.code !== 'verify' || state.tasks.some((t) => t.step === 'verify'));
  const run = (w: Wanted) => {
    // What asks for nothing is done at once; the rest opens a form.
    if (['claim', 'release', 'accept', 'start', 'confirm', 'endorseExtension', 'grantExtension', 'grantDeferral', 'resume'].includes(w.kind))
      act.mutate({ params: { id }, version: data.version, body: { kind: w.kind, task: w.task } as never });
    else setWanted(w);
  };
  const caseActions = data.actions.filter((a) => a.task === null);
  return (
    <Page
      title={state.title}
      note={state.no}
      actions={
        <>
          <Button icon={<PrinterOutlined />} onClick={() => print()}>
            打印
          </Button>
        </>
      }
    >
      <section className="card">
        <div className="spread" style={{ alignItems: 'flex-start' }}>
          <div style={{ minWidth: 0, flex: '1 1 420px' }}>
            <div className="row" style={{ marginBottom: 8 }}>
              <Level level={state.level} />
              <Tag color={state.status === 'open' ? 'processing' : 'default'}>{s(statusWords[state.status])}</Tag>
              {state.tasks.filter((t) => steps[t.step]?.counted).length > 1 ? <Tag color="blue">多单位协同 {state.tasks.filter((t) => steps[t.step]?.counted).length}</Tag> : null}
              {state.arbitration ? <Tag color="orange">权责协商</Tag> : null}
              {state.supervisions ? <Tag color="red">督办 {state.supervisions}</Tag> : null}
              {state.mergedInto ? (
                <Link to="/cases/$id" params={{ id: state.mergedInto }}>
                  查看主案
                </Link>
              ) : null}
            </div>
            <dl className="facts">
              <div>
                <dt>来源</dt>
                <dd>
                  {s(sourceWords[state.source] ?? state.source)}
                  {data.origin?.startsWith('warning:') ? (
                    <>
                      {' '}
                      ·{' '}
                      <Link to="/warnings/$id" params={{ id: data.origin.slice(8) }}>
                        触发的预警
                      </Link>
                    </>
                  ) : null}
                </dd>
              </div>
              <div>
                <dt>事项</dt>
                <dd>
                  {s(data.matterName) || '未立案'}
                  {data.conditionName ? ` / ${s(data.conditionName)}` : ''}
                </dd>
              </div>
              <div>
                <dt>主责单位</dt>
                <dd>{s(data.names[state.owner] ?? state.owner)}</dd>
              </div>
              <div>
                <dt>上报时间</dt>
                <dd>{timeText(state.openedAt)}</dd>
              </div>
              <div>
                <dt>位置</dt>
                <dd>
                  {state.place
                    ? `${state.place.address || `${state.place.lon}, ${state.place.lat}`}${state.place.unit ? `（${s(data.names[state.place.unit] ?? state.place.unit)}）` : ''}`
                    : '未登记'}
                </dd>
              </div>
              {data.closing ? (
                <div>
                  <dt>结案条件</dt>
                  <dd>{s(data.closing)}</dd>
                </div>
              ) : null}
              {data.personal ? (
                <div>
                  <dt>联系方式</dt>
                  <dd>
                    {Object.values(data.personal).join('，')}{' '}
                    {may('case.handle') || may('case.accept') ? (
                      <a
                        onClick={() =>
                          modal.confirm({
                            title: '查看联系方式',
                            content: '查看会留下记录。',
                            onOk: async () => {
                              const r = await unmask.mutateAsync({ params: { id }, body: { reason: '办理需要' } });
                              modal.info({ title: '联系方式', content: Object.values(r).join('，') });
                            },
                          })
                        }
                      >
                        查看
                      </a>
                    ) : null}
                  </dd>
                </div>
              ) : null}
            </dl>
            {state.description ? <p style={{ whiteSpace: 'pre-wrap', margin: '10px 0 0' }}>{state.description}</p> : null}
          </div>
          {next ? (
            <div style={{ border: '1px solid var(--border)', borderRadius: 4, padding: '10px 16px', minWidth: 210 }}>
              <div className="muted">距{next.limit.name}时限</div>
              <Countdown large due={next.limit.due} from={next.limit.from} explanation={next.limit.explanation.join('\n')} />
              <div className="muted" style={{ fontSize: 12 }}>
                {timeText(next.limit.due)} 到期{next.limit.provisional ? '（暂定）' : ''}
              </div>
            </div>
          ) : null}
        </div>
        <Steps
          size="small"
          style={{ marginTop: 16 }}
          responsive
          current={-1}
          items={shownSteps.map((x) => ({
            title: s(x.name),
            status:
              state.status !== 'open' && done.has(x.code)
                ? 'finish'
                : x.code === nowAt || state.tasks.some((t) => isOpen(t) && t.step === x.code)
                  ? 'process'
                  : done.has(x.code)
                    ? 'finish'
                    : 'wait',
          }))}
        />
        <div className="row no-print" style={{ marginTop: 14 }}>
          {state.tasks
            .filter((t) => isOpen(t) && steps[t.step]?.kind !== 'do')
            .flatMap((t) =>
              data.actions.some((a) => a.task === t.id && a.kind === 'decide' && a.possible)
                ? steps[t.step]!.outcomes.map((o, i) => (
                    <Button
                      key={t.id + o.code}
                      {...(i === 0 ? { type: 'primary' as const } : {})}
                      danger={o.danger}
                      onClick={() => setWanted({ kind: 'decide', task: t.id, outcome: o.code })}
                    >
                      {s(o.name)}
                    </Button>
                  ))
                : [],
            )}
          {caseActions.length ? (
            <Dropdown
              menu={{
                items: caseActions
                  .filter((a) => a.kind !== 'evaluate')
                  .map((a) => ({ key: a.kind, label: s(commandWords[a.kind]), danger: a.kind === 'forceClose', onClick: () => setWanted({ kind: a.kind }) })),
              }}
            >
              <Button>更多 …</Button>
            </Dropdown>
          ) : null}
          {caseActions.some((a) => a.kind === 'evaluate') ? (
            <Button type="primary" onClick={() => setWanted({ kind: 'evaluate' })}>
              评价
            </Button>
          ) : null}
          {state.status === 'closed' && may('review.write') ? (
            <Link to="/reviews" search={{ case: id } as never}>
              <Button>复盘</Button>
            </Link>
          ) : null}
        </div>
      </section>
      <div style={{ display: 'grid', gridTemplateColumns: 'minmax(0, 2.2fr) minmax(280px, 1fr)', gap: 12, alignItems: 'start' }} className="two-columns">
        <div className="grid">
          <section className="card">
            <h2>任务</h2>
            <Table<Task>
              size="small"
              rowKey="id"
              pagination={false}
              scroll={{ x: 720 }}
              dataSource={state.tasks.filter((t) => steps[t.step]?.kind === 'do')}
              locale={{ emptyText: '还没有派遣' }}
              columns={[
                {
                  title: '单位',
                  render: (_, t) => (
                    <>
                      {s(data.names[t.unit] ?? t.unit)} {t.lead ? <Tag color="blue">主办</Tag> : null}
                    </>
                  ),
                },
                { title: '任务', dataIndex: 'title' },
                {
                  title: '状态',
                  render: (_, t) => (
                    <Tag color={t.state === 'done' ? 'success' : t.state === 'rework' ? 'error' : t.state === 'offered' ? 'warning' : 'processing'}>
                      {s(stateWords[t.state])}
                      {t.reworks ? ` ${t.reworks}` : ''}
                    </Tag>
                  ),
                },
                { title: '时限', render: (_, t) => <Limits task={t} /> },
                { title: '结果', render: (_, t) => (typeof t.form.result === 'string' ? t.form.result : typeof t.form.reply === 'string' ? t.form.reply : (t.note ?? '')) },
                {
                  title: '操作',
                  className: 'no-print',
                  render: (_, t) => (
                    <span className="row" style={{ gap: 4 }}>
                      {data.actions
                        .filter((a) => a.task === t.id && a.kind !== 'stage')
                        .map((a) => (
                          <Tooltip key={a.kind} title={a.why}>
                            <Button
                              size="small"
                              {...(['accept', 'submit', 'confirm'].includes(a.kind) && a.possible ? { type: 'primary' as const } : {})}
                              disabled={!a.possible}
                              loading={act.isPending}
                              onClick={() => run({ kind: a.kind, task: t.id })}
                            >
                              {s(commandWords[a.kind])}
                            </Button>
                          </Tooltip>
                        ))}
                      {data.actions.some((a) => a.task === t.id && a.kind === 'stage' && a.possible)
                        ? t.limits
                            .filter((l) => l.kind.startsWith('stage-') && !l.metAt)
                            .map((l) => (
                              <Button
                                key={l.kind}
                                size="small"
                                onClick={() => act.mutate({ params: { id }, version: data.version, body: { kind: 'stage', task: t.id, stage: l.kind } })}
                              >
                                {l.name}完成
                              </Button>
                            ))
                        : null}
                    </span>
                  ),
                },
              ]}
            />
          </section>
          <section className="card">
            <div className="spread">
              <h2 className="section-title">附件</h2>
              <label className="ant-btn no-print" style={{ cursor: 'pointer', color: 'var(--primary)' }}>
                上传
                <input
                  type="file"
                  hidden
                  onChange={(e) => {
                    const file = e.target.files?.[0];
                    if (file)
                      void upload(addressOf(casesApi.attach, { params: { id }, query: { name: file.name, type: file.type || 'application/octet-stream' } }), file)
                        .then(() => {
                          message.success('已上传');
                          refresh();
                        })
                        .catch((error: Error) => message.error(error.message));
                  }}
                />
              </label>
            </div>
            {data.files.length ? (
              <ul style={{ margin: 0, paddingLeft: 18 }}>
                {data.files.map((f) => (
                  <li key={f.sha256}>
                    <a href={addressOf(casesApi.file, { params: { id, sha256: f.sha256 } })} target="_blank" rel="noreferrer">
                      {f.name}
                    </a>{' '}
                    <span className="muted">
                      {Math.ceil(f.size / 1024)} KB · {f.by} · {timeText(f.at)}
                    </span>
                  </li>
                ))}
              </ul>
            ) : (
              <span className="muted">没有附件。不便拍照时可以不传。</span>
            )}
          </section>
          {data.similar.length ? (
            <section className="card">
              <h2>附近同类事件</h2>
              <ul style={{ margin: 0, paddingLeft: 18 }}>
                {data.similar.map((x) => (
                  <li key={x.id}>
                    <Link to="/cases/$id" params={{ id: x.id }}>
                      {x.title}
                    </Link>{' '}
                    <span className="muted">
                      {x.no} · {x.metres} 米 · {s(statusWords[x.status])}
                    </span>
                  </li>
                ))}
              </ul>
            </section>
          ) : null}
        </div>
        <div className="grid">
          {state.place ? (
            <section className="card">
              <CityMap
                label="事发位置"
                areas={areas}
                points={[{ id: 'here', lon: state.place.lon, lat: state.place.lat, level: state.level, label: state.place.address }]}
                schematic={schematic}
                height={230}
              />
            </section>
          ) : null}
          <section className="card">
            <h2>时间线</h2>
            <Timeline
              items={data.timeline.toReversed().map((f) => ({
                color:
                  f.kind.includes('limit-passed') || f.kind.includes('escalated') || f.kind.includes('rework') || f.kind.includes('returned')
                    ? 'red'
                    : f.kind.includes('done') || f.kind.includes('closed')
                      ? 'green'
                      : 'blue',
                content: <TimelineEntry f={f} data={data} state={state} steps={steps} />,
              }))}
            />
          </section>
        </div>
      </div>
      {wanted ? (
        <ActDialog
          id={id}
          data={data}
          wanted={wanted}
          onClose={() => setWanted(undefined)}
          onUpload={async (file) =>
            ((await upload(addressOf(casesApi.attach, { params: { id }, query: { name: file.name, type: file.type || 'application/octet-stream' } }), file)) as { sha256: string })
              .sha256
          }
        />
      ) : null}
    </Page>
  );
}

function Limits({ task }: { task: Task }) {
  return (
    <div style={{ display: 'grid', gap: 2 }}>
      {task.limits.map((l) => (
        <Tooltip key={l.kind + l.generation} title={<span style={{ whiteSpace: 'pre-line' }}>{l.explanation.join('\n')}</span>}>
          <span style={{ fontSize: 12, display: 'flex', gap: 6, alignItems: 'baseline' }}>
            <span className="muted">{l.name}</span>
            {l.metAt ? (
              <span style={{ color: l.late ? 'var(--bad)' : 'var(--ok)' }}>
                {l.late ? '超时' : '按时'} {timeText(l.metAt).slice(5)}
              </span>
            ) : task.state === 'paused' ? (
              <span className="muted">挂账至 {task.deferral.until?.slice(0, 10)}</span>
            ) : (
              <Countdown due={l.due} />
            )}
          </span>
        </Tooltip>
      ))}
    </div>
  );
}

function TimelineEntry({ f, data, state, steps }: { f: Detail['timeline'][number]; data: Detail; state: Case; steps: Record<string, Step> }) {
  const s = useText();
  const d = f.data as Record<string, string>;
  const task = state.tasks.find((t) => t.id === (d.task ?? d.id));
  const unit = task ? s(data.names[task.unit] ?? task.unit) : undefined;
  const form = f.data.form as Record<string, unknown> | undefined;
  const words = [d.outcomeName, d.reason, d.text, d.note, d.suggested ? `建议 ${d.suggested}` : '', form?.result, form?.reply, form?.evidence, form?.comment]
    .filter((x) => typeof x === 'string' && x)
    .join('；');
  return (
    <div>
      <div>
        <strong>{s(factWords[f.kind] ?? f.kind)}</strong>
        {unit && task && steps[task.step]?.kind === 'do' ? ` · ${unit}` : task ? ` · ${s(steps[task.step]?.name)}` : ''}
      </div>
      {words ? <div style={{ overflowWrap: 'anywhere' }}>{words}</div> : null}
      <div className="muted" style={{ fontSize: 12 }}>
        <Time at={f.at} /> {f.by.startsWith('system:') ? '系统' : f.by}
      </div>
    </div>
  );
}
