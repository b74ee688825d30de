// The handover sheet as it is read and printed: figures, what is open, what was done, what leaders said, the log, signatures.
import { Link } from '@tanstack/react-router';
import type { Sheet } from '#core/duty/contract.ts';
import { entryKinds } from '#core/duty/contract.ts';
import { useMe } from '../api.ts';
import { useText } from '../texts.tsx';
import { timeText } from '../ui/clock.tsx';
import { Level } from '../ui/level.tsx';
import { Rows } from '../ui/rows.tsx';
import { sheetWords as words } from './texts.ts';
import './duty.css';

export interface Signed {
  givenBy: string;
  givenAt: string;
  remarks: string;
  takenBy: string | null;
  takenAt: string | null;
  takenRemarks: string | null;
}

export function SheetView({ sheet, unitName, signed }: { sheet: Sheet; unitName: string; signed?: Signed }) {
  const s = useText();
  const me = useMe();
  const nothing = <span className="muted">{s(words.nothing)}</span>;
  return (
    <article className="card sheet">
      <header style={{ textAlign: 'center', marginBottom: 12 }}>
        {me.demo ? <span className="demo-mark">{s(words.demo)}</span> : null}
        <h2 style={{ fontSize: 20, margin: '4px 0' }}>{`${unitName} ${s(words.title)}`}</h2>
        <div className="num">{s(words.period, { from: timeText(sheet.from), to: timeText(sheet.to) })}</div>
      </header>
      <div className="sheet-counts">
        {Object.entries(words.counts).map(([k, label]) => {
          const n = sheet.counts[k as keyof Sheet['counts']];
          return (
            <div key={k}>
              <span className="muted">{s(label)}</span>
              <span className="num" style={{ color: n && (k === 'limitsPassed' || k === 'undone') ? 'var(--warn)' : undefined }}>
                {n}
              </span>
            </div>
          );
        })}
      </div>
      <section>
        <h3 className="section-title">{s(words.undone)}</h3>
        {sheet.counts.undone > sheet.undone.length ? <p className="muted">{s(words.undoneCut, { all: sheet.counts.undone, n: sheet.undone.length })}</p> : null}
        {sheet.undone.length ? (
          <Rows
            label={s(words.undone)}
            rows={sheet.undone}
            rowKey={(c) => c.id}
            minWidth={600}
            rowClass={(c) => (c.overdue ? 'row-bad' : '')}
            columns={[
              {
                title: s(words.case),
                card: 'head',
                render: (c) => (
                  <>
                    <Link to="/cases/$id" params={{ id: c.id }}>
                      {c.title}
                    </Link>
                    <div className="muted" style={{ fontSize: 12 }}>
                      {c.no}
                    </div>
                  </>
                ),
              },
              { title: s(words.level), render: (c) => <Level level={c.level} /> },
              { title: s(words.owner), render: (c) => c.owner },
              {
                title: s(words.due),
                render: (c) => (
                  <span style={{ whiteSpace: 'nowrap', color: c.overdue ? 'var(--bad)' : undefined }}>
                    {timeText(c.dueAt)} {c.overdue ? s(words.overdue) : ''}
                  </span>
                ),
              },
            ]}
          />
        ) : (
          nothing
        )}
      </section>
      <section>
        <h3 className="section-title">{s(words.important)}</h3>
        {sheet.important.length ? (
          <ul>
            {sheet.important.map((x, i) => (
              <li key={i}>
                <span className="num">{timeText(x.at)}</span> {s(words.kinds[x.kind]) || x.kind}：{' '}
                <Link to="/cases/$id" params={{ id: x.caseId }}>
                  {x.title}
                </Link>
                {x.text ? ` — ${x.text}` : ''}
              </li>
            ))}
          </ul>
        ) : (
          nothing
        )}
      </section>
      <section>
        <h3 className="section-title">{s(words.done)}</h3>
        {sheet.done.length ? (
          <ul>
            {sheet.done.map((x) => (
              <li key={x.id}>
                <span className="num">{timeText(x.at)}</span>{' '}
                <Link to="/cases/$id" params={{ id: x.id }}>
                  {x.title}
                </Link>{' '}
                <span className="muted">{s(words.how[x.how]) || x.how}</span>
              </li>
            ))}
          </ul>
        ) : (
          nothing
        )}
      </section>
      <section>
        <h3 className="section-title">{s(words.entries)}</h3>
        {sheet.entries.length ? (
          <ul>
            {sheet.entries.map((e, i) => (
              <li key={i} style={{ overflowWrap: 'anywhere' }}>
                <span className="num">{timeText(e.at)}</span> {s(entryKinds[e.kind as keyof typeof entryKinds]) || e.kind}：{e.text} <span className="muted">{e.by}</span>
              </li>
            ))}
          </ul>
        ) : (
          nothing
        )}
      </section>
      {signed?.remarks ? (
        <section>
          <h3 className="section-title">{s(words.remarks)}</h3>
          <p style={{ whiteSpace: 'pre-wrap', margin: 0 }}>{signed.remarks}</p>
        </section>
      ) : null}
      {signed?.takenRemarks ? (
        <section>
          <h3 className="section-title">{s(words.takenRemarks)}</h3>
          <p style={{ whiteSpace: 'pre-wrap', margin: 0 }}>{signed.takenRemarks}</p>
        </section>
      ) : null}
      <footer className="sheet-sign">
        <div>
          {s(words.given)} {signed ? `${signed.givenBy} ${timeText(signed.givenAt)}` : ''}
          <span>{s(words.sign)}</span>
        </div>
        <div>
          {s(words.taken)} {signed?.takenBy ? `${signed.takenBy} ${timeText(signed.takenAt)}` : ''}
          <span>{s(words.sign)}</span>
        </div>
        <div>
          {s(words.leader)}
          <span>{s(words.sign)}</span>
        </div>
      </footer>
    </article>
  );
}
