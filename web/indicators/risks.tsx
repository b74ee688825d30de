// Risk points of the city: list and map by type, what is recorded of each, who answers by post, when they are to be inspected.
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Button, Drawer, Input, Select, Tag } from 'antd';
import { type ReactNode, useMemo, useState } from 'react';
import { indicatorsApi } from '#core/indicators/contract.ts';
import type { RiskType } from '#core/indicators/pack.ts';
import { useQuery } from '@tanstack/react-query';
import { type Reply, call, useCall, useMay } from '../api.ts';
import { useAreas } from '../people/areas.ts';
import { useText } from '../texts.tsx';
import { CityMap } from '../ui/city-map.tsx';
import { serverNow } from '../ui/clock.tsx';
import { Level, levelWords } from '../ui/level.tsx';
import { Figure, Figures, Loaded, Nothing } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { RiskForm } from './risk-form.tsx';
import { Inspections } from './risk-inspect.tsx';
import { common, risks as words } from './texts.ts';
import { IndicatorsPage, useUnitList, useUnitNames } from './words.tsx';

export type RiskPoint = Reply<typeof indicatorsApi.riskPoints>['items'][number];
interface Search {
  type?: string;
  level?: number;
  unit?: string;
  text?: string;
  late?: boolean;
}

/** All risk points in reach (a district has hundreds). */
function useRiskPoints(type: string | undefined) {
  return useQuery<RiskPoint[]>({
    queryKey: ['risk-points', 'all', type ?? ''],
    placeholderData: (old) => old,
    queryFn: async ({ signal }) => {
      const all: RiskPoint[] = [];
      let cursor: string | null = null;
      do {
        const page: Reply<typeof indicatorsApi.riskPoints> = await call(indicatorsApi.riskPoints, {
          query: { limit: 500, ...(type ? { type } : {}), ...(cursor ? { cursor } : {}) },
          signal,
        });
        all.push(...page.items);
        cursor = page.next;
      } while (cursor && all.length < 5000);
      return all;
    },
  });
}

