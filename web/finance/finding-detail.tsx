// One finding: both figures, where both stand with their cells lit or their sentence marked, and what was decided about it.
import { Link } from '@tanstack/react-router';
import { Button, Form, Input, Tag } from 'antd';
import { financeApi } from '#core/finance/contract.ts';
import type { Place } from '#core/finance/source.ts';
import { type Reply, useCall, useCommand } from '../api.ts';
import { useText } from '../texts.tsx';
import { timeText } from '../ui/clock.tsx';
import { cellsAt, type GridRowLike, headerOf, marked, padded, pageOf, samePlace } from './grid.ts';
import { placeKey, placeText } from './place.ts';
import type { Finding } from './reading.tsx';
import { finding as words } from './texts-disclosure.ts';
import { common, findingStatusTone, findingStatusWords, severityTone, severityWords } from './texts.ts';

type Disclosure = Reply<typeof financeApi.disclosure>;
type Status = Finding['status'];

export const placeOf = (p: Finding['places'][number]): Place => {
  const { table: _, ...place } = p;
  return place as Place;
};

export function Detail({ of, finding: f }: { of: Disclosure; finding: Finding }) {
  const s = useText();
  const decide = useCommand(financeApi.decideFinding, { done: s(words.saved) });
  const [form] = Form.useForm<{ note: string }>();
  const act = async (status: Status) => {
    const { note } = await form.validateFields();
    decide.mutate({ params: { id: of.id, key: f.key }, body: { status, note } }, { onSuccess: () => form.resetFields() });
  };
  return (
    <div className="grid">
      <div>
        <Tag color={severityTone[f.severity]!}>{s(severityWords[f.severity])}</Tag>
        <Tag color={findingStatusTone[f.status]!}>{s(findingStatusWords[f.status])}</Tag> {f.message}
      </div>
      {f.figures.length ? (
        <div className="fin-two">
          {f.figures.map((x) => (
            <div key={`${x.label}${x.value}`}>
              <span className="muted">{x.label}</span>
              <b>{x.value}</b>
            </div>
          ))}
          {f.difference ? (
            <div style={{ borderColor: 'var(--bad)' }}>
              <span className="muted">{s(words.difference)}</span>
              <b style={{ color: 'var(--bad)' }}>{f.difference}</b>
            </div>
          ) : null}
        </div>
      ) : null}
      {f.places.slice(0, 6).map((p, i) => (
        <PlaceOf key={i} of={of} finding={f} place={p} />
      ))}
      {f.places.length > 6 ? <span className="muted">{s(words.places, { n: f.places.length })}</span> : null}
      <div className="muted">
        {s(words.meaning)}：{s(f.ruleName)}。{s(f.ruleMeaning)}
        <br />
        {s(words.source)}：{f.ruleSource}
      </div>
      {f.decided ? (
        <div>
          {f.decided.byName} {timeText(f.decided.at)}：{s(findingStatusWords[f.status])}。{f.note}
          {f.recurring ? <Tag color="magenta">{s(words.recurring)}</Tag> : null}
        </div>
      ) : null}
      {of.mayManage && of.current ? (
        <Form form={form} layout="vertical" className="no-print">
          <Form.Item name="note" label={s(words.note)} rules={[{ required: true, whitespace: true, message: s(common.needReason) }]} style={{ marginBottom: 8 }}>
            <Input.TextArea rows={2} maxLength={2000} placeholder={s(words.noteHint)} />
          </Form.Item>
          <div className="row">
            {f.status === 'explained' ? null : (
              <Button type="primary" loading={decide.isPending} onClick={() => void act('explained')}>
                {s(words.explain)}
              </Button>
            )}
            {f.status === 'corrected' ? null : (
              <Button loading={decide.isPending} onClick={() => void act('corrected')}>
                {s(words.corrected)}
              </Button>
            )}
            {f.status === 'open' ? null : (
              <Button loading={decide.isPending} onClick={() => void act('open')}>
                {s(words.reopen)}
              </Button>
            )}
          </div>
        </Form>
      ) : null}
    </div>
  );
}

