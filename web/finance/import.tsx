// Import of disclosures: files dropped or chosen, sent one after another with progress; what was read, what must be chosen, what it supersedes.
import { InboxOutlined } from '@ant-design/icons';
import { Link, useSearch } from '@tanstack/react-router';
import { Alert, App, Button, Checkbox, Form, InputNumber, Progress, Radio, Select, Tag, Upload } from 'antd';
import { useState } from 'react';
import { financeApi } from '#core/finance/contract.ts';
import { peopleApi } from '#core/people/contract.ts';
import { useCall } from '../api.ts';
import { useText } from '../texts.tsx';
import { Nothing } from '../ui/page.tsx';
import { DifferenceView } from './difference-view.tsx';
import { FinancePage, useReach } from './frame.tsx';
import { type ImportReply, type Job, largest, type Options, readable, useImportQueue } from './import-queue.ts';
import { files as listWords, importing } from './texts-files.ts';
import { common, kindWords, severityTone, severityWords } from './texts.ts';

function UnitSelect({
  value,
  onChange,
  first,
  placeholder,
}: {
  value?: string | undefined;
  onChange?: (v: string | undefined) => void;
  first?: ImportReply['units'];
  placeholder?: string;
}) {
  const s = useText();
  const units = useCall(peopleApi.units, {}, { staleTime: 600_000 });
  const reach = useReach('finance.manage');
  const liked = first ?? [];
  const rest = (units.data?.items ?? []).filter((u) => u.active && u.kind !== 'grid' && reach(u.path) && !liked.some((l) => l.unit === u.path));
  return (
    <Select
      aria-label={s(common.unit)}
      allowClear
      {...(placeholder ? { placeholder } : {})}
      style={{ width: '100%', minWidth: 220 }}
      showSearch={{ optionFilterProp: 'label' }}
      value={value}
      onChange={(v?: string) => onChange?.(v)}
      options={[
        ...liked.map((l) => ({ value: l.unit, label: `${s(l.unitName)}（${s(importing.score, { n: Math.round(l.score) })}）`, title: l.reason })),
        ...rest.map((u) => ({ value: u.path, label: s(u.name), title: u.path })),
      ]}
    />
  );
}

const kindOptions = (s: ReturnType<typeof useText>) => Object.entries(kindWords).map(([value, w]) => ({ value: value as 'budget' | 'final-account', label: s(w) }));

