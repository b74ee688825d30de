// The binding of a target to a live number: bound, suggested with score and reasons, or chosen by hand; confirm, reject, undo.
import { Link } from '@tanstack/react-router';
import { Button, Form, Popconfirm, Radio, Select, Tag } from 'antd';
import { financeApi } from '#core/finance/contract.ts';
import { indicatorsApi } from '#core/indicators/contract.ts';
import { peopleApi } from '#core/people/contract.ts';
import { type Reply, useCall, useCommand } from '../api.ts';
import { useText } from '../texts.tsx';
import { timeText } from '../ui/clock.tsx';
import type { Target } from './promise.tsx';
import { target as words } from './texts-targets.ts';

type Suggestion = NonNullable<Target['suggestion']>;
type Detail = Reply<typeof financeApi.target>;

/** In the list: what it is bound to, or the best suggestion with its two buttons. */
export function BindingCell({ of: t, may }: { of: Target; may: boolean }) {
  const s = useText();
  const bind = useCommand(financeApi.bindTarget, { done: s(words.confirmed) });
  const reject = useCommand(financeApi.rejectSuggestion);
  if (t.binding)
    return (
      <>
        {t.binding.kind === 'indicator' ? (
          <Link to="/indicators/$code" params={{ code: t.binding.code }} onClick={(e) => e.stopPropagation()}>
            {s(t.binding.name)}
          </Link>
        ) : (
          s(t.binding.name)
        )}
        <div className="muted" style={{ fontSize: 12 }}>
          {s(t.binding.unitName)}
        </div>
      </>
    );
  const g = t.suggestion;
  if (!g) return <span className="muted">{s(words.noSuggestion)}</span>;
  return (
    <div onClick={(e) => e.stopPropagation()} onKeyDown={(e) => e.stopPropagation()} role="presentation">
      <span>{s(words.suggestion, { name: s(g.name), score: Math.round(g.score) })}</span>
      <div className="muted fin-one" style={{ fontSize: 12 }} title={g.reasons.join('；')}>
        {g.reasons.join('；')}
      </div>
      {may ? (
        <div className="row no-print" style={{ gap: 4, marginTop: 2 }}>
          <Button
            size="small"
            type="primary"
            ghost
            loading={bind.isPending}
            onClick={() => bind.mutate({ params: { key: t.key }, body: { kind: g.kind, code: g.code, unit: g.unit, progress: g.progress } })}
            aria-label={`${s(words.confirm)} ${t.indicator}`}
          >
            {s(words.confirm)}
          </Button>
          <Button
            size="small"
            loading={reject.isPending}
            onClick={() => reject.mutate({ params: { key: t.key }, body: { kind: g.kind, code: g.code, unit: g.unit, rejected: true } })}
            aria-label={`${s(words.reject)} ${t.indicator}`}
          >
            {s(words.reject)}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

/** In the drawer: everything about the binding. */
export function BindingPanel({ of: t }: { of: Detail }) {
  const s = useText();
  const bind = useCommand(financeApi.bindTarget, { done: s(words.confirmed) });
  const unbind = useCommand(financeApi.unbindTarget, { done: s(words.undone) });
  const reject = useCommand(financeApi.rejectSuggestion);
  const confirm = (g: Suggestion) => bind.mutate({ params: { key: t.key }, body: { kind: g.kind, code: g.code, unit: g.unit, progress: g.progress } });
  return (
    <>
      {t.binding ? (
        <div className="card" style={{ background: 'var(--head)' }}>
          <div className="spread">
            <span>
              <Tag color="success">{s(words.bound)}</Tag>
              {t.binding.kind === 'indicator' ? (
                <Link to="/indicators/$code" params={{ code: t.binding.code }}>
                  {s(t.binding.name)}
                </Link>
              ) : (
                <b>{s(t.binding.name)}</b>
              )}
              （{s(t.binding.unitName)}）
            </span>
            {t.mayBind ? (
              <Popconfirm title={s(words.unbindAsk)} onConfirm={() => unbind.mutate({ params: { key: t.key } })}>
                <Button size="small" danger loading={unbind.isPending}>
                  {s(words.unbind)}
                </Button>
              </Popconfirm>
            ) : null}
          </div>
          <div className="muted">
            {s(words.meaning)}：{s(t.binding.meaning)} · {s(t.binding.progress === 'cumulative' ? words.cumulative : words.level)}
          </div>
          <div className="muted">
            {s(words.boundBy, { name: t.binding.byName, at: timeText(t.binding.at) })}。{t.binding.reason}
          </div>
        </div>
      ) : null}
      {t.suggestions.length ? (
        <>
          <h3>{s(words.suggestions)}</h3>
          <ul className="fin-list">
            {t.suggestions.map((g) => (
              <li key={`${g.kind}/${g.code}/${g.unit}`} style={{ padding: '8px 0' }}>
                <div className="spread">
                  <span style={g.rejected ? { textDecoration: 'line-through' } : undefined}>
                    <b>{s(g.name)}</b>（{s(g.unitName)}，{g.measure}）<Tag>{s(g.kind === 'indicator' ? words.kindIndicator : words.kindTarget)}</Tag>
                    <code className="muted" style={{ fontSize: 12 }}>
                      {g.code}
                    </code>
                    <Tag color={g.score >= 70 ? 'success' : 'default'}>{Math.round(g.score)}</Tag>
                  </span>
                  {t.mayBind ? (
                    <span className="row" style={{ gap: 4 }}>
                      {g.rejected ? null : (
                        <Button
                          size="small"
                          type="primary"
                          ghost
                          onClick={() => confirm(g)}
                          disabled={t.binding?.kind === g.kind && t.binding.code === g.code && t.binding.unit === g.unit}
                        >
                          {s(words.confirm)}
                        </Button>
                      )}
                      <Button size="small" onClick={() => reject.mutate({ params: { key: t.key }, body: { kind: g.kind, code: g.code, unit: g.unit, rejected: !g.rejected } })}>
                        {s(g.rejected ? words.restore : words.reject)}
                      </Button>
                    </span>
                  ) : null}
                </div>
                <div className="muted" style={{ fontSize: 12.5 }}>
                  {s(words.why)}：{g.reasons.join('；')}
                </div>
              </li>
            ))}
          </ul>
        </>
      ) : null}
      {t.mayBind ? (
        <details style={{ marginTop: 10 }}>
          <summary>{s(words.manual)}</summary>
          <p className="muted">{s(words.manualHint)}</p>
          <ByHand of={t} />
        </details>
      ) : null}
    </>
  );
}

function ByHand({ of: t }: { of: Detail }) {
  const s = useText();
  const indicators = useCall(indicatorsApi.list, { query: { limit: 500 } }, { staleTime: 300_000 });
  const units = useCall(peopleApi.units, {}, { staleTime: 600_000 });
  const bind = useCommand(financeApi.bindTarget, { done: s(words.confirmed) });
  const codes = [...new Map((indicators.data?.items ?? []).map((i) => [i.code, i])).values()];
  return (
    <Form
      layout="vertical"
      initialValues={{ unit: t.unit, progress: 'level' }}
      onFinish={(v: { code: string; unit: string; progress: 'cumulative' | 'level' }) =>
        bind.mutate({ params: { key: t.key }, body: { kind: 'indicator', code: v.code, unit: v.unit, progress: v.progress } })
      }
    >
      <Form.Item name="code" label={s(words.source)} rules={[{ required: true }]}>
        <Select
          aria-label={s(words.source)}
          showSearch={{ optionFilterProp: 'label' }}
          options={codes.map((i) => ({ value: i.code, label: `${s(i.name)}（${i.unit}） ${i.code}` }))}
        />
      </Form.Item>
      <Form.Item name="unit" label={s(words.unitOf)} rules={[{ required: true }]}>
        <Select
          aria-label={s(words.unitOf)}
          showSearch={{ optionFilterProp: 'label' }}
          options={(units.data?.items ?? []).filter((u) => u.active && u.kind !== 'grid').map((u) => ({ value: u.path, label: s(u.name) }))}
        />
      </Form.Item>
      <Form.Item name="progress" label={s(words.kindOfValue)}>
        <Radio.Group
          options={[
            { value: 'cumulative', label: s(words.cumulative) },
            { value: 'level', label: s(words.level) },
          ]}
        />
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={bind.isPending}>
        {s(words.bindIt)}
      </Button>
    </Form>
  );
}
