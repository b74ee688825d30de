// One target of a self-evaluation: promise, what was reached, its score step by step, the cause where it deviates.
import { Button, Checkbox, Input, InputNumber, Tag } from 'antd';
import { methodNames, pointsText } from '#core/finance/self-evaluation.ts';
import { useText } from '../texts.tsx';
import type { Sheet } from './evaluation.tsx';
import { percentText } from './money.tsx';
import { evaluation as words } from './texts-evaluation.ts';

type LineOf = Sheet['lines'][number];
export interface LineEdit {
  actual: string;
  rating: number | null;
  tooLow: boolean;
  cause: string;
}

export function Steps({ of }: { of: string[] }) {
  const s = useText();
  if (!of.length) return null;
  return (
    <ol className="fin-steps" aria-label={s(words.steps)}>
      {of.map((step, i) => (
        <li key={i}>{step}</li>
      ))}
    </ol>
  );
}

export function Line({ of: l, edit, onEdit }: { of: LineOf; edit: LineEdit; onEdit: ((e: LineEdit) => void) | undefined }) {
  const s = useText();
  const set = (part: Partial<LineEdit>) => onEdit?.({ ...edit, ...part });
  const label = (t: { zh: string; en: string }) => `${l.indicator} ${s(t)}`;
  return (
    <div className="two-columns" style={{ display: 'grid', gridTemplateColumns: 'minmax(0, 5fr) minmax(0, 6fr)', gap: 16, alignItems: 'start' }}>
      <div>
        <div className="spread" style={{ alignItems: 'start' }}>
          <span>
            <b>{l.indicator}</b>
            <div className="muted" style={{ fontSize: 12 }}>
              {[l.level1, l.level2, s(methodNames[l.method])].filter(Boolean).join(' · ')}
            </div>
          </span>
          <span style={{ textAlign: 'right', whiteSpace: 'nowrap' }}>
            <span className="num" style={{ fontSize: 20 }}>
              {l.score === null ? '—' : pointsText(l.score)}
            </span>{' '}
            <span className="muted">/ {s(words.weightOf, { n: pointsText(l.weight) })}</span>
          </span>
        </div>
        <div>
          {s(words.target)}：{l.nature === '定性' ? l.target : `${l.nature ?? ''} ${l.target ?? '—'} ${l.measure ?? ''}`}
          {l.completion === null ? null : <Tag style={{ marginLeft: 8 }}>{s(words.completion, { n: percentText(l.completion) })}</Tag>}
        </div>
        <Steps of={l.steps} />
      </div>
      <div style={{ display: 'grid', gap: 8 }}>
        {onEdit ? (
          <>
            <div className="row">
              <label className="row" style={{ gap: 6 }}>
                <span className="muted">{s(words.actual)}</span>
                <Input
                  aria-label={label(words.actual)}
                  style={{ width: 150 }}
                  maxLength={200}
                  value={edit.actual}
                  onChange={(e) => set({ actual: e.target.value })}
                  {...(l.method === 'qualitative' ? {} : { suffix: l.measure })}
                />
              </label>
              {l.live !== null ? (
                <Button size="small" onClick={() => set({ actual: String(l.live) })}>
                  {s(words.live, { n: `${l.live}${l.measure ?? ''}` })}
                </Button>
              ) : l.liveUnknown ? (
                <span className="muted" style={{ fontSize: 12 }}>
                  {s(words.noLive, { why: s(l.liveUnknown) })}
                </span>
              ) : null}
              {l.method === 'qualitative' ? (
                <label className="row" style={{ gap: 6 }}>
                  <span className="muted">{s(words.rating)}</span>
                  <InputNumber aria-label={label(words.rating)} min={0} max={100} style={{ width: 90 }} value={edit.rating} onChange={(rating) => set({ rating })} />
                  <span className="muted" style={{ fontSize: 12 }}>
                    {s(words.ratingHint)}
                  </span>
                </label>
              ) : (
                <Checkbox checked={edit.tooLow} onChange={(e) => set({ tooLow: e.target.checked })}>
                  {s(words.tooLow)}
                </Checkbox>
              )}
            </div>
            {l.causeRequired || edit.cause ? (
              <div>
                <span className="muted">
                  {s(words.cause)} {l.causeRequired ? <Tag color="warning">{s(words.causeRequired)}</Tag> : null}
                </span>
                <Input.TextArea
                  aria-label={label(words.cause)}
                  rows={2}
                  maxLength={4000}
                  value={edit.cause}
                  onChange={(e) => set({ cause: e.target.value })}
                  status={l.causeRequired && !edit.cause.trim() ? 'warning' : ''}
                />
              </div>
            ) : null}
          </>
        ) : (
          <>
            <div>
              <span className="muted">{s(words.actual)}：</span>
              {l.actual ?? '—'} {l.actual && l.method !== 'qualitative' ? l.measure : ''} {l.rating === null ? '' : `${s(words.rating)} ${l.rating}`}{' '}
              {l.tooLow ? <Tag>{s(words.tooLow)}</Tag> : null}
            </div>
            {l.cause ? (
              <div>
                <span className="muted">{s(words.cause)}：</span>
                {l.cause}
              </div>
            ) : null}
          </>
        )}
      </div>
    </div>
  );
}