export function ImportPage() {
  const s = useText();
  const { message } = App.useApp();
  const given = useSearch({ strict: false }) as { unit?: string; year?: number; kind?: 'budget' | 'final-account' };
  const queue = useImportQueue();
  const [together, setTogether] = useState(false);
  const [options, setOptions] = useState<Options>({ trial: false, keep: false, again: false, unit: given.unit, year: given.year, kind: given.kind });
  const [chosen, setChosen] = useState<File[]>([]);
  const waiting = queue.jobs.filter((j) => j.state === 'waiting').length;
  const take = (list: File[]) => {
    const good = list.filter((f) => {
      if (!readable.test(f.name)) message.warning(s(importing.wrongType, { name: f.name }), 6);
      else if (f.size > largest) message.error(`${f.name}：${s(importing.tooLarge)}`, 6);
      else return true;
      return false;
    });
    setChosen((before) => [...before, ...good.filter((f) => !before.some((b) => b.name === f.name && b.size === f.size))]);
  };
  const begin = () => {
    queue.add(chosen, together, options);
    setChosen([]);
    void queue.run();
  };
  const groups = together ? chosen.filter((f) => /\.zip$/i.test(f.name)).length + (chosen.some((f) => !/\.zip$/i.test(f.name)) ? 1 : 0) : chosen.length;
  const set = (part: Partial<Options>) => setOptions({ ...options, ...part });
  const ended = queue.jobs.filter((j) => j.state === 'done' || j.state === 'failed' || j.state === 'stopped' || j.state === 'choose').length;
  /** A unit chosen for a published name answers for the others of that name too. */
  const choose = (job: Job, o?: Partial<Options>) => {
    queue.again(job.id, o);
    const name = job.result?.read.unit;
    if (!o?.unit || !name) return;
    for (const j of queue.jobs)
      if (j.id !== job.id && j.state === 'choose' && j.result?.read.unit === name && j.result.needs.every((n) => n === 'unit')) queue.again(j.id, { unit: o.unit });
  };
  const open = queue.jobs.filter((j) => j.state === 'choose').length;
  return (
    <FinancePage title={s(importing.title)} actions={<Link to="/finance">{s(importing.back)}</Link>}>
      <div className="two-columns" style={{ display: 'grid', gridTemplateColumns: 'minmax(0, 3fr) minmax(280px, 2fr)', gap: 12, alignItems: 'start' }}>
        <section className="card grid">
          <Upload.Dragger
            multiple
            showUploadList={false}
            accept=".txt,.pdf,.docx,.xlsx,.xls,.html,.htm,.zip"
            beforeUpload={(file, all) => {
              if (file === all[0]) take(all);
              return Upload.LIST_IGNORE;
            }}
          >
            <div className="fin-drop">
              <InboxOutlined style={{ fontSize: 34, color: 'var(--primary)' }} aria-hidden />
              <b>{s(importing.drop)}</b>
              <span className="muted">{s(importing.formats)}</span>
            </div>
          </Upload.Dragger>
          {chosen.length ? (
            <ul className="fin-list" aria-label={s(importing.grouping)}>
              {chosen.map((f) => (
                <li key={`${f.name}${f.size}`} className="spread" style={{ padding: '5px 2px' }}>
                  <span style={{ overflowWrap: 'anywhere' }}>{f.name}</span>
                  <span className="row">
                    <span className="muted num">{(f.size / 1024).toLocaleString('zh-CN', { maximumFractionDigits: 0 })} KB</span>
                    <Button size="small" type="text" onClick={() => setChosen(chosen.filter((x) => x !== f))} aria-label={`${s(importing.remove)} ${f.name}`}>
                      {s(importing.remove)}
                    </Button>
                  </span>
                </li>
              ))}
            </ul>
          ) : null}
          <div className="row">
            <Button type="primary" size="large" disabled={!chosen.length} onClick={begin}>
              {chosen.length ? s(importing.startN, { n: groups }) : s(importing.start)}
            </Button>
            {queue.running ? <Button onClick={queue.halt}>{s(importing.stop)}</Button> : null}
          </div>
        </section>
        <section className="card">
          <h2>{s(importing.options)}</h2>
          <Form layout="vertical">
            <Form.Item label={s(importing.grouping)} extra={s(importing.groupingHint)}>
              <Radio.Group
                aria-label={s(importing.grouping)}
                value={together}
                onChange={(e) => setTogether(e.target.value as boolean)}
                options={[
                  { value: false, label: s(importing.each) },
                  { value: true, label: s(importing.together) },
                ]}
              />
            </Form.Item>
            <Form.Item label={s(common.unit)}>
              <UnitSelect value={options.unit} onChange={(unit) => set({ unit })} placeholder={s(importing.unitHint)} />
            </Form.Item>
            <div className="row" style={{ alignItems: 'start' }}>
              <Form.Item label={s(common.year)} style={{ flex: 1, minWidth: 110 }}>
                <InputNumber
                  aria-label={s(common.year)}
                  min={2000}
                  max={2100}
                  precision={0}
                  placeholder={s(importing.yearHint)}
                  style={{ width: '100%' }}
                  value={options.year ?? null}
                  onChange={(y) => set({ year: y ?? undefined })}
                />
              </Form.Item>
              <Form.Item label={s(common.kind)} style={{ flex: 1, minWidth: 110 }}>
                <Select
                  aria-label={s(common.kind)}
                  allowClear
                  placeholder={s(importing.yearHint)}
                  value={options.kind}
                  onChange={(kind?: 'budget' | 'final-account') => set({ kind })}
                  options={kindOptions(s)}
                />
              </Form.Item>
            </div>
            <div style={{ display: 'grid', gap: 6 }}>
              <Checkbox checked={options.trial} onChange={(e) => set({ trial: e.target.checked })}>
                {s(importing.trial)}
              </Checkbox>
              <Checkbox checked={options.keep} onChange={(e) => set({ keep: e.target.checked })}>
                {s(importing.keep)}
              </Checkbox>
              <Checkbox checked={options.again} onChange={(e) => set({ again: e.target.checked })}>
                {s(importing.again)}
              </Checkbox>
            </div>
          </Form>
        </section>
      </div>
      <section className="card" aria-live="polite" hidden={chosen.length > 0 && !queue.jobs.length}>
        <div className="spread">
          <span>
            {queue.jobs.length ? s(importing.progress, { done: ended, all: queue.jobs.length }) : null}
            {open ? s(importing.toChoose, { n: open }) : null}
          </span>
          {ended ? (
            <Button size="small" onClick={queue.clear} disabled={queue.running}>
              {s(importing.clearDone)}
            </Button>
          ) : null}
        </div>
        {queue.jobs.length > 1 ? (
          <Progress percent={Math.round((ended / queue.jobs.length) * 100)} size="small" aria-label={s(importing.progress, { done: ended, all: queue.jobs.length })} />
        ) : null}
        {queue.jobs.length ? (
          <ul className="fin-list">
            {queue.jobs.map((j) => (
              <li key={j.id} style={{ padding: '10px 0' }}>
                <JobRow job={j} onAgain={(o) => choose(j, o)} onRemove={() => queue.remove(j.id)} />
              </li>
            ))}
          </ul>
        ) : waiting ? null : (
          <Nothing text={s(importing.emptyQueue)} />
        )}
      </section>
    </FinancePage>
  );
}