export function RiskPoints() {
  const s = useText();
  const may = useMay();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Search;
  const types = useCall(indicatorsApi.riskTypes, {}, { staleTime: 600_000 });
  const all = useRiskPoints(search.type);
  const { areas, schematic } = useAreas();
  const units = useUnitList();
  const [shown, setShown] = useState<string>();
  const [form, setForm] = useState<RiskPoint | 'new'>();
  const kinds = (types.data?.items ?? []) as unknown as RiskType[];
  const typeOf = (code: string) => kinds.find((k) => k.code === code);
  const today = new Date(serverNow() + 8 * 3_600_000).toISOString().slice(0, 10);
  const late = (p: RiskPoint): boolean => p.status !== 'removed' && (p.inspectionDueOn === null || p.inspectionDueOn < today);
  const go = (next: { [K in keyof Search]: Search[K] | undefined }) =>
    void navigate({ to: '/risk-points', search: Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, v]) => v)) as never, replace: true });
  const rows = (all.data ?? []).filter(
    (p) =>
      (!search.level || p.level === search.level) &&
      (!search.unit || p.unit === search.unit || p.unit.startsWith(`${search.unit}.`)) &&
      (!search.late || late(p)) &&
      (!search.text || `${p.name} ${p.address ?? ''}`.includes(search.text)),
  );
  const points = useMemo(
    () =>
      rows
        .filter((p) => p.lon !== null && p.lat !== null)
        .map((p) => ({ id: p.id, lon: p.lon!, lat: p.lat!, level: p.level, label: `${p.name}（${s(typeOf(p.type)?.name) || p.type}）` })),
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [JSON.stringify(rows.map((p) => p.id)), kinds.length],
  );
  const one = all.data?.find((p) => p.id === shown);
  const nameOf = (path: string) => units.find((u) => u.path === path)?.name ?? path;
  const due = (p: RiskPoint) =>
    p.status === 'removed' ? (
      '—'
    ) : p.inspectionDueOn === null ? (
      <Tag color="warning">{s(words.never)}</Tag>
    ) : p.inspectionDueOn < today ? (
      <Tag color="error">{`${p.inspectionDueOn} ${s(words.overdue)}`}</Tag>
    ) : (
      <span className="num">{p.inspectionDueOn}</span>
    );
  const register = may('thing.manage') ? (
    <Button type="primary" onClick={() => setForm('new')} disabled={!kinds.length}>
      {s(words.add)}
    </Button>
  ) : null;
  return (
    <IndicatorsPage
      title={s(words.title)}
      note={s(words.note)}
      actions={
        <>
          {register}
          <Button onClick={() => print()}>{s(common.print)}</Button>
        </>
      }
    >
      <Figures>
        <Figure label={s(words.count)} value={all.data?.length ?? '—'} />
        <Figure label={s(words.high)} value={(all.data ?? []).filter((p) => p.level <= 2).length} />
        <Figure
          label={s(words.overdueCount)}
          value={(all.data ?? []).filter(late).length}
          active={Boolean(search.late)}
          {...((all.data ?? []).some(late) ? { tone: 'bad' as const } : {})}
          onClick={() => go({ late: search.late ? undefined : true })}
        />
        <Figure label={s(words.types)} value={kinds.length} />
      </Figures>
      <div className="card filters no-print">
        <Select
          aria-label={s(words.type)}
          placeholder={s(words.allTypes)}
          allowClear
          style={{ width: 170 }}
          value={search.type}
          onChange={(type) => go({ type })}
          showSearch={{ optionFilterProp: 'label' }}
          options={kinds.map((k) => ({ value: k.code, label: s(k.name) }))}
        />
        <Select
          aria-label={s(words.levels)}
          placeholder={s(words.levels)}
          allowClear
          style={{ width: 120 }}
          value={search.level}
          onChange={(level) => go({ level })}
          options={levelWords.map((l, i) => ({ value: i + 1, label: s(l) }))}
        />
        <Select
          aria-label={s(common.unit)}
          placeholder={s(common.unit)}
          allowClear
          style={{ width: 170 }}
          value={search.unit}
          onChange={(unit) => go({ unit })}
          showSearch={{ optionFilterProp: 'label' }}
          options={units.map((u) => ({ value: u.path, label: u.name }))}
        />
        <Input.Search aria-label={s(words.search)} placeholder={s(words.search)} allowClear defaultValue={search.text} onSearch={(text) => go({ text })} style={{ width: 200 }} />
      </div>
      {search.type && typeOf(search.type) ? <TypeInfo type={typeOf(search.type)!} /> : null}
      <div className="two-columns">
        <section className="card" style={{ padding: 0 }}>
          <Loaded query={all}>
            {(data) => (
              <Rows<RiskPoint>
                label={s(words.title)}
                rows={rows}
                rowKey={(p) => p.id}
                pageSize={30}
                minWidth={720}
                onOpen={(p) => setShown(p.id)}
                rowClass={(p) => (p.inspectionDueOn !== null && late(p) ? 'row-bad' : '')}
                empty={<Nothing text={data.length ? s(words.noneMatch) : s(words.empty, { n: kinds.length })} action={data.length ? null : register} />}
                columns={[
                  {
                    title: s(words.name),
                    card: 'head',
                    render: (p) => (
                      <>
                        <Level level={p.level} /> {p.name}
                        <div className="muted" style={{ fontSize: 12 }}>
                          {p.address ?? ''}
                        </div>
                      </>
                    ),
                  },
                  { title: s(words.type), render: (p) => s(typeOf(p.type)?.name) || p.type },
                  { title: s(common.unit), render: (p) => nameOf(p.unit) },
                  { title: words.tiers.keeper ? s(words.tiers.keeper) : '', render: (p) => p.responsible.keeper ?? '—' },
                  { title: s(words.due), render: due },
                  { title: s(words.state), render: (p) => s(words.status[p.status as 'active']) },
                ]}
              />
            )}
          </Loaded>
        </section>
        <section className="card no-print">
          <CityMap label={s(words.map)} areas={areas} points={points} schematic={schematic} height={440} onPoint={setShown} />
        </section>
      </div>
      {one ? (
        <Drawer
          open
          size={680}
          onClose={() => setShown(undefined)}
          title={
            <span className="row">
              <Level level={one.level} /> {one.name}
            </span>
          }
          extra={may('thing.manage') ? <Button onClick={() => setForm(one)}>{s(words.change)}</Button> : null}
        >
          <PointDetail point={one} type={typeOf(one.type)} unit={nameOf(one.unit)} due={due(one)} />
        </Drawer>
      ) : null}
      {form ? <RiskForm types={kinds} point={form === 'new' ? undefined : form} preset={search.type} onClose={() => setForm(undefined)} /> : null}
    </IndicatorsPage>
  );
}

