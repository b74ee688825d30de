// One indicator: what it means, its curve within its levels, what stands behind each number, its versions, the towns beside each other.
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { App, Button, Segmented, Select, Tag } from 'antd';
import { type ReactNode, useMemo, useState } from 'react';
import { indicatorsApi } from '#core/indicators/contract.ts';
import type { Band, Indicator } from '#core/indicators/pack.ts';
import { type Reply, useCall, useCommand, useMay } from '../api.ts';
import { useText } from '../texts.tsx';
import { serverNow, timeText } from '../ui/clock.tsx';
import { Level } from '../ui/level.tsx';
import { Figure, Figures, Loaded, Nothing } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { BandChart } from './band-chart.tsx';
import { Behind } from './behind.tsx';
import { common, detail as words, directionWords, everyWords, reasonWords, sourceWords, tierWords } from './texts.ts';
import { RankedBars, TownMap } from './towns.tsx';
import { IndicatorsPage, LevelOf, Value, useSectors, useUnitNames } from './words.tsx';

type Read = Reply<typeof indicatorsApi.read>;
type Point = Reply<typeof indicatorsApi.series>['points'][number];
const spans = [1, 7, 30, 366];

/** 上限的写法: ≤ 10, < 10, > 8. */
export function bandText(bands: readonly Band[], i: number, unit: string): string {
  const b = bands[i]!;
  const end = b.upTo ?? b.below;
  const before = bands[i - 1];
  const start = before && (before.upTo ?? before.below);
  const low = start === undefined ? '' : `${before!.upTo === undefined ? '≥' : '>'} ${start}`;
  const high = end === undefined ? '' : `${b.upTo === undefined ? '<' : '≤'} ${end}`;
  return `${[low, high].filter(Boolean).join('，')} ${unit}`;
}

export function IndicatorDetail() {
  const { code } = useParams({ strict: false }) as { code: string };
  const one = useCall(indicatorsApi.read, { params: { code }, query: {} });
  // A link to another indicator begins anew.
  return (
    <Loaded query={one} rows={8}>
      {(data) => <Detail key={code} code={code} data={data} />}
    </Loaded>
  );
}