function JobRow({ job, onAgain, onRemove }: { job: Job; onAgain(o?: Partial<Options>): void; onRemove(): void }) {
  const s = useText();
  const r = job.result;
  const busy = job.state === 'sending' || job.state === 'reading';
  const state =
    job.state === 'sending'
      ? s(importing.sending, { n: Math.round(job.sent * 100) })
      : job.state === 'done'
        ? s(r?.id ? (r.fresh ? importing.done : importing.known) : importing.tried)
        : s({ waiting: importing.waiting, reading: importing.reading, choose: importing.choose, failed: importing.failed, stopped: importing.stopped }[job.state]);
  const tone = { done: 'success', failed: 'error', choose: 'warning', waiting: 'default', stopped: 'default', sending: 'processing', reading: 'processing' }[job.state];
  return (
    <div className="grid" style={{ gap: 6 }}>
      <div className="spread">
        <b style={{ overflowWrap: 'anywhere' }}>{job.name}</b>
        <span className="row">
          <Tag color={tone}>{state}</Tag>
          {r?.id ? (
            <Link to="/finance/$id" params={{ id: r.id }}>
              {s(importing.openIt)}
            </Link>
          ) : null}
          {job.state === 'failed' || job.state === 'stopped' ? (
            <Button size="small" onClick={() => onAgain()}>
              {s(importing.retry)}
            </Button>
          ) : null}
          {busy ? null : (
            <Button size="small" type="text" onClick={onRemove}>
              {s(importing.remove)}
            </Button>
          )}
        </span>
      </div>
      {busy ? <Progress percent={job.state === 'reading' ? 100 : Math.round(job.sent * 100)} status="active" showInfo={false} size="small" aria-label={state} /> : null}
      {job.error ? (
        <Alert
          type="error"
          showIcon
          title={job.error.message || s(common.offline)}
          description={
            <>
              {job.error.details.map((d) => (
                <div key={d}>{d}</div>
              ))}
              {job.error.hint === 'none' ? null : s(importing.help, { what: s(job.error.hint === 'retry' ? importing.helpRetry : importing.helpFile) })}
            </>
          }
        />
      ) : null}
      {r ? <ReadSummary r={r} /> : null}
      {job.state === 'choose' && r ? <Choose r={r} onChosen={onAgain} /> : null}
      {r?.difference ? (
        <details open>
          <summary>
            {s(importing.superseding, { n: r.difference.from.number })}{' '}
            <Link to="/finance/$id" params={{ id: r.difference.from.id }}>
              {s(importing.seeOld)}
            </Link>
          </summary>
          <DifferenceView of={r.difference} />
        </details>
      ) : null}
    </div>
  );
}

