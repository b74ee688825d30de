// Which units have published what: units by year and kind, the gaps ready to be imported.
import { Link } from '@tanstack/react-router';
import { Select, Switch, Tag } from 'antd';
import { useState } from 'react';
import { financeApi } from '#core/finance/contract.ts';
import { peopleApi } from '#core/people/contract.ts';
import { useCall, useMay } from '../api.ts';
import { useText } from '../texts.tsx';
import { serverNow } from '../ui/clock.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { useReach } from './frame.tsx';
import { files } from './texts-files.ts';
import { common, kindWords } from './texts.ts';

/** Kinds of units that publish budgets. */
const publishing = new Set(['department', 'town', 'centre']);

export function Coverage() {
  const s = useText();
  const reach = useReach('finance.read');
  const may = useMay();
  const units = useCall(peopleApi.units, {}, { staleTime: 600_000 });
  const list = useCall(financeApi.disclosures, { query: { limit: 500 } });
  const [kind, setKind] = useState<'budget' | 'final-account'>('budget');
  const [missing, setMissing] = useState(false);
  return (
    <Loaded query={units}>
      {(all) => (
        <Loaded query={list}>
          {(data) => {
            const now = new Date(serverNow()).getFullYear();
            const years = [...new Set([...data.years, now, now - 1])].toSorted((a, b) => b - a).slice(0, 5);
            const here = all.items.filter((u) => u.active && publishing.has(u.kind) && reach(u.path));
            const found = (unit: string, year: number) => data.items.find((d) => d.current && d.unit === unit && d.year === year && d.kind === kind);
            const rows = here.filter((u) => !missing || !found(u.path, now));
            return (
              <section className="card">
                <div className="spread" style={{ marginBottom: 10 }}>
                  <span>
                    {s(files.covered, { year: now, done: here.filter((u) => found(u.path, now)).length, all: here.length })}
                    <span className="muted" style={{ marginLeft: 10 }}>
                      {s(files.coverageNote)}
                    </span>
                  </span>
                  <span className="row no-print">
                    <Select
                      aria-label={s(common.kind)}
                      value={kind}
                      onChange={setKind}
                      options={Object.entries(kindWords).map(([value, w]) => ({ value: value as typeof kind, label: s(w) }))}
                    />
                    <label className="row" style={{ gap: 6 }}>
                      <Switch size="small" aria-label={s(files.onlyMissing)} checked={missing} onChange={setMissing} />
                      {s(files.onlyMissing)}
                    </label>
                  </span>
                </div>
                {rows.length ? (
                  <div style={{ overflowX: 'auto' }} tabIndex={0} role="region" aria-label={s(files.tabCoverage)}>
                    <table className="fin-matrix">
                      <thead>
                        <tr>
                          <th scope="col">{s(common.unit)}</th>
                          {years.map((y) => (
                            <th key={y} scope="col">
                              {y}
                            </th>
                          ))}
                        </tr>
                      </thead>
                      <tbody>
                        {rows.map((u) => (
                          <tr key={u.id}>
                            <th scope="row" style={{ fontWeight: 400 }}>
                              {s(u.name)}
                            </th>
                            {years.map((y) => {
                              const d = found(u.path, y);
                              const words = { unit: s(u.name), year: y, kind: s(kindWords[kind]) };
                              return (
                                <td key={y}>
                                  {d ? (
                                    <Link to="/finance/$id" params={{ id: d.id }} aria-label={s(files.openThis, { ...words, n: d.findings.error })}>
                                      <Tag color={d.findings.error ? 'error' : 'success'} style={{ margin: 0 }}>
                                        {d.findings.error ? `${s(files.errors)} ${d.findings.error}` : '✓'}
                                      </Tag>
                                    </Link>
                                  ) : may('finance.manage') ? (
                                    <Link to="/finance/import" search={{ unit: u.path, year: y, kind } as never} aria-label={s(files.importThis, words)}>
                                      {s(files.notImported)}
                                    </Link>
                                  ) : (
                                    <span className="muted">{s(files.notImported)}</span>
                                  )}
                                </td>
                              );
                            })}
                          </tr>
                        ))}
                      </tbody>
                    </table>
                  </div>
                ) : (
                  <Nothing text={s(files.coverageEmpty)} />
                )}
              </section>
            );
          }}
        </Loaded>
      )}
    </Loaded>
  );
}
