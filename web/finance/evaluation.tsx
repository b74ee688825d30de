// One self-evaluation: what was reached against every target, each score with its arithmetic, causes of deviations, submission, review, export.
import { Link, useParams } from '@tanstack/react-router';
import { Alert, Button, Input, Tag } from 'antd';
import { useState } from 'react';
import { financeApi } from '#core/finance/contract.ts';
import { pointsText } from '#core/finance/self-evaluation.ts';
import { addressOf, type Reply, useCall, useCommand } from '../api.ts';
import { useText } from '../texts.tsx';
import { timeText } from '../ui/clock.tsx';
import { Loaded } from '../ui/page.tsx';
import { type LineEdit, Line, Steps } from './evaluation-line.tsx';
import { gradeTone, stateTone } from './evaluations.tsx';
import { FinancePage } from './frame.tsx';
import { Money, useShown } from './money.tsx';
import { evaluation as words } from './texts-evaluation.ts';
import { common, sheetWords } from './texts.ts';

export type Sheet = Reply<typeof financeApi.evaluation>;

export function EvaluationPage() {
  const s = useText();
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useCall(financeApi.evaluation, { params: { id } });
  if (!query.data)
    return (
      <FinancePage title={s(words.title)}>
        <Loaded query={query} rows={10}>
          {() => null}
        </Loaded>
      </FinancePage>
    );
  // A new version starts from what the server holds.
  return <Editor key={`${id}/${query.data.version}`} of={query.data} />;
}

const editOf = (l: Sheet['lines'][number]): LineEdit => ({ actual: l.actual ?? '', rating: l.rating, tooLow: l.tooLow, cause: l.cause ?? '' });

