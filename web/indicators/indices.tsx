// Composite indices: their parts with weights and present scores, for the district or a town; weights are changed where definitions are.
import { Link, useNavigate } from '@tanstack/react-router';
import { Button, Select } from 'antd';
import { useState } from 'react';
import { indicatorsApi } from '#core/indicators/contract.ts';
import type { Indicator } from '#core/indicators/pack.ts';
import { useCall, useMay } from '../api.ts';
import { useText } from '../texts.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { browse, common, indices as words } from './texts.ts';
import { IndicatorsPage, type Item, LevelOf, Value, useCatalogue, useUnitList } from './words.tsx';

export function Indices() {
  const s = useText();
  const [unit, setUnit] = useState<string>();
  const all = useCatalogue(unit);
  const places = useUnitList().filter((u) => u.kind === 'town' || u.kind === 'district');
  const shown = (all.data ?? []).filter((i) => i.tier === 'index');
  return (
    <IndicatorsPage title={s(words.title)} note={s(words.note)} actions={<Button onClick={() => print()}>{s(common.print)}</Button>}>
      <div className="card filters no-print">
        <Select
          aria-label={s(browse.for)}
          placeholder={s(browse.for)}
          allowClear
          style={{ width: 170 }}
          value={unit}
          onChange={setUnit}
          options={places.map((u) => ({ value: u.path, label: u.name }))}
        />
      </div>
      <Loaded query={all} rows={8}>
        {() =>
          shown.length ? (
            <div style={{ display: 'grid', gap: 12, gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 420px), 1fr))' }}>
              {shown.map((i) => (
                <IndexCard key={i.code} item={i} all={all.data ?? []} />
              ))}
            </div>
          ) : (
            <div className="card">
              <Nothing text={s(words.none)} />
            </div>
          )
        }
      </Loaded>
    </IndicatorsPage>
  );
}

function IndexCard({ item, all }: { item: Item; all: Item[] }) {
  const s = useText();
  const may = useMay();
  const navigate = useNavigate();
  const one = useCall(indicatorsApi.read, { params: { code: item.code }, query: {} }, { staleTime: 300_000 });
  const source = (one.data?.definition as unknown as Indicator | undefined)?.source;
  const parts = source?.kind === 'composite' ? source.parts : [];
  const total = parts.reduce((n, p) => n + p.weight, 0);
  return (
    <section className="card">
      <div className="spread" style={{ alignItems: 'start' }}>
        <div>
          <Link to="/indicators/$code" params={{ code: item.code }} style={{ fontSize: 16, fontWeight: 600, color: 'inherit' }}>
            {s(item.name)}
          </Link>
          <div className="row">
            <Value big value={item.value} unit={item.unit} reason={item.reason} /> <LevelOf of={item} />
          </div>
        </div>
        {may('indicator.manage') && parts.length ? (
          <Button size="small" className="no-print" onClick={() => void navigate({ to: '/indicators/$code/edit', params: { code: item.code } })}>
            {s(words.editWeights)}
          </Button>
        ) : null}
      </div>
      <ul style={{ listStyle: 'none', margin: '10px 0 0', padding: 0, display: 'grid', gap: 6 }}>
        {parts
          .toSorted((a, b) => b.weight - a.weight)
          .map((p) => {
            const part = all.find((x) => x.code === p.code);
            return (
              <li key={p.code}>
                <div className="spread" style={{ flexWrap: 'nowrap', gap: 8 }}>
                  <Link to="/indicators/$code" params={{ code: p.code }} style={{ minWidth: 0, overflowWrap: 'anywhere' }}>
                    {part ? s(part.name) : p.code}
                  </Link>
                  <span style={{ whiteSpace: 'nowrap' }}>
                    <Value value={part?.value ?? null} unit={part?.unit ?? ''} reason={part?.reason ?? null} />{' '}
                    <span className="muted num" style={{ display: 'inline-block', minWidth: 44, textAlign: 'right' }}>
                      {total ? Math.round((p.weight / total) * 1000) / 10 : 0}%
                    </span>
                  </span>
                </div>
                <div style={{ height: 3, background: 'var(--head)' }}>
                  <div style={{ height: 3, width: `${total ? (p.weight / total) * 100 : 0}%`, background: part?.value === null ? 'var(--border)' : 'var(--primary)' }} />
                </div>
              </li>
            );
          })}
      </ul>
    </section>
  );
}
