// One stream over time: readings with their quality, or hourly means over longer times; gaps stay gaps.
import { Alert, Segmented, Tag } from 'antd';
import { useState } from 'react';
import { signalsApi } from '#core/signals/contract.ts';
import { useCall } from '../api.ts';
import { useText } from '../texts.tsx';
import { TimeLine } from '../ui/chart.tsx';
import { serverNow } from '../ui/clock.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { drawer, qualityWords } from './texts.ts';

const spans = [1, 7, 30, 366];

export function Series({ id, days: first = 1 }: { id: string; days?: number }) {
  const s = useText();
  const [days, setDays] = useState(first);
  const [end] = useState(() => new Date(serverNow() + 60_000).toISOString());
  const from = new Date(Date.parse(end) - days * 86_400_000).toISOString();
  const raw = days <= 2;
  const series = useCall(signalsApi.series, { params: { id }, query: { from, to: end, every: raw ? 'raw' : 'hour', limit: 9000 } });
  return (
    <section style={{ marginBottom: 18 }}>
      <Loaded query={series}>
        {(data) => {
          const marks = new Map<number, number>();
          for (const p of data.points) if (p.quality) marks.set(p.quality, (marks.get(p.quality) ?? 0) + 1);
          return (
            <>
              <div className="spread">
                <strong>{data.name}</strong>
                <Segmented size="small" aria-label={data.name} value={days} onChange={setDays} options={spans.map((value, i) => ({ value, label: s(drawer.days[i]) }))} />
              </div>
              {data.points.length ? (
                <>
                  <TimeLine
                    points={data.points.map((p) => ({ at: p.at, value: p.value === null ? null : Math.round(p.value * 1000) / 1000 }))}
                    unit={data.unit}
                    label={data.name}
                    height={220}
                  />
                  <div className="row muted" style={{ fontSize: 12 }}>
                    <span>{raw ? s(drawer.quality) : s(drawer.rollup)}</span>
                    {raw && !marks.size ? <Tag color="success">{s(drawer.allGood)}</Tag> : null}
                    {[...marks].map(([q, n]) => (
                      <Tag key={q} color={q >= 2 ? 'error' : 'processing'}>
                        {s(drawer.qualityLine, { n, word: s(qualityWords[q]) || `Q${q}` })}
                      </Tag>
                    ))}
                  </div>
                  {data.truncated ? <Alert type="info" showIcon title={s(drawer.truncated, { n: data.points.length })} /> : null}
                </>
              ) : (
                <Nothing text={s(drawer.empty)} />
              )}
            </>
          );
        }}
      </Loaded>
    </section>
  );
}
