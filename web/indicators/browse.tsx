// The catalogue: all definitions at hand, found by text, sector, track, tier, level, owner, or what is unknown.
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Button, Input, Select, Tag } from 'antd';
import { useDeferredValue, useMemo, useState } from 'react';
import { indicatorsApi } from '#core/indicators/contract.ts';
import { useCall } from '../api.ts';
import { useText } from '../texts.tsx';
import { Time, timeText } from '../ui/clock.tsx';
import { levelWords } from '../ui/level.tsx';
import { Figure, Figures, Loaded, Nothing } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { save, toCsv } from '../signals/sheet.ts';
import { browse as words, common, directionWords, everyWords, reasonWords, tierWords } from './texts.ts';
import { IndicatorsPage, type Item, LevelOf, Value, useCatalogue, useSectors, useUnitList, useUnitNames } from './words.tsx';

interface Search {
  sector?: string;
  track?: string;
  tier?: string;
  owner?: string;
  state?: 'known' | 'unknown' | 'alert';
  level?: number;
  unit?: string;
  text?: string;
}

const matches = (i: Item, q: Search): boolean => {
  const text = q.text?.trim().toLowerCase();
  return (
    (!q.sector || i.sector === q.sector) &&
    (!q.track || i.track === q.track) &&
    (!q.tier || i.tier === q.tier) &&
    (!q.owner || i.owner === q.owner) &&
    (!q.level || i.grade === q.level) &&
    (!q.state || (q.state === 'known' ? i.value !== null : q.state === 'unknown' ? i.value === null : i.grade !== null)) &&
    (!text || `${i.code} ${i.name.zh} ${i.name.en}`.toLowerCase().includes(text))
  );
};

