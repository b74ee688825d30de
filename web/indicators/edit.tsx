// Editing a definition: common parts by form, the rest as JSON; tried on history beside the present one, then published as the next version.
import { useNavigate, useParams } from '@tanstack/react-router';
import { Alert, App, Button, Checkbox, Input, InputNumber, Select, Switch } from 'antd';
import { type ReactNode, useMemo, useState } from 'react';
import { indicatorsApi } from '#core/indicators/contract.ts';
import { type Band, type Indicator, indicatorDefinition } from '#core/indicators/pack.ts';
import { durationMs } from '#core/time.ts';
import { CallError, type Reply, useCall, useCommand } from '../api.ts';
import { useText } from '../texts.tsx';
import { serverNow, timeText } from '../ui/clock.tsx';
import { levelWords } from '../ui/level.tsx';
import { Loaded } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { BandChart } from './band-chart.tsx';
import { common, directionWords, edit as words } from './texts.ts';
import { IndicatorsPage, useCatalogue, useUnitList } from './words.tsx';

type Read = Reply<typeof indicatorsApi.read>;
type Change = (next: Indicator) => void;
/** Periods one trial computes. */
const MAX_PERIODS = 400;

export function IndicatorEdit() {
  const { code } = useParams({ strict: false }) as { code: string };
  const one = useCall(indicatorsApi.read, { params: { code }, query: {} }, { staleTime: Number.POSITIVE_INFINITY });
  return (
    <Loaded query={one} rows={8}>
      {(data) => <Editor key={`${code}/${data.version}`} code={code} data={data} />}
    </Loaded>
  );
}