function Editor({ of }: { of: Sheet }) {
  const s = useText();
  const [shown] = useShown();
  const [goal, setGoal] = useState(of.goal.actual ?? '');
  const [executionCause, setExecutionCause] = useState(of.execution.cause ?? '');
  const [lines, setLines] = useState(() => of.lines.map(editOf));
  const [opinion, setOpinion] = useState('');
  const save = useCommand(financeApi.saveEvaluation, { done: s(words.saved) });
  const submit = useCommand(financeApi.submitEvaluation, { done: s(words.submitted2) });
  const review = useCommand(financeApi.reviewEvaluation, { done: s(words.reviewDone) });
  const changed = goal !== (of.goal.actual ?? '') || executionCause !== (of.execution.cause ?? '') || JSON.stringify(lines) !== JSON.stringify(of.lines.map(editOf));
  const body = () => ({
    goalActual: goal.trim() || null,
    executionCause: executionCause.trim() || null,
    lines: of.lines.flatMap((l, i) =>
      l.key ? [{ key: l.key, actual: lines[i]!.actual.trim() || null, rating: lines[i]!.rating, tooLow: lines[i]!.tooLow, cause: lines[i]!.cause.trim() || null }] : [],
    ),
  });
  const form = (format: 'docx' | 'xlsx' | 'html') => addressOf(financeApi.evaluationForm, { params: { id: of.id }, query: { format } });
  const send = () => save.mutate({ params: { id: of.id }, version: of.version, body: body() });
  return (
    <FinancePage
      title={s(words.sheetTitle, { unit: s(of.unitName), year: of.year, sheet: of.project ?? s(sheetWords[of.sheet]) })}
      note={<span title={of.scheme.source}>{s(words.scheme, { name: s(of.scheme.name) })}</span>}
      actions={
        <>
          <Link to="/finance/evaluations" search={{ year: of.year } as never}>
            {s(words.back)}
          </Link>
          <Button href={form('docx')}>{s(words.docx)}</Button>
          <Button href={form('xlsx')}>{s(words.xlsx)}</Button>
          <Button href={form('html')} target="_blank">
            {s(words.form)}
          </Button>
        </>
      }
    >
      {of.returned && of.state === 'draft' ? (
        <Alert type="warning" showIcon title={s(words.returnedBy, { reason: of.returned.reason, name: of.returned.byName, at: timeText(of.returned.at) })} />
      ) : null}
      {of.review ? <Alert type="success" showIcon title={s(words.reviewedBy, { opinion: of.review.opinion, name: of.review.byName, at: timeText(of.review.at) })} /> : null}
      <section className="card spread">
        <div className="row" style={{ gap: 18, alignItems: 'baseline' }}>
          <span>
            <span className="muted">{s(words.total)}</span> <span className="fin-score">{of.total === null ? s(words.notScored) : pointsText(of.total)}</span>{' '}
            <span className="muted">/ 100</span>
          </span>
          {of.grade ? <Tag color={gradeTone[of.grade]}>{s(of.gradeName)}</Tag> : null}
          <Tag color={stateTone[of.state]}>{s(words[of.state])}</Tag>
          <span className="muted">{s(words.changed, { name: of.changed.byName, at: timeText(of.changed.at) })}</span>
        </div>
        {of.mayEdit ? (
          <div className="row no-print">
            {changed ? <span style={{ color: 'var(--warn)' }}>{s(words.unsaved)}</span> : null}
            <Button type={changed ? 'primary' : 'default'} disabled={!changed} loading={save.isPending} onClick={send}>
              {s(words.save)}
            </Button>
            <Button
              type={changed ? 'default' : 'primary'}
              disabled={changed || of.missing.length > 0}
              loading={submit.isPending}
              onClick={() => submit.mutate({ params: { id: of.id }, version: of.version })}
            >
              {s(words.submit)}
            </Button>
          </div>
        ) : null}
      </section>
      {of.mayEdit ? (
        of.missing.length ? (
          <Alert
            className="no-print"
            type="info"
            showIcon
            title={`${s(words.missingList)}（${of.missing.length}）`}
            description={
              <ul style={{ margin: 0, paddingLeft: 18, maxHeight: 140, overflow: 'auto' }}>
                {of.missing.map((m) => (
                  <li key={m}>{m}</li>
                ))}
              </ul>
            }
          />
        ) : (
          <Alert className="no-print" type="success" showIcon title={s(words.ready)} />
        )
      ) : null}
      <section className="card">
        <h2>{s(words.goal)}</h2>
        <div className="two-columns" style={{ display: 'grid', gridTemplateColumns: '1fr 1fr', gap: 16 }}>
          <div>
            <div className="muted">{s(words.goalExpected)}</div>
            {of.goal.expected || '—'}
          </div>
          <div>
            <div className="muted">{s(words.goalActual)}</div>
            {of.mayEdit ? (
              <Input.TextArea aria-label={s(words.goalActual)} rows={3} maxLength={5000} value={goal} onChange={(e) => setGoal(e.target.value)} />
            ) : (
              of.goal.actual || '—'
            )}
          </div>
        </div>
      </section>
      <section className="card">
        <div className="spread">
          <h2 className="section-title">
            {s(words.execution)}（{s(words.of, { n: pointsText(of.execution.weight) })}）
          </h2>
          <span className="fin-score">{of.execution.score === null ? s(words.notScored) : s(words.points, { n: pointsText(of.execution.score) })}</span>
        </div>
        <div className="fin-two">
          {(
            [
              [words.budget, of.execution.budget],
              [words.adjusted, of.execution.adjusted ?? of.execution.budget],
              [words.spent, of.execution.spent],
            ] as const
          ).map(([label, fen]) => (
            <div key={label.en}>
              <span className="muted">
                {s(label)}（{shown}）
              </span>
              <b>
                <Money fen={fen} unit={shown} />
              </b>
            </div>
          ))}
        </div>
        <Steps of={of.execution.steps} />
        <p className="muted no-print">
          {s(words.executionNote)}{' '}
          <Link to="/finance/execution" search={{ unit: of.unit, year: of.year } as never}>
            {s(words.toExecution)}
          </Link>
        </p>
        {of.execution.causeRequired || of.execution.cause ? (
          <div>
            <div className="muted">
              {s(words.cause)} {of.execution.causeRequired ? <Tag color="warning">{s(words.causeRequired)}</Tag> : null}
            </div>
            {of.mayEdit ? (
              <Input.TextArea
                aria-label={`${s(words.execution)} ${s(words.cause)}`}
                rows={2}
                maxLength={4000}
                value={executionCause}
                onChange={(e) => setExecutionCause(e.target.value)}
              />
            ) : (
              of.execution.cause
            )}
          </div>
        ) : null}
      </section>
      <section className="card" style={{ padding: 0 }}>
        <ul className="fin-list">
          {of.lines.map((l, i) => (
            <li key={l.key ?? i} style={{ padding: '12px 16px' }}>
              <Line of={l} edit={lines[i]!} onEdit={of.mayEdit && l.key ? (e) => setLines(lines.map((x, j) => (j === i ? e : x))) : undefined} />
            </li>
          ))}
        </ul>
        {of.lines.length ? null : <p className="muted">{s(words.noTargets)}</p>}
      </section>
      {of.mayReview && of.state === 'submitted' ? (
        <section className="card no-print">
          <h2>{s(words.review)}</h2>
          <Input.TextArea aria-label={s(words.opinion)} placeholder={s(words.opinion)} rows={2} maxLength={2000} value={opinion} onChange={(e) => setOpinion(e.target.value)} />
          <div className="row" style={{ marginTop: 8 }}>
            <Button
              type="primary"
              disabled={!opinion.trim()}
              loading={review.isPending}
              onClick={() => review.mutate({ params: { id: of.id }, version: of.version, body: { pass: true, opinion } })}
            >
              {s(words.pass)}
            </Button>
            <Button
              danger
              disabled={!opinion.trim()}
              loading={review.isPending}
              onClick={() => review.mutate({ params: { id: of.id }, version: of.version, body: { pass: false, opinion } })}
            >
              {s(words.returnIt)}
            </Button>
            {opinion.trim() ? null : <span className="muted">{s(common.needReason)}</span>}
          </div>
        </section>
      ) : null}
    </FinancePage>
  );
}