function ReadSummary({ r }: { r: ImportReply }) {
  const s = useText();
  const f = r.read;
  return (
    <>
      <div className="row" style={{ gap: 12 }}>
        <span>
          {f.unit ?? s(importing.noName)} {f.year ?? ''} {f.kind ? s(kindWords[f.kind]) : ''} {f.moneyUnit ?? ''}
        </span>
        <span className="muted">{s(importing.summary, { tables: f.tables, targets: f.targets, cells: f.cells })}</span>
        {(['error', 'warning', 'rounding', 'undecidable'] as const)
          .filter((k) => f.findings[k])
          .map((k) => (
            <Tag key={k} color={severityTone[k]!} style={{ margin: 0 }}>
              {s(severityWords[k])} {f.findings[k]}
            </Tag>
          ))}
        <span className="muted">
          {[
            f.uncertain ? s(importing.uncertain, { n: f.uncertain }) : '',
            f.unread ? s(importing.unread, { n: f.unread }) : '',
            f.masked ? s(importing.masked, { n: f.masked }) : '',
            s(listWords.passed, { n: f.checks.passed }),
            s(importing.took, { ms: f.milliseconds }),
          ]
            .filter(Boolean)
            .join('，')}
        </span>
      </div>
      {f.scannedPages ? <Alert type="warning" showIcon title={s(importing.scanned, { n: f.scannedPages })} /> : null}
      {r.notes.map((n) => (
        <div key={n} className="muted">
          {n}
        </div>
      ))}
    </>
  );
}

/** What could not be recognised is asked of the person, with the likely units first. */
function Choose({ r, onChosen }: { r: ImportReply; onChosen(o: Partial<Options>): void }) {
  const s = useText();
  const [form] = Form.useForm<{ unit?: string; year?: number; kind?: 'budget' | 'final-account' }>();
  const now = Form.useWatch((v) => v, form);
  const stored = useCall(financeApi.disclosures, { query: { limit: 500 } });
  const place = { unit: now?.unit ?? r.units[0]?.unit, year: now?.year ?? r.read.year, kind: now?.kind ?? r.read.kind };
  const taken = stored.data?.items.find((d) => d.current && d.unit === place.unit && d.year === place.year && d.kind === place.kind);
  return (
    <Form
      form={form}
      layout="vertical"
      className="card"
      style={{ background: 'var(--head)' }}
      initialValues={{ unit: r.units[0]?.unit, year: r.read.year, kind: r.read.kind }}
      onFinish={(v) => onChosen({ ...(v.unit ? { unit: v.unit } : {}), ...(v.year ? { year: v.year } : {}), ...(v.kind ? { kind: v.kind } : {}) })}
    >
      <p className="muted" style={{ marginTop: 0 }}>
        {r.read.unit ? s(importing.publishedName, { name: r.read.unit }) : s(importing.noName)}
      </p>
      <div className="row" style={{ alignItems: 'start' }}>
        {r.needs.includes('unit') ? (
          <Form.Item name="unit" label={s(importing.chooseUnit)} rules={[{ required: true }]} extra={r.units[0]?.reason ?? s(importing.noUnit)} style={{ flex: '1 1 300px' }}>
            <UnitSelect first={r.units} />
          </Form.Item>
        ) : null}
        {r.needs.includes('year') ? (
          <Form.Item name="year" label={s(importing.chooseYear)} rules={[{ required: true }]}>
            <InputNumber min={2000} max={2100} precision={0} />
          </Form.Item>
        ) : null}
        {r.needs.includes('kind') ? (
          <Form.Item name="kind" label={s(importing.chooseKind)} rules={[{ required: true }]}>
            <Radio.Group options={kindOptions(s)} />
          </Form.Item>
        ) : null}
      </div>
      {taken ? (
        <Alert type="warning" showIcon style={{ marginBottom: 10 }} title={s(importing.occupied, { name: taken.publishedUnit ?? s(taken.unitName), n: taken.number })} />
      ) : null}
      <Button type="primary" htmlType="submit">
        {s(importing.store)}
      </Button>
    </Form>
  );
}