function Editor({ code, data }: { code: string; data: Read }) {
  const s = useText();
  const navigate = useNavigate();
  const { modal, message } = App.useApp();
  const original = data.definition as unknown as Indicator;
  const [d, setD] = useState<Indicator>(original);
  const [json, setJson] = useState<string>();
  const [badJson, setBadJson] = useState<string>();
  const [scope, setScope] = useState((data.scopes.find((x) => x.value !== null) ?? data.scopes[0])?.scope);
  const [recompute, setRecompute] = useState(true);
  const [tried, setTried] = useState<{ of: string; reply: Reply<typeof indicatorsApi.preview> }>();
  const preview = useCommand(indicatorsApi.preview, { quiet: true });
  const publish = useCommand(indicatorsApi.publish, { quiet: true, also: ['jobs'] });
  const key = JSON.stringify(d);
  const changed = key !== JSON.stringify(original);
  const checked = useMemo(() => indicatorDefinition.safeParse(d), [d]);
  const faults = checked.success ? [] : checked.error.issues.slice(0, 8).map((i) => `${i.path.join('.')}：${i.message}`);
  const server = (preview.error ?? publish.error) as Error | null;
  const current = tried?.of === key ? tried.reply : undefined;
  const take: Change = (next) => {
    setD(next);
    setJson(undefined);
    setBadJson(undefined);
    preview.reset();
    publish.reset();
  };
  const tryIt = () => {
    const end = serverNow();
    const every = durationMs(d.window.every) ?? 86_400_000;
    preview.mutate(
      {
        params: { code },
        body: {
          definition: d as never,
          scope: scope!,
          from: new Date(end - Math.min(every * (MAX_PERIODS - 2), 366 * 86_400_000)).toISOString(),
          to: new Date(end + 60_000).toISOString(),
        },
      },
      { onSuccess: (reply) => setTried({ of: key, reply }) },
    );
  };
  const send = () =>
    modal.confirm({
      title: s(words.publishAsk, { name: s(d.name), n: data.version + 1 }),
      content: s(words.publishHelp, { n: data.readers.length }),
      okText: s(words.publish),
      onOk: () =>
        publish
          .mutateAsync({ params: { code }, body: { definition: d as never, ...(recompute ? { recomputeFrom: new Date(serverNow() - 30 * 86_400_000).toISOString() } : {}) } })
          .then((r) => {
            message.success(s(r.job ? words.doneJob : words.done, { n: r.version }));
            return navigate({ to: '/indicators/$code', params: { code } });
          })
          .catch(() => {}),
    });
  return (
    <IndicatorsPage
      title={s(words.title, { name: s(original.name) })}
      note={s(words.note)}
      actions={<Button onClick={() => void navigate({ to: '/indicators/$code', params: { code } })}>{s(words.back)}</Button>}
    >
      <div className="two-columns even">
        <div className="grid">
          <Basics d={d} onChange={take} />
          {d.source.kind === 'composite' ? <Weights d={d} onChange={take} /> : null}
          {d.source.kind === 'expression' ? <Formula d={d} onChange={take} /> : null}
          <Bands d={d} onChange={take} />
          <details className="card">
            <summary>{s(words.advanced)}</summary>
            {badJson ? <Alert type="error" showIcon title={s(words.badJson, { why: badJson })} style={{ margin: '8px 0' }} /> : null}
            <Input.TextArea
              aria-label={s(words.advanced)}
              autoSize={{ minRows: 8, maxRows: 24 }}
              style={{ fontFamily: 'ui-monospace, monospace', fontSize: 12.5, marginTop: 8 }}
              value={json ?? JSON.stringify(d, null, 1)}
              onChange={(e) => {
                setJson(e.target.value);
                try {
                  const next = JSON.parse(e.target.value) as Indicator;
                  if (typeof next !== 'object' || next === null || !next.source || !next.window || !next.name) throw new Error('name, source, window');
                  setD(next);
                  setBadJson(undefined);
                } catch (error) {
                  setBadJson((error as Error).message);
                }
              }}
            />
          </details>
        </div>
        <div className="grid">
          <section className="card">
            <div className="filters" style={{ marginBottom: 10 }}>
              <Select
                aria-label={s(common.unit)}
                value={scope}
                onChange={(v) => {
                  setScope(v);
                  setTried(undefined);
                }}
                style={{ minWidth: 180 }}
                showSearch={{ optionFilterProp: 'label' }}
                options={data.scopes.map((x) => ({ value: x.scope, label: x.name }))}
              />
              <Button type={current ? 'default' : 'primary'} disabled={!changed || !checked.success || Boolean(badJson) || !scope} loading={preview.isPending} onClick={tryIt}>
                {s(words.try)}
              </Button>
            </div>
            {changed ? null : <Alert type="info" showIcon title={s(words.nothing)} />}
            {faults.length ? (
              <Alert
                type="warning"
                showIcon
                title={s(words.faults)}
                description={
                  <ul style={{ margin: 0, paddingLeft: 18 }}>
                    {faults.map((f) => (
                      <li key={f}>{f}</li>
                    ))}
                  </ul>
                }
              />
            ) : null}
            {server ? (
              <Alert
                type="error"
                showIcon
                role="alert"
                title={server instanceof CallError ? server.message : s(common.offline)}
                description={server instanceof CallError ? server.problem.errors?.map((e) => `${e.pointer.replace('/body/definition/', '')}：${e.message}`).join('；') : undefined}
              />
            ) : null}
            {current ? <Difference reply={current} unit={d.unit} bands={d.levels?.bands} /> : null}
          </section>
          {changed ? (
            <section className="card row">
              <Checkbox checked={recompute} onChange={(e) => setRecompute(e.target.checked)}>
                {s(words.recompute)}
              </Checkbox>
              <span title={current ? undefined : s(words.mustTry)}>
                <Button type="primary" disabled={!current} loading={publish.isPending} onClick={send}>
                  {s(words.publish)}
                </Button>
              </span>
              {current ? null : <span className="muted">{s(words.mustTry)}</span>}
            </section>
          ) : null}
        </div>
      </div>
    </IndicatorsPage>
  );
}