function Detail({ code, data }: { code: string; data: Read }) {
  const s = useText();
  const may = useMay();
  const navigate = useNavigate();
  const { modal } = App.useApp();
  const search = useSearch({ strict: false }) as { scope?: string };
  const d = data.definition as unknown as Indicator;
  const { nameOf, trackOf } = useSectors();
  const unitName = useUnitNames();
  const compared = useCall(indicatorsApi.compare, { params: { code }, query: { kind: 'town' } });
  const recompute = useCommand(indicatorsApi.recompute, { done: s(words.recomputing), also: ['jobs'] });
  const [scope, setScope] = useState(search.scope);
  const [days, setDays] = useState(['P1M', 'P3M', 'P1Y'].includes(d.window.every) ? 366 : d.window.every.startsWith('P1') ? 30 : 7);
  const [bucket, setBucket] = useState<string>();
  const [end] = useState(() => new Date(serverNow() + 60_000).toISOString());
  const chosen = data.scopes.some((x) => x.scope === scope) ? scope : data.scopes[0]?.scope;
  const here = data.scopes.find((x) => x.scope === chosen);
  const series = useCall(
    indicatorsApi.series,
    { params: { code }, query: { scope: chosen ?? 'unit:demo', from: new Date(Date.parse(end) - days * 86_400_000).toISOString(), to: end } },
    { enabled: Boolean(chosen), placeholderData: (old) => old },
  );
  const points = series.data?.points;
  const name = s(d.name);
  const curves = useMemo(() => [{ name, points: (points ?? []).map((p) => ({ at: p.bucket, value: p.value })) }], [points, name]);
  const bands = d.levels?.bands;
  const back = Math.min(days, 92);
  return (
    <IndicatorsPage
      title={s(d.name)}
      note={code}
      actions={
        <>
          {may('indicator.manage') ? (
            <>
              <Button
                onClick={() =>
                  modal.confirm({
                    title: s(words.recomputeAsk, { n: back }),
                    content: s(words.recomputeHelp),
                    onOk: () => recompute.mutateAsync({ params: { code }, body: { from: new Date(Date.parse(end) - back * 86_400_000).toISOString(), to: end } }).catch(() => {}),
                  })
                }
              >
                {s(words.recompute)}
              </Button>
              <Button type="primary" onClick={() => void navigate({ to: '/indicators/$code/edit', params: { code } })}>
                {s(words.edit)}
              </Button>
            </>
          ) : null}
          <Button onClick={() => print()}>{s(common.print)}</Button>
        </>
      }
    >
      {here ? (
        <Figures>
          <Figure
            label={here.name}
            value={<Value big value={here.value} unit={d.unit} reason={here.reason} />}
            note={here.value === null ? s(reasonWords[here.reason ?? '']) : timeText(here.bucket)}
          />
          <Figure label={s(common.level)} value={here.value === null ? '—' : <LevelOf of={here} />} />
          <Figure label={s(words.coverage)} value={`${Math.round(here.coverage * 100)}%`} />
          <Figure label={s(common.instances)} value={data.scopes.length} />
        </Figures>
      ) : null}
      <section className="card">
        <dl className="facts">
          <Fact name={s(words.meaning)}>{s(d.meaning) || '—'}</Fact>
          <Fact name={s(common.sector)}>{`${nameOf(d.sector)} / ${trackOf(d.track)} · ${s(tierWords[d.tier])}`}</Fact>
          <Fact name={s(common.owner)}>{unitName(d.owner)}</Fact>
          <Fact name={s(words.source)}>
            {s(sourceWords[d.source.kind]) || d.source.kind}
            {d.source.kind === 'expression'
              ? `：${d.source.formula}`
              : d.source.kind === 'stream'
                ? `：${d.source.profile}/${d.source.stream} · ${d.source.agg}`
                : d.source.kind === 'feed'
                  ? `：${s(d.source.system)}`
                  : ''}
          </Fact>
          <Fact name={s(words.window)}>{s(everyWords[d.window.every]) || d.window.every}</Fact>
          <Fact name={s(common.direction)}>{s(directionWords[d.direction])}</Fact>
          <Fact name={s(words.basis)}>{d.sourceRef}</Fact>
          <Fact name={s(words.version)}>
            {s(words.versionLine, { n: data.version })}
            {data.versions.length > 1 ? `（${s(words.ofVersions, { n: data.versions.length })}）` : ''}
          </Fact>
          {data.inputs.length ? <Codes name={s(words.from)} codes={data.inputs} /> : null}
          {data.readers.length ? <Codes name={s(words.usedBy)} codes={data.readers} /> : null}
        </dl>
        {bands ? (
          <div className="row" style={{ marginTop: 10 }}>
            <span className="muted">{s(words.levels)}</span>
            {bands.map((b, i) => (
              <Tag key={b.code} className={b.grade ? `level-${b.grade}` : ''}>
                {b.grade ? <Level level={b.grade} /> : null} {s(b.name)} <span className="num">{bandText(bands, i, d.unit)}</span>
              </Tag>
            ))}
          </div>
        ) : null}
      </section>
      <div className="two-columns">
        <section className="card">
          <div className="spread" style={{ marginBottom: 6 }}>
            <h2 className="section-title" style={{ margin: 0 }}>
              {s(words.curve)}
            </h2>
            <div className="filters no-print">
              <Select
                aria-label={s(words.scope)}
                value={chosen}
                onChange={setScope}
                style={{ minWidth: 180 }}
                showSearch={{ optionFilterProp: 'label' }}
                options={data.scopes.map((x) => ({ value: x.scope, label: x.name }))}
              />
              <Segmented aria-label={s(words.span)} value={days} onChange={setDays} options={spans.map((value, i) => ({ value, label: s(words.spans[i]) }))} />
            </div>
          </div>
          {chosen ? (
            <Loaded query={series}>
              {(x) =>
                x.points.some((p) => p.value !== null) ? (
                  <>
                    <BandChart curves={curves} bands={bands} unit={x.unit} label={s(d.name)} />
                    <Periods points={x.points} unit={x.unit} onOpen={setBucket} />
                  </>
                ) : (
                  <>
                    <Nothing text={s(words.none)} />
                    {x.points.length ? <Periods points={x.points} unit={x.unit} onOpen={setBucket} /> : null}
                  </>
                )
              }
            </Loaded>
          ) : (
            <Nothing text={s(words.noScope)} />
          )}
        </section>
        <div className="grid">
          {compared.data?.items.length ? (
            <section className="card">
              <div className="spread" style={{ marginBottom: 8 }}>
                <h2 className="section-title" style={{ margin: 0 }}>
                  {s(common.map)}
                </h2>
                <Link to="/indicators/compare" search={{ code } as never} className="no-print">
                  {s({ zh: '放大', en: 'Larger' })}
                </Link>
              </div>
              <TownMap data={compared.data} height={460} chosen={chosen?.slice(5)} onArea={(unit) => setScope(`unit:${unit}`)} />
              <div style={{ marginTop: 10 }}>
                <RankedBars data={compared.data} chosen={chosen?.slice(5)} onPick={(unit) => setScope(`unit:${unit}`)} />
              </div>
            </section>
          ) : null}
          {data.versions.length ? (
            <section className="card">
              <h2>{s(words.versions)}</h2>
              <ul style={{ margin: 0, paddingLeft: 18 }}>
                {data.versions.map((v) => (
                  <li key={v.version}>
                    {s(words.versionLine, { n: v.version })} · {timeText(v.createdAt)} ·{' '}
                    <span className="muted">{v.by.startsWith('system:') ? s({ zh: '内容包', en: 'pack' }) : v.by}</span>
                  </li>
                ))}
              </ul>
            </section>
          ) : null}
        </div>
      </div>
      {bucket && chosen ? <Behind code={code} scope={chosen} bucket={bucket} unit={d.unit} onClose={() => setBucket(undefined)} /> : null}
    </IndicatorsPage>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
function Codes({ name, codes }: { name: string; codes: string[] }) {
  return (
    <Fact name={name}>
      {codes.map((c) => (
        <Link key={c} to="/indicators/$code" params={{ code: c }} style={{ marginRight: 8 }}>
          {c}
        </Link>
      ))}
    </Fact>
  );
}

function Periods({ points, unit, onOpen }: { points: Point[]; unit: string; onOpen(bucket: string): void }) {
  const s = useText();
  const unknown = points.filter((p) => p.value === null).length;
  return (
    <>
      {unknown ? (
        <p className="muted" style={{ margin: '4px 0' }}>
          {s(words.unknownShare, { n: unknown })}
        </p>
      ) : null}
      <Rows<Point>
        label={s(words.curve)}
        rows={points.toReversed()}
        rowKey={(p) => p.bucket}
        pageSize={8}
        minWidth={480}
        onOpen={(p) => onOpen(p.bucket)}
        columns={[
          {
            title: s(common.time),
            card: 'head',
            render: (p) => (
              <span style={{ whiteSpace: 'nowrap' }}>
                {timeText(p.bucket)} {p.final ? null : <Tag>{s(words.preliminary)}</Tag>}
              </span>
            ),
          },
          { title: s(common.value), align: 'right', render: (p) => <Value value={p.value} unit={unit} reason={p.reason} /> },
          { title: s(common.level), render: (p) => (p.grade ? <Level level={p.grade} /> : '') },
          { title: s(words.coverage), align: 'right', render: (p) => <span className="num">{Math.round(p.coverage * 100)}%</span> },
          { title: s(words.version), align: 'right', render: (p) => `${p.version ?? ''}${p.revision && p.revision > 1 ? `·${p.revision}` : ''}` },
        ]}
      />
    </>
  );
}
