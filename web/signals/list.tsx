// Devices and their readings: what is online, what is silent, what each said last, where messages are missing.
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Button, Input, Segmented, Select, Tag, Tooltip } from 'antd';
import { useMemo, useState } from 'react';
import { devicesApi } from '#core/signals/devices-contract.ts';
import { signalsApi } from '#core/signals/contract.ts';
import { useCall, useMay } from '../api.ts';
import { useAreas } from '../people/areas.ts';
import { useText } from '../texts.tsx';
import { CityMap } from '../ui/city-map.tsx';
import { Time } from '../ui/clock.tsx';
import { Figure, Figures, Loaded, Nothing } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { OnlineTag, type Thing, ThingDrawer } from './drawer.tsx';
import { ThingsPage, unitOptions, useUnits } from './frame.tsx';
import { common, kindWords, list as words } from './texts.ts';

interface Search {
  state?: 'online' | 'silent';
  kind?: string;
  unit?: string;
  text?: string;
}

/** Missing messages by device. */
export function useGaps(): Map<string, bigint> {
  const gaps = useCall(devicesApi.gaps, {}, { refetchInterval: 60_000 });
  return useMemo(() => {
    const by = new Map<string, bigint>();
    for (const g of gaps.data?.items ?? []) by.set(g.thing, (by.get(g.thing) ?? 0n) + BigInt(g.missing));
    return by;
  }, [gaps.data]);
}