/** Before and after on history, and the periods that change. */
function Difference({ reply, unit, bands }: { reply: Reply<typeof indicatorsApi.preview>; unit: string; bands: readonly Band[] | undefined }) {
  const s = useText();
  const [before, after] = [s(words.before), s(words.after)];
  const curves = useMemo(
    () => [
      { name: before, points: reply.points.map((p) => ({ at: p.bucket, value: p.before })), colour: '#7f8fa6', dashed: true },
      { name: after, points: reply.points.map((p) => ({ at: p.bucket, value: p.after })) },
    ],
    [reply, before, after],
  );
  const levelName = (code: string | null) => (code ? s(bands?.find((b) => b.code === code)?.name) || code : '');
  const changed = reply.points.filter((p) => p.before !== p.after || p.beforeLevel !== p.afterLevel).toReversed();
  return (
    <>
      <p role="status">
        <strong>{s(words.tried, { n: reply.points.length, c: reply.changed })}</strong>{' '}
        {reply.truncated ? <span className="muted">{s(words.truncated, { n: reply.points.length })}</span> : null}
      </p>
      <BandChart curves={curves} bands={bands} unit={unit} label={s(words.try)} />
      {changed.length ? (
        <Rows
          label={s(words.changedRows)}
          rows={changed}
          rowKey={(p) => p.bucket}
          pageSize={8}
          minWidth={420}
          columns={[
            { title: s(common.time), card: 'head', render: (p) => timeText(p.bucket) },
            { title: s(words.before), render: (p) => `${p.before ?? s(common.unknown)} ${levelName(p.beforeLevel)}` },
            { title: s(words.after), render: (p) => <strong>{`${p.after ?? s(common.unknown)} ${levelName(p.afterLevel)}`}</strong> },
          ]}
        />
      ) : (
        <p className="muted">{s(words.noneChanged)}</p>
      )}
    </>
  );
}

function Field({ label, children }: { label: string; children: ReactNode }) {
  return (
    <label style={{ display: 'grid', gap: 2, minWidth: 0 }}>
      <span className="muted" style={{ fontSize: 12 }}>
        {label}
      </span>
      {children}
    </label>
  );
}
const columns = { display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(180px, 1fr))', gap: 10 } as const;

function Basics({ d, onChange }: { d: Indicator; onChange: Change }) {
  const s = useText();
  const f = words.fields;
  const units = useUnitList().filter((u) => u.path.includes('.'));
  return (
    <section className="card" style={columns}>
      <Field label={s(f.nameZh)}>
        <Input value={d.name.zh} onChange={(e) => onChange({ ...d, name: { ...d.name, zh: e.target.value } })} />
      </Field>
      <Field label={s(f.nameEn)}>
        <Input value={d.name.en} onChange={(e) => onChange({ ...d, name: { ...d.name, en: e.target.value } })} />
      </Field>
      <div style={{ gridColumn: '1 / -1' }}>
        <Field label={s(f.meaningZh)}>
          <Input.TextArea autoSize={{ minRows: 2 }} value={d.meaning.zh} onChange={(e) => onChange({ ...d, meaning: { ...d.meaning, zh: e.target.value } })} />
        </Field>
      </div>
      <Field label={s(f.owner)}>
        <Select
          aria-label={s(f.owner)}
          value={d.owner}
          onChange={(owner) => onChange({ ...d, owner })}
          showSearch={{ optionFilterProp: 'label' }}
          options={units.map((u) => ({ value: u.path.split('.').slice(1).join('.'), label: u.name }))}
        />
      </Field>
      <Field label={s(f.direction)}>
        <Select
          aria-label={s(f.direction)}
          value={d.direction}
          onChange={(direction) => onChange({ ...d, direction })}
          options={Object.entries(directionWords).map(([value, label]) => ({ value: value as 'band', label: s(label) }))}
        />
      </Field>
      <Field label={s(f.unit)}>
        <Input value={d.unit} maxLength={20} onChange={(e) => onChange({ ...d, unit: e.target.value })} />
      </Field>
      <Field label={s(f.decimals)}>
        <InputNumber min={0} max={6} precision={0} value={d.decimals} style={{ width: '100%' }} onChange={(v) => onChange({ ...d, decimals: v ?? 0 })} />
      </Field>
      <div style={{ gridColumn: '1 / -1' }}>
        <Field label={s(f.sourceRef)}>
          <Input value={d.sourceRef} onChange={(e) => onChange({ ...d, sourceRef: e.target.value })} />
        </Field>
      </div>
    </section>
  );
}