export function Indicators() {
  const s = useText();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Search;
  const { sectors, nameOf, trackOf } = useSectors();
  const unitName = useUnitNames();
  const places = useUnitList().filter((u) => u.kind === 'town' || u.kind === 'district');
  const [text, setText] = useState(search.text ?? '');
  const wanted = useDeferredValue(text);
  const summary = useCall(indicatorsApi.summary);
  const all = useCatalogue(search.unit);
  const go = (next: { [K in keyof Search]: Search[K] | undefined }) =>
    void navigate({ to: '/indicators', search: Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, v]) => v)) as never, replace: true });
  const shown = useMemo(() => (all.data ?? []).filter((i) => matches(i, { ...search, text: wanted })), [all.data, search, wanted]);
  const owners = useMemo(() => [...new Set((all.data ?? []).map((i) => i.owner))].toSorted(), [all.data]);
  const tracks = useMemo(() => [...new Set((all.data ?? []).filter((i) => !search.sector || i.sector === search.sector).map((i) => i.track))], [all.data, search.sector]);
  const order = new Map(sectors.map((x, i) => [x.code, i]));
  const filtered = Boolean(text || Object.keys(search).some((k) => k !== 'unit'));
  const csv = () =>
    save(
      'indicators.csv',
      toCsv([
        [s(common.name), 'code', s(common.sector), s(common.track), s(common.tier), s(common.owner), s(common.value), s(common.unit), s(common.level), s(common.time)],
        ...shown.map((i) => [
          s(i.name),
          i.code,
          nameOf(i.sector),
          trackOf(i.track),
          s(tierWords[i.tier]),
          unitName(i.owner),
          i.value ?? `${s(common.unknown)}（${s(reasonWords[i.reason ?? '']) || (i.reason ?? '')}）`,
          i.unit,
          i.grade ? s(levelWords[i.grade - 1]) : s(i.levelName),
          timeText(i.bucket),
        ]),
      ]),
    );
  return (
    <IndicatorsPage
      title={s(words.title)}
      note={summary.data ? s(words.note, { d: summary.data.definitions, i: summary.data.instances, l: summary.data.live }) : undefined}
      actions={
        <>
          <Button onClick={csv} disabled={!shown.length}>
            {s(common.csv)}
          </Button>
          <Button onClick={() => print()}>{s(common.print)}</Button>
        </>
      }
    >
      <Loaded query={summary} rows={2}>
        {(data) => (
          <Figures>
            {data.sectors
              .toSorted((a, b) => (order.get(a.sector) ?? 99) - (order.get(b.sector) ?? 99))
              .map((x) => {
                const alert = (x.grades['1'] ?? 0) + (x.grades['2'] ?? 0) + (x.grades['3'] ?? 0);
                return (
                  <Figure
                    key={x.sector}
                    label={nameOf(x.sector)}
                    value={x.instances}
                    note={`${s(words.known, { n: x.known })}${alert ? ` · ${s(words.alert, { n: alert })}` : ''}`}
                    active={search.sector === x.sector}
                    {...(alert ? { tone: 'warn' as const } : {})}
                    onClick={() => go({ sector: search.sector === x.sector ? undefined : x.sector, track: undefined })}
                  />
                );
              })}
          </Figures>
        )}
      </Loaded>
      <div className="card filters no-print">
        <Input
          aria-label={s(common.search)}
          placeholder={s(common.search)}
          allowClear
          value={text}
          onChange={(e) => setText(e.target.value)}
          onBlur={() => go({ text: text || undefined })}
          onPressEnter={() => go({ text: text || undefined })}
          style={{ width: 220 }}
        />
        <Select
          aria-label={s(words.for)}
          placeholder={s(words.for)}
          allowClear
          style={{ width: 150 }}
          value={search.unit}
          onChange={(unit) => go({ unit })}
          options={places.map((u) => ({ value: u.path, label: u.name }))}
        />
        <Select
          aria-label={s(common.track)}
          placeholder={s(common.track)}
          allowClear
          style={{ width: 150 }}
          value={search.track}
          onChange={(track) => go({ track })}
          showSearch={{ optionFilterProp: 'label' }}
          options={tracks.map((value) => ({ value, label: trackOf(value) }))}
        />
        <Select
          aria-label={s(common.tier)}
          placeholder={s(common.tier)}
          allowClear
          style={{ width: 120 }}
          value={search.tier}
          onChange={(tier) => go({ tier })}
          options={Object.entries(tierWords).map(([value, label]) => ({ value, label: s(label) }))}
        />
        <Select
          aria-label={s(common.owner)}
          placeholder={s(common.owner)}
          allowClear
          style={{ width: 170 }}
          value={search.owner}
          onChange={(owner) => go({ owner })}
          showSearch={{ optionFilterProp: 'label' }}
          options={owners.map((value) => ({ value, label: unitName(value) }))}
        />
        <Select
          aria-label={s(common.level)}
          placeholder={s(common.level)}
          allowClear
          style={{ width: 110 }}
          value={search.level}
          onChange={(level) => go({ level })}
          options={levelWords.map((label, i) => ({ value: i + 1, label: s(label) }))}
        />
        <Select
          aria-label={s(common.state)}
          placeholder={s(common.state)}
          allowClear
          style={{ width: 120 }}
          value={search.state}
          onChange={(state) => go({ state })}
          options={Object.entries(words.states).map(([value, label]) => ({ value: value as 'known', label: s(label) }))}
        />
        <span className="muted" role="status">
          {all.data ? s(words.of, { n: shown.length, all: all.data.length }) : s(words.loading)}
        </span>
        {filtered ? (
          <Button
            type="link"
            onClick={() => {
              setText('');
              void navigate({ to: '/indicators', search: (search.unit ? { unit: search.unit } : {}) as never, replace: true });
            }}
          >
            {s(words.clear)}
          </Button>
        ) : null}
      </div>
      <div className="card" style={{ padding: 0 }}>
        <Loaded query={all} rows={8}>
          {() => (
            <Rows<Item>
              label={s(words.title)}
              rows={shown}
              rowKey={(r) => r.code}
              pageSize={50}
              minWidth={900}
              empty={<Nothing text={s(words.none)} />}
              onOpen={(r) => void navigate({ to: '/indicators/$code', params: { code: r.code }, search: (search.unit ? { scope: `unit:${search.unit}` } : {}) as never })}
              columns={[
                {
                  title: s(common.name),
                  card: 'head',
                  render: (r) => (
                    <>
                      <Link to="/indicators/$code" params={{ code: r.code }} style={{ color: 'inherit' }}>
                        {s(r.name)}
                      </Link>{' '}
                      {r.status === 'when-connected' ? <Tag>{s(words.notConnected)}</Tag> : null}
                      <div className="muted" style={{ fontSize: 12 }}>
                        {r.code}
                      </div>
                    </>
                  ),
                },
                { title: s(common.value), align: 'right', render: (r) => <Value value={r.value} unit={r.unit} reason={r.reason} /> },
                { title: s(common.level), render: (r) => <LevelOf of={r} /> },
                { title: s(common.sector), render: (r) => `${nameOf(r.sector)} / ${trackOf(r.track)}` },
                { title: s(common.tier), render: (r) => s(tierWords[r.tier]) },
                { title: s(common.instances), align: 'right', render: (r) => <span className="num">{r.instances}</span> },
                { title: s(common.direction), render: (r) => s(directionWords[r.direction]) },
                { title: s(common.owner), render: (r) => unitName(r.owner) },
                {
                  title: s(common.time),
                  render: (r) => (
                    <>
                      <Time at={r.bucket} />
                      <div className="muted" style={{ fontSize: 12 }}>
                        {s(everyWords[r.every]) || r.every}
                      </div>
                    </>
                  ),
                },
              ]}
            />
          )}
        </Loaded>
      </div>
    </IndicatorsPage>
  );
}