/** One place of a finding: its row of the table with the meant cells lit, or the words of the narrative. */
function PlaceOf({ of, finding, place }: { of: Disclosure; finding: Finding; place: Finding['places'][number] }) {
  const s = useText();
  const item = of.tableList.find((t) => t.id === place.table);
  const table = useCall(financeApi.table, { params: { id: of.id, n: item?.n ?? 0 } }, { enabled: item !== undefined, staleTime: 60_000 });
  const at = placeOf(place);
  const search = item ? { tab: 'reading', table: item.n, finding: finding.key } : { tab: 'reading', at: placeKey(at), words: finding.figures[0]?.value ?? '' };
  const body = table.data ? padded(table.data.body as GridRowLike[], table.data.columns.length) : [];
  const cells = cellsAt(body, at, finding.figures);
  const rows = body.filter((r) => cells.some((c) => c.r === r.r)).slice(0, 3);
  // Only columns with something in one of the rows: the snippet must fit beside the list.
  const shown = (table.data?.columns ?? []).map((_, c) => c).filter((c) => rows.some((r) => r.cells[c]?.text));
  return (
    <div>
      <div className="spread" style={{ marginBottom: 4 }}>
        <b>
          {place.table ? `${place.table} ${item?.title ?? ''}` : s(words.narrative)}{' '}
          <span className="muted" style={{ fontWeight: 400 }}>
            {placeText(s, at, of.files.length)}
          </span>
        </b>
        <Link to="/finance/$id" params={{ id: of.id }} search={search as never} className="no-print">
          {s(words.seeInText)}
        </Link>
      </div>
      {item ? null : <Words of={of} at={at} figures={finding.figures} />}
      {table.data && rows.length ? (
        <div style={{ overflowX: 'auto' }} tabIndex={0} role="region" aria-label={item?.title}>
          <table className="fin-grid">
            <thead>
              <tr>
                {shown.map((c) => (
                  <th key={c} scope="col">
                    {headerOf([table.data.columns[c]!])
                      .flat()
                      .map((h) => h.text)
                      .join(' / ')}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((r) => (
                <tr key={r.r}>
                  {shown.map((c) => (
                    <td
                      key={c}
                      style={{ cursor: 'default' }}
                      className={[table.data.columns[c]?.money ? 'money' : '', cells.some((x) => x.r === r.r && x.c === c) ? 'lit finding' : ''].join(' ')}
                    >
                      {r.cells[c]?.text}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
    </div>
  );
}

/** The sentence of the narrative around a place, its figures marked. */
function Words({ of, at, figures }: { of: Disclosure; at: Place; figures: Finding['figures'] }) {
  const text = useCall(financeApi.pageText, { params: { id: of.id, file: at.file ?? 0, page: pageOf(at) } }, { staleTime: 600_000 });
  const values = figures.map((f) => f.value);
  const lines = (text.data?.lines ?? []).map((l) => ({ place: l.place as Place, text: l.text ?? l.cells?.filter(Boolean).join(' ') ?? '' }));
  // Lines of a PDF know only their page: the one with the figure is meant.
  const line = lines.find((l) => samePlace(l.place, at)) ?? lines.find((l) => values.some((v) => l.text.includes(v)));
  if (!line) return null;
  const first = Math.max(0, Math.min(...values.map((v) => line.text.indexOf(v)).filter((i) => i >= 0), line.text.length) - 60);
  const from = line.text.length > 220 ? first : 0;
  const shown = line.text.slice(from, from + 220);
  return (
    <p className="fin-quote">
      {from > 0 ? '…' : ''}
      {marked(shown, values).map((p, i) => (p.mark ? <mark key={i}>{p.text}</mark> : <span key={i}>{p.text}</span>))}
      {from + 220 < line.text.length ? '…' : ''}
    </p>
  );
}