/** Names of indicators for choosing an input or a part. */
function useChoices() {
  const s = useText();
  const all = useCatalogue(undefined);
  return (all.data ?? []).map((i) => ({ value: i.code, label: s(i.name) }));
}

function Weights({ d, onChange }: { d: Indicator; onChange: Change }) {
  const s = useText();
  const choices = useChoices();
  if (d.source.kind !== 'composite') return null;
  const { parts } = d.source;
  const total = parts.reduce((n, p) => n + p.weight, 0);
  const put = (next: typeof parts) => onChange({ ...d, source: { kind: 'composite', parts: next } });
  const name = (code: string) => choices.find((c) => c.value === code)?.label ?? code;
  return (
    <section className="card">
      <h2>{s(words.weights)}</h2>
      <div className="grid">
        {parts.map((p, i) => {
          const set = (next: Partial<typeof p>) => put(parts.map((x, n) => (n === i ? { ...x, ...next } : x)));
          return (
            <div key={p.code} style={{ borderBottom: '1px solid var(--border)', paddingBottom: 8 }}>
              <div className="spread" style={{ flexWrap: 'nowrap' }}>
                <span style={{ minWidth: 0, overflowWrap: 'anywhere' }}>{name(p.code)}</span>
                <Button size="small" disabled={parts.length <= 2} onClick={() => put(parts.filter((_, n) => n !== i))}>
                  {s(common.remove)}
                </Button>
              </div>
              <div style={{ ...columns, gridTemplateColumns: 'repeat(3, minmax(0, 1fr))' }}>
                <Field label={`${s(words.weight)}（${s(words.share)} ${total ? Math.round((p.weight / total) * 1000) / 10 : 0}%）`}>
                  <InputNumber min={0.01} value={p.weight} style={{ width: '100%' }} onChange={(v) => v && set({ weight: v })} />
                </Field>
                <Field label={s(words.worst)}>
                  <InputNumber value={p.worst} style={{ width: '100%' }} onChange={(v) => v !== null && set({ worst: v })} />
                </Field>
                <Field label={s(words.best)}>
                  <InputNumber value={p.best} style={{ width: '100%' }} onChange={(v) => v !== null && set({ best: v })} />
                </Field>
              </div>
              <div style={{ height: 4, background: 'var(--head)', marginTop: 6 }}>
                <div style={{ height: 4, width: `${total ? (p.weight / total) * 100 : 0}%`, background: 'var(--primary)' }} />
              </div>
            </div>
          );
        })}
        <Select
          aria-label={s(common.add)}
          placeholder={s(common.add)}
          value={null}
          showSearch={{ optionFilterProp: 'label' }}
          options={choices.filter((c) => c.value !== d.code && !parts.some((p) => p.code === c.value))}
          onChange={(code: string | null) => code && put([...parts, { code, weight: 1, worst: 0, best: 100 }])}
        />
      </div>
    </section>
  );
}

