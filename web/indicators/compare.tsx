// Towns (or departments, grids) compared by one indicator: map, order, best and worst, at any instant.
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Button, DatePicker, Segmented, Select } from 'antd';
import dayjs from 'dayjs';
import { useMemo } from 'react';
import { indicatorsApi } from '#core/indicators/contract.ts';
import { useCall } from '../api.ts';
import { useText } from '../texts.tsx';
import { serverNow } from '../ui/clock.tsx';
import { Figure, Figures, Loaded, Nothing } from '../ui/page.tsx';
import { common, compare as words } from './texts.ts';
import { RankedBars, TownMap } from './towns.tsx';
import { IndicatorsPage, useCatalogue, useSectors } from './words.tsx';

interface Search {
  code?: string;
  kind?: 'town' | 'department' | 'grid';
  at?: string;
  unit?: string;
}

export function ComparePage() {
  const s = useText();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Search;
  const { sectors, nameOf } = useSectors();
  const all = useCatalogue(undefined);
  // Without a choice, what is off comes first, then what is known.
  const code = search.code ?? all.data?.find((i) => i.grade && i.instances > 1)?.code ?? all.data?.find((i) => i.value !== null && i.instances > 1)?.code;
  const item = all.data?.find((i) => i.code === code);
  const compared = useCall(
    indicatorsApi.compare,
    { params: { code: code ?? 'x' }, query: { kind: search.kind ?? 'town', ...(search.at ? { at: search.at } : {}) } },
    { enabled: Boolean(code), placeholderData: (old) => old },
  );
  const go = (next: { [K in keyof Search]: Search[K] | undefined }) =>
    void navigate({ to: '/indicators/compare', search: Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, v]) => v)) as never, replace: true });
  const options = useMemo(() => {
    const by = new Map<string, { value: string; label: string; text: string }[]>();
    for (const i of all.data ?? []) {
      const list = by.get(i.sector) ?? [];
      if (!list.length) by.set(i.sector, list);
      list.push({ value: i.code, label: `${s(i.name)}${i.value === null ? `（${s(common.unknown)}）` : ''}`, text: `${s(i.name)} ${i.code}` });
    }
    const order = sectors.map((x) => x.code);
    return [...by].toSorted((a, b) => order.indexOf(a[0]) - order.indexOf(b[0])).map(([sector, list]) => ({ label: nameOf(sector), options: list }));
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [all.data, sectors.length]);
  return (
    <IndicatorsPage
      title={s(words.title)}
      note={s(words.note)}
      actions={
        <>
          {code ? (
            <Link to="/indicators/$code" params={{ code }}>
              <Button>{s(words.detail)}</Button>
            </Link>
          ) : null}
          <Button onClick={() => print()}>{s(common.print)}</Button>
        </>
      }
    >
      <div className="card filters">
        <Select
          aria-label={s(words.pick)}
          placeholder={s(words.pick)}
          value={code}
          onChange={(v) => go({ code: v, unit: undefined })}
          style={{ width: 340 }}
          loading={all.isPending}
          showSearch={{ optionFilterProp: 'text' }}
          options={options}
        />
        <Segmented
          aria-label={s(common.unit)}
          value={search.kind ?? 'town'}
          onChange={(kind) => go({ kind: kind === 'town' ? undefined : kind })}
          options={(['town', 'department', 'grid'] as const).map((value) => ({ value, label: s(words.kinds[value]) }))}
        />
        <DatePicker
          showTime={{ format: 'HH:mm' }}
          format="YYYY-MM-DD HH:mm"
          aria-label={s(words.at)}
          placeholder={`${s(words.at)}：${s(words.now)}`}
          maxDate={dayjs(serverNow())}
          value={search.at ? dayjs(search.at) : null}
          onChange={(d) => go({ at: d?.toISOString() })}
        />
      </div>
      {code ? (
        <Loaded query={compared} rows={8}>
          {(data) => {
            const known = data.items.filter((i) => i.value !== null);
            if (!data.items.length)
              return (
                <div className="card">
                  <Nothing text={s(words.none)} />
                </div>
              );
            const values = known.map((i) => i.value!);
            const ranked = data.direction === 'high-good' || data.direction === 'low-good';
            return (
              <>
                <Figures>
                  <Figure label={s(item?.name)} value={`${known.length} / ${data.items.length}`} note={s(words.known, { n: known.length, all: data.items.length })} />
                  {ranked && known.length ? (
                    <>
                      <Figure label={s(words.best)} value={s(known[0]!.name)} note={`${known[0]!.value} ${data.unit}`} tone="ok" />
                      <Figure label={s(words.worst)} value={s(known.at(-1)!.name)} note={`${known.at(-1)!.value} ${data.unit}`} />
                    </>
                  ) : null}
                  {known.length > 1 ? <Figure label={s(words.spread)} value={Math.round((Math.max(...values) - Math.min(...values)) * 100) / 100} note={data.unit} /> : null}
                </Figures>
                {known.length ? null : (
                  <div className="card">
                    <Nothing text={s(words.allUnknown)} />
                  </div>
                )}
                <div className="two-columns even">
                  {(search.kind ?? 'town') === 'town' ? (
                    <section className="card">
                      <TownMap data={data} height={440} chosen={search.unit} onArea={(unit) => go({ unit: search.unit === unit ? undefined : unit })} />
                    </section>
                  ) : null}
                  <section className="card">
                    <h2>{`${s(item?.name)}（${data.unit}）`}</h2>
                    <RankedBars data={data} chosen={search.unit} onPick={(unit) => go({ unit: search.unit === unit ? undefined : unit })} />
                  </section>
                </div>
              </>
            );
          }}
        </Loaded>
      ) : (
        <div className="card">
          <Loaded query={all}>{() => <Nothing text={s(words.pickHint)} />}</Loaded>
        </div>
      )}
    </IndicatorsPage>
  );
}
