// Registering many devices: paste or upload, map the columns, preview with problems by row, register, take back.
import { Alert, App, Button, Progress, Select, Tag } from 'antd';
import { useMemo, useState } from 'react';
import { type NewThing, signalsApi } from '#core/signals/contract.ts';
import type { Crs } from '#core/signals/place.ts';
import { devicesApi } from '#core/signals/devices-contract.ts';
import { useQueryClient } from '@tanstack/react-query';
import { CallError, type Reply, call, randomKey, useCall, useCommand } from '../api.ts';
import { useText } from '../texts.tsx';
import { Time } from '../ui/clock.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { type RowFault, lookup, serverFaults, thingFields, thingsOf } from './bring.ts';
import { type BroughtSheet, SheetInput, SheetRows } from './sheet-input.tsx';
import { ThingsPage, unitOptions, useContent, useUnits } from './frame.tsx';
import { bring, common, crsWords, register as words } from './texts.ts';

/** Things one request takes. */
const BATCH = 1000;
type PlainCrs = Exclude<Crs, 'frame'>;

export function Register() {
  const s = useText();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const { units } = useUnits();
  const profiles = useContent('profiles');
  const [brought, setBrought] = useState<BroughtSheet>();
  const [crs, setCrs] = useState<PlainCrs>('wgs84');
  const [unit, setUnit] = useState<string>();
  const [profile, setProfile] = useState<string>();
  const [answer, setAnswer] = useState<{ of: NewThing[]; faults: RowFault[]; passed: boolean; why?: string }>();
  const [run, setRun] = useState<{ done: number; total: number }>();
  const found = useMemo(
    () =>
      brought &&
      thingsOf(brought.sheet, brought.columns, {
        units: lookup(units.map((u) => ({ code: u.path, names: [u.name, u.path.split('.').at(-1)!] }))),
        profiles: lookup(profiles.map((p) => ({ code: p.code, names: [p.name] }))),
        crs,
        unit,
        profile,
      }),
    [brought, units, profiles, crs, unit, profile],
  );
  // An answer counts only for exactly what was asked.
  const current = answer && found && answer.of === found.items ? answer : undefined;
  const faults = found ? [...found.faults, ...(current?.faults ?? [])] : [];

  /** Sends in batches; gives the faults of the batch that was refused. */
  const send = async (preview: boolean): Promise<void> => {
    if (!found) return;
    const total = found.items.length;
    setRun({ done: 0, total });
    let from = 0;
    const key = randomKey();
    try {
      for (; from < total; from += BATCH) {
        await call(signalsApi.register, { body: { things: found.items.slice(from, from + BATCH), preview }, key: `${key}-${from}-${preview ? 'p' : 'r'}` });
        setRun({ done: Math.min(total, from + BATCH), total });
      }
      if (preview) setAnswer({ of: found.items, faults: [], passed: true });
      else {
        message.success(s(words.done, { n: total }));
        setBrought(undefined);
        setAnswer(undefined);
      }
    } catch (error) {
      const problem = error instanceof CallError ? error.problem : undefined;
      const why = error instanceof CallError ? error.message : s(common.offline);
      setAnswer({
        of: found.items,
        faults: serverFaults(problem?.errors, 'things', found.rows, from),
        passed: false,
        why: from && !preview ? `${why}；${s(words.half, { n: from })}` : why,
      });
    } finally {
      setRun(undefined);
      if (!preview) await queries.invalidateQueries({ queryKey: ['things'] });
    }
  };
  return (
    <ThingsPage title={s(words.title)} note={s(words.note)}>
      <section className="card">
        <h2>{s(bring.paste)}</h2>
        <SheetInput
          label={s(bring.paste)}
          fields={thingFields}
          names={words.fields}
          needed={words.needed}
          value={brought}
          onChange={(v) => {
            setBrought(v);
            setAnswer(undefined);
          }}
          template={{
            name: 'devices.csv',
            rows: [
              thingFields.map((f) => s(words.fields[f.name])),
              ['demo-001', '供水压力计 1', profiles[0]?.name ?? 'pipe-pressure', units.find((u) => u.depth)?.name ?? 'demo', 106.3512, 29.4521, '', '', ''],
            ],
          }}
        />
        {brought ? (
          <div className="filters" style={{ marginTop: 10 }}>
            <Select
              aria-label={s(words.crs)}
              value={crs}
              onChange={setCrs}
              style={{ width: 210 }}
              options={(['wgs84', 'cgcs2000', 'gcj02', 'bd09'] as const).map((value) => ({ value, label: s(crsWords[value]) }))}
            />
            <Select
              aria-label={s(words.defaultUnit)}
              placeholder={s(words.defaultUnit)}
              allowClear
              value={unit}
              onChange={setUnit}
              style={{ width: 220 }}
              showSearch={{ optionFilterProp: 'text' }}
              options={unitOptions(units)}
            />
            <Select
              aria-label={s(words.defaultProfile)}
              placeholder={s(words.defaultProfile)}
              allowClear
              value={profile}
              onChange={setProfile}
              style={{ width: 220 }}
              showSearch={{ optionFilterProp: 'label' }}
              options={profiles.map((p) => ({ value: p.code, label: p.name }))}
            />
          </div>
        ) : null}
        {brought && found ? (
          <>
            <SheetRows of={brought} faults={faults} names={words.fields} />
            {current?.why ? <Alert type="error" showIcon title={current.why} style={{ marginTop: 10 }} role="alert" /> : null}
            {current?.passed ? <Alert type="success" showIcon title={s(words.ready, { n: found.items.length })} style={{ marginTop: 10 }} role="status" /> : null}
            {run ? <Progress percent={Math.round((run.done / run.total) * 100)} /> : null}
            {found.items.length > BATCH ? (
              <p className="muted">{s(words.batches, { i: run ? Math.floor(run.done / BATCH) + 1 : 0, n: Math.ceil(found.items.length / BATCH) })}</p>
            ) : null}
            <div className="row" style={{ marginTop: 12 }}>
              <Button disabled={!found.items.length || found.faults.length > 0} loading={Boolean(run)} onClick={() => void send(true)}>
                {s(words.preview)}
              </Button>
              <Button type="primary" disabled={!current?.passed || Boolean(run)} onClick={() => void send(false)}>
                {s(words.submit, { n: found.items.length })}
              </Button>
            </div>
          </>
        ) : null}
      </section>
      <Registrations />
    </ThingsPage>
  );
}