export function Things() {
  const s = useText();
  const may = useMay();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Search;
  const [cursors, setCursors] = useState<string[]>([]);
  const [shown, setShown] = useState<Thing>();
  const { areas, schematic } = useAreas();
  const { units } = useUnits();
  const gaps = useGaps();
  const online = useCall(signalsApi.online, {}, { refetchInterval: 15_000 });
  const query = useCall(
    signalsApi.things,
    {
      query: {
        limit: 100,
        state: search.state ?? 'all',
        ...(search.kind ? { kind: search.kind } : {}),
        ...(search.unit ? { unit: search.unit } : {}),
        ...(search.text ? { text: search.text } : {}),
        ...(cursors.length ? { cursor: cursors.at(-1)! } : {}),
      },
    },
    { refetchInterval: 15_000, placeholderData: (old) => old },
  );
  const go = (next: { [K in keyof Search]: Search[K] | undefined }) => {
    setCursors([]);
    void navigate({ to: '/things', search: Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, v]) => v)) as never, replace: true });
  };
  const items = query.data?.items ?? [];
  const points = useMemo(
    () =>
      items
        .filter((x) => x.lon !== null && x.lat !== null)
        .map((x) => ({ id: x.id, lon: x.lon!, lat: x.lat!, level: x.online === false ? 3 : null, label: `${x.name}${x.online === false ? `（${s(words.silent)}）` : ''}` })),
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [query.data],
  );
  const unplaced = items.filter((x) => x.lon === null).length;
  const filtered = Boolean(search.state || search.kind || search.unit || search.text);
  return (
    <ThingsPage title={s(words.title)} note={s(words.note)} actions={<Button onClick={() => print()}>{s(words.print)}</Button>}>
      <Figures>
        {(online.data?.items ?? []).map((k) => (
          <Figure
            key={k.kind}
            label={s(words.rate, { kind: s(kindWords[k.kind]) || k.kind })}
            value={k.rate === null ? '—' : `${k.rate}%`}
            note={`${k.online} / ${k.things}`}
            active={search.kind === k.kind}
            onClick={() => go({ kind: search.kind === k.kind ? undefined : k.kind })}
          />
        ))}
      </Figures>
      <div className="card filters no-print">
        <Segmented
          aria-label={s(common.status)}
          value={search.state ?? 'all'}
          onChange={(v) => go({ state: v === 'all' ? undefined : (v as 'online') })}
          options={[
            { value: 'all', label: s(common.all) },
            { value: 'online', label: s(words.online) },
            { value: 'silent', label: s(words.silent) },
          ]}
        />
        <Select
          allowClear
          placeholder={s(common.kind)}
          aria-label={s(common.kind)}
          style={{ width: 130 }}
          value={search.kind}
          onChange={(kind) => go({ kind })}
          options={Object.entries(kindWords).map(([value, label]) => ({ value, label: s(label) }))}
        />
        <Select
          allowClear
          placeholder={s(common.allUnits)}
          aria-label={s(common.unit)}
          style={{ width: 190 }}
          value={search.unit}
          onChange={(unit) => go({ unit })}
          showSearch={{ optionFilterProp: 'text' }}
          options={unitOptions(units)}
        />
        <Input.Search placeholder={s(words.search)} aria-label={s(words.search)} allowClear defaultValue={search.text} style={{ width: 220 }} onSearch={(text) => go({ text })} />
        {unplaced && may('thing.manage') ? (
          <Link to="/things/placing">
            <Tag color="warning">{s(words.withoutPlace, { n: unplaced })}</Tag>
          </Link>
        ) : null}
      </div>
      <div className="two-columns">
        <div className="card" style={{ padding: 0 }}>
          <Loaded query={query}>
            {(data) => (
              <>
                <Rows<Thing>
                  label={s(words.title)}
                  rows={data.items}
                  rowKey={(x) => x.id}
                  pageSize={100}
                  minWidth={760}
                  onOpen={setShown}
                  empty={
                    filtered ? (
                      <Nothing text={s(common.noneRead)} />
                    ) : (
                      <Nothing
                        text={s(words.empty)}
                        action={
                          may('thing.manage') ? (
                            <Button type="primary" onClick={() => void navigate({ to: '/things/register' })}>
                              {s(words.toRegister)}
                            </Button>
                          ) : null
                        }
                      />
                    )
                  }
                  columns={[
                    {
                      title: s(common.device),
                      card: 'head',
                      render: (x) => (
                        <>
                          {x.name}
                          <div className="muted" style={{ fontSize: 12 }}>
                            {x.code}
                          </div>
                        </>
                      ),
                    },
                    { title: s(common.kind), render: (x) => s(kindWords[x.kind]) || x.kind },
                    { title: s(common.unit), render: (x) => x.unitName },
                    {
                      title: s(common.status),
                      render: (x) => (
                        <span className="row" style={{ gap: 2 }}>
                          <OnlineTag online={x.online} />
                          {gaps.has(x.code) ? (
                            <Tooltip title={s(words.gapsHelp, { n: String(gaps.get(x.code)) })}>
                              <Tag color="error">{s(words.gaps, { n: String(gaps.get(x.code)) })}</Tag>
                            </Tooltip>
                          ) : null}
                        </span>
                      ),
                    },
                    {
                      title: s(words.last),
                      card: 'full',
                      render: (x) =>
                        x.streams.map((v) => (
                          <div key={v.id}>
                            {v.name} <span className="num">{v.last ?? '—'}</span> {v.unit}
                          </div>
                        )),
                    },
                    { title: s(common.time), render: (x) => <Time at={x.lastAt} /> },
                  ]}
                />
                <div className="row no-print" style={{ justifyContent: 'flex-end', padding: 10 }}>
                  {cursors.length ? <Button onClick={() => setCursors(cursors.slice(0, -1))}>{s(common.previous)}</Button> : null}
                  {data.next ? <Button onClick={() => setCursors([...cursors, data.next!])}>{s(common.next)}</Button> : null}
                </div>
              </>
            )}
          </Loaded>
        </div>
        <div className="card no-print">
          <CityMap label={s(words.map)} areas={areas} points={points} schematic={schematic} height={420} onPoint={(id) => setShown(items.find((x) => x.id === id))} />
        </div>
      </div>
      {shown ? <ThingDrawer thing={shown} missing={gaps.get(shown.code)?.toString()} onClose={() => setShown(undefined)} /> : null}
    </ThingsPage>
  );
}