const cycle = (every: string): string =>
  every
    .replace(/^P(\d+)D$/, '$1 天')
    .replace(/^P(\d+)W$/, '$1 周')
    .replace(/^P(\d+)M$/, '$1 月');

function Thresholds({ type }: { type: RiskType }) {
  const s = useText();
  return (
    <>
      {type.thresholds.map((x) => (
        <Tag key={x.name.zh} color="orange">
          {s(x.name)} {s(x.side === 'above' ? words.above : words.below, { v: x.value, u: x.unit })}
        </Tag>
      ))}
    </>
  );
}

function TypeInfo({ type }: { type: RiskType }) {
  const s = useText();
  const unitName = useUnitNames();
  return (
    <section className="card">
      <dl className="facts">
        <Fact name={s(words.hazards)}>{s(type.hazards)}</Fact>
        <Fact name={s(words.owner)}>{unitName(type.owner)}</Fact>
        <Fact name={s(words.every)}>{cycle(type.every)}</Fact>
        <Fact name={s(words.thresholds)}>
          <Thresholds type={type} />
        </Fact>
        <Fact name={s(words.basis)}>{type.sourceRef}</Fact>
      </dl>
    </section>
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

function PointDetail({ point: p, type, unit, due }: { point: RiskPoint; type: RiskType | undefined; unit: string; due: ReactNode }) {
  const s = useText();
  const { areas, schematic } = useAreas();
  const said = (v: unknown): string => (typeof v === 'boolean' ? s(v ? words.yes : words.no) : String(v ?? '—'));
  return (
    <div className="grid">
      <dl className="facts">
        <Fact name={s(words.type)}>{type ? s(type.name) : p.type}</Fact>
        <Fact name={s(common.unit)}>{unit}</Fact>
        <Fact name={s(words.address)}>{p.address ?? '—'}</Fact>
        <Fact name={s(words.state)}>{s(words.status[p.status as 'active'])}</Fact>
        <Fact name={s(words.hazards)}>{type ? s(type.hazards) : '—'}</Fact>
        <Fact name={s(words.things)}>{p.things.length ? p.things.length : '—'}</Fact>
      </dl>
      <section>
        <h3 className="section-title">{s(words.attributes)}</h3>
        <dl className="facts">
          {(type?.attributes ?? []).map((a) => (
            <Fact key={a.code} name={s(a.name)}>
              {said(p.attributes[a.code])} {p.attributes[a.code] === undefined ? '' : (a.unit ?? '')}
            </Fact>
          ))}
        </dl>
      </section>
      <section>
        <h3 className="section-title">{s(words.responsible)}</h3>
        <dl className="facts">
          {(['city', 'district', 'town', 'keeper'] as const).map((k) => (
            <Fact key={k} name={s(words.tiers[k])}>
              {p.responsible[k] ?? '—'}
            </Fact>
          ))}
        </dl>
      </section>
      {type?.thresholds.length ? (
        <section>
          <h3 className="section-title">{s(words.thresholds)}</h3>
          <Thresholds type={type} />
        </section>
      ) : null}
      <section>
        <h3 className="section-title">{s(words.inspection)}</h3>
        <dl className="facts">
          <Fact name={s(words.every)}>{type ? cycle(type.every) : '—'}</Fact>
          <Fact name={s(words.inspected)}>{p.inspectedOn ?? s(words.never)}</Fact>
          <Fact name={s(words.due)}>{due}</Fact>
        </dl>
        {type && p.status !== 'removed' ? <Inspections point={p} type={type} /> : null}
        {type ? (
          <Link to="/ledgers/$code" params={{ code: type.inspection }}>
            {s(words.ledger)}
          </Link>
        ) : null}
      </section>
      {p.lon !== null && p.lat !== null ? (
        <CityMap label={p.name} areas={areas} points={[{ id: p.id, lon: p.lon, lat: p.lat, level: p.level, label: p.name }]} schematic={schematic} height={240} />
      ) : (
        <span className="muted">{s(words.placeMissing)}</span>
      )}
    </div>
  );
}