type Registration = Reply<typeof devicesApi.registrations>['items'][number];

function Registrations() {
  const s = useText();
  const { modal } = App.useApp();
  const { nameOf } = useUnits();
  const query = useCall(devicesApi.registrations);
  const undo = useCommand(devicesApi.undo, { done: s(words.undoDone) });
  return (
    <section className="card" style={{ padding: 0 }}>
      <h2 className="section-title" style={{ margin: '12px 16px' }}>
        {s(words.history)}
      </h2>
      <Loaded query={query} rows={2}>
        {(data) => (
          <Rows<Registration>
            label={s(words.history)}
            rows={data.items}
            rowKey={(r) => r.id}
            pageSize={10}
            minWidth={560}
            empty={<Nothing text={s(words.noHistory)} />}
            columns={[
              { title: s(common.time), card: 'head', render: (r) => <Time at={r.at} /> },
              { title: s(words.things), align: 'right', render: (r) => <span className="num">{r.things}</span> },
              { title: s(common.unit), render: (r) => nameOf(r.unit) },
              { title: s(common.by), render: (r) => r.by },
              {
                title: '',
                card: 'foot',
                render: (r) =>
                  r.undoneAt ? (
                    <Tag>{s(words.undone)}</Tag>
                  ) : r.undoable ? (
                    <Button
                      size="small"
                      danger
                      onClick={() =>
                        modal.confirm({
                          title: s(words.undoAsk, { n: r.things }),
                          content: s(words.undoHelp),
                          okText: s(words.undo),
                          okButtonProps: { danger: true },
                          onOk: () => undo.mutateAsync({ params: { id: r.id }, body: {} }).catch(() => {}),
                        })
                      }
                    >
                      {s(words.undo)}
                    </Button>
                  ) : (
                    <Tag color="success">{s(words.kept)}</Tag>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
    </section>
  );
}
