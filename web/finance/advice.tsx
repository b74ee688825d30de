// Check of targets before they are published: typed in or pasted from a sheet, advice with a better wording.
import { App, Button, Form, Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { financeApi, natureNames } from '#core/finance/contract.ts';
import { call, CallError, type Reply } from '../api.ts';
import { useText } from '../texts.tsx';
import { Nothing } from '../ui/page.tsx';
import { AdviceList } from './advice-list.tsx';
import { FinancePage } from './frame.tsx';
import { MoneySwitch, type Shown } from './money.tsx';
import { advice } from './texts-targets.ts';
import { common } from './texts.ts';

const columns = ['project', 'level1', 'level2', 'indicator', 'nature', 'value', 'unit', 'weight'] as const;
type Row = Record<(typeof columns)[number], string>;
const blank = (): Row => ({ project: '', level1: '', level2: '', indicator: '', nature: '', value: '', unit: '', weight: '' });
const level1 = ['产出指标', '效益指标', '满意度指标', '成本指标'];

/** Rows of a pasted sheet; a head row is left out, and so are rows without an indicator. */
export function pastedRows(text: string): Row[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.split('\t').map((c) => c.trim()))
    .filter((c) => c.some(Boolean) && !c.some((x) => /^(指标名称|三级指标|指标性质|indicator)$/i.test(x)))
    .map((c) => {
      // Without a column for the project the first one is the level.
      const shifted = c.length < columns.length && level1.some((l) => c[0]?.startsWith(l.slice(0, 2))) ? ['', ...c] : c;
      return Object.fromEntries(columns.map((k, i) => [k, shifted[i] ?? ''])) as Row;
    })
    .filter((r) => r.indicator !== '');
}

export function AdvicePage() {
  const s = useText();
  const { message } = App.useApp();
  const [rows, setRows] = useState<Row[]>([blank(), blank(), blank()]);
  const [goal, setGoal] = useState('');
  const [budget, setBudget] = useState('');
  const [unit, setUnit] = useState<Shown>('万元');
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<{ items: Reply<typeof financeApi.adviseTargets>['items']; names: string[] }>();
  const [pasting, setPasting] = useState(false);
  const [pasted, setPasted] = useState('');
  const filled = rows.filter((r) => r.indicator.trim());
  const set = (i: number, k: keyof Row, v: string) => setRows(rows.map((r, j) => (j === i ? { ...r, [k]: v } : r)));
  const check = async () => {
    if (!filled.length) return message.warning(s(advice.needRow));
    setRows(filled);
    setBusy(true);
    const or = (v: string) => v.trim() || null;
    try {
      const reply = await call(financeApi.adviseTargets, {
        body: {
          targets: filled.map((r) => ({
            indicator: r.indicator.trim(),
            level1: or(r.level1),
            level2: or(r.level2),
            nature: (natureNames as readonly string[]).includes(r.nature) ? (r.nature as (typeof natureNames)[number]) : null,
            value: or(r.value),
            unit: or(r.unit),
            weight: or(r.weight.replace(/[%％]$/, '')),
            project: or(r.project),
          })),
          goal: or(goal),
          budget: or(budget.replaceAll(',', '')),
          moneyUnit: unit,
        },
      });
      setResult({ items: reply.items, names: filled.map((r) => r.indicator) });
    } catch (error) {
      message.error(error instanceof CallError ? error.message : s(common.offline), 5);
    } finally {
      setBusy(false);
    }
  };
  const fill = () => {
    const found = pastedRows(pasted);
    if (!found.length) return message.warning(s(advice.pasteNone));
    setRows(found);
    setPasting(false);
    setPasted('');
    message.success(s(advice.pasted, { n: found.length }));
  };
  return (
    <FinancePage title={s(advice.title)} note={s(advice.note)} actions={<Button onClick={() => print()}>{s(common.print)}</Button>}>
      <section className="card">
        <div style={{ overflowX: 'auto' }}>
          <table className="fin-matrix" style={{ minWidth: 1000 }}>
            <thead>
              <tr>
                <th scope="col">#</th>
                {columns.map((c) => (
                  <th key={c} scope="col">
                    {s(advice[c])}
                  </th>
                ))}
                <th aria-hidden />
              </tr>
            </thead>
            <tbody>
              {rows.map((r, i) => (
                <tr key={i}>
                  <td className="num">{i + 1}</td>
                  {columns.map((c) => {
                    const label = s(advice.row, { n: i + 1, what: s(advice[c]) });
                    return (
                      <td key={c} style={{ padding: 4, minWidth: c === 'indicator' ? 220 : c === 'nature' ? 84 : 90 }}>
                        {c === 'nature' ? (
                          <Select
                            aria-label={label}
                            style={{ width: '100%' }}
                            allowClear
                            value={r.nature || undefined}
                            onChange={(v?: string) => set(i, c, v ?? '')}
                            options={natureNames.map((n) => ({ value: n, label: n }))}
                          />
                        ) : (
                          <Input aria-label={label} value={r[c]} onChange={(e) => set(i, c, e.target.value)} />
                        )}
                      </td>
                    );
                  })}
                  <td className="no-print">
                    <Button
                      size="small"
                      type="text"
                      aria-label={s(advice.remove, { n: i + 1 })}
                      onClick={() => setRows(rows.length > 1 ? rows.filter((_, j) => j !== i) : [blank()])}
                    >
                      ×
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <Form layout="vertical" style={{ marginTop: 10 }}>
          <div className="row" style={{ alignItems: 'start' }}>
            <Form.Item label={s(advice.goal)} style={{ flex: '3 1 300px' }}>
              <Input.TextArea aria-label={s(advice.goal)} rows={2} value={goal} onChange={(e) => setGoal(e.target.value)} maxLength={5000} />
            </Form.Item>
            <Form.Item label={s(advice.budget)} style={{ flex: '1 1 220px' }}>
              <div className="row">
                <Input aria-label={s(advice.budget)} value={budget} onChange={(e) => setBudget(e.target.value)} style={{ width: 130 }} />
                <MoneySwitch value={unit} onChange={setUnit} />
              </div>
            </Form.Item>
          </div>
        </Form>
        <div className="row no-print">
          <Button type="primary" loading={busy} onClick={() => void check()}>
            {s(advice.check)}
          </Button>
          <Button onClick={() => setRows([...rows, blank()])}>{s(advice.add)}</Button>
          <Button onClick={() => setPasting(true)}>{s(advice.paste)}</Button>
        </div>
      </section>
      {result ? (
        <section className="card" aria-live="polite">
          <h2>
            {s(advice.result)} {result.items.length}
          </h2>
          {result.items.length ? <AdviceList items={result.items} name={(i) => result.names[i] ?? ''} /> : <Nothing text={s(advice.good)} />}
        </section>
      ) : null}
      <Modal open={pasting} title={s(advice.paste)} onCancel={() => setPasting(false)} onOk={fill} okText={s(advice.pasteDo)} cancelText={s(common.cancel)} width={720}>
        <p className="muted">{s(advice.pasteHint)}</p>
        <Input.TextArea aria-label={s(advice.paste)} rows={8} value={pasted} onChange={(e) => setPasted(e.target.value)} autoFocus />
      </Modal>
    </FinancePage>
  );
}