function Formula({ d, onChange }: { d: Indicator; onChange: Change }) {
  const s = useText();
  const choices = useChoices();
  if (d.source.kind !== 'expression') return null;
  const source = d.source;
  const put = (next: Partial<typeof source>) => onChange({ ...d, source: { ...source, ...next } });
  return (
    <section className="card grid">
      <Field label={s(words.formula)}>
        <Input.TextArea autoSize value={source.formula} onChange={(e) => put({ formula: e.target.value })} style={{ fontFamily: 'ui-monospace, monospace' }} />
      </Field>
      <span className="muted" style={{ fontSize: 12 }}>
        {s(words.formulaHelp)}
      </span>
      {Object.entries(source.inputs).map(([name, code]) => (
        <Field key={name} label={`${s(words.inputs)} ${name}`}>
          <Select aria-label={name} value={code} showSearch={{ optionFilterProp: 'label' }} options={choices} onChange={(v) => put({ inputs: { ...source.inputs, [name]: v } })} />
        </Field>
      ))}
    </section>
  );
}

function Bands({ d, onChange }: { d: Indicator; onChange: Change }) {
  const s = useText();
  if (!d.levels)
    return (
      <section className="card spread">
        <span className="muted">{s(words.noBands)}</span>
        <Button
          size="small"
          onClick={() =>
            onChange({
              ...d,
              levels: {
                bands: [
                  { code: 'b1', name: { zh: '低', en: 'Low' }, upTo: 50 },
                  { code: 'b2', name: { zh: '高', en: 'High' } },
                ],
                sourceRef: d.sourceRef,
              },
            })
          }
        >
          {s(words.addBands)}
        </Button>
      </section>
    );
  const levels = d.levels;
  const set = (i: number, next: Band) => onChange({ ...d, levels: { ...levels, bands: levels.bands.map((b, n) => (n === i ? next : b)) } });
  return (
    <section className="card">
      <h2>{s(words.bands)}</h2>
      <div className="grid">
        {levels.bands.map((b, i) => {
          const inclusive = b.below === undefined;
          const end = b.upTo ?? b.below;
          const without = (({ upTo: _u, below: _b, ...rest }) => rest)(b);
          return (
            <div key={b.code} style={{ ...columns, gridTemplateColumns: 'minmax(0, 1.2fr) minmax(0, 1fr) minmax(0, 1.1fr)', alignItems: 'end' }}>
              <Field label={s(words.bandName)}>
                <Input value={b.name.zh} onChange={(e) => set(i, { ...b, name: { ...b.name, zh: e.target.value } })} />
              </Field>
              {i < levels.bands.length - 1 ? (
                <Field label={`${s(words.upTo)}（${inclusive ? '≤' : '<'}）`}>
                  <span className="row" style={{ flexWrap: 'nowrap' }}>
                    <InputNumber
                      value={end ?? null}
                      style={{ width: '100%' }}
                      aria-label={s(words.upTo)}
                      onChange={(v) => v !== null && set(i, { ...without, ...(inclusive ? { upTo: v } : { below: v }) })}
                    />
                    <Switch
                      size="small"
                      checked={inclusive}
                      aria-label={s(words.inclusive)}
                      title={s(words.inclusive)}
                      onChange={(on) => end !== undefined && set(i, { ...without, ...(on ? { upTo: end } : { below: end }) })}
                    />
                  </span>
                </Field>
              ) : (
                <span className="muted">{s(words.last)}</span>
              )}
              <Field label={s(words.grade)}>
                <Select
                  aria-label={s(words.grade)}
                  value={b.grade ?? 0}
                  options={[{ value: 0, label: s(words.noGrade) }, ...levelWords.map((l, n) => ({ value: n + 1, label: s(l) }))]}
                  onChange={(v) => {
                    const { grade: _, ...rest } = b;
                    set(i, v ? { ...rest, grade: v as 1 } : rest);
                  }}
                />
              </Field>
            </div>
          );
        })}
        <Field label={s(words.bandsBasis)}>
          <Input value={levels.sourceRef} onChange={(e) => onChange({ ...d, levels: { ...levels, sourceRef: e.target.value } })} />
        </Field>
      </div>
    </section>
  );
}
