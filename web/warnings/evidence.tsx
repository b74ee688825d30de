// Why a warning fired, as it was then: the readings before it with the rule's lines, the condition in words, who agreed.
import type { Reply } from '../api.ts';
import type { warningsApi } from '#core/warnings/contract.ts';
import type { Condition } from '#core/warnings/pack.ts';
import { useText } from '../texts.tsx';
import { TimeLine } from '../ui/chart.tsx';
import { timeText } from '../ui/clock.tsx';
import { levelWords } from '../ui/level.tsx';
import { chartLines, conditionWords } from './condition.ts';
import { detail as words, rules as ruleWords } from './texts.ts';

interface Frozen {
  version?: number;
  when?: Condition;
  at?: string;
  points?: [string | number, number | null][];
  agreeing?: (string | { name?: string; thing?: string })[];
  cap?: { senderName?: string; event?: string; description?: string; instruction?: string };
  score?: number;
}
const colours = ['', '#cf1322', '#d4570a', '#ad7a00', '#1f5fd6'];

export function Evidence({ w }: { w: Reply<typeof warningsApi.read> }) {
  const s = useText();
  const e = w.evidence as Frozen;
  const points = (e.points ?? []).map(([at, value]) => ({ at: typeof at === 'number' ? new Date(at).toISOString() : at, value }));
  const lines = chartLines(e.when);
  const clear = lines.length === 1 && lines[0]!.clear !== undefined && lines[0]!.clear !== lines[0]!.at ? lines[0]!.clear : undefined;
  return (
    <section className="card">
      <h2>{s(words.evidence)}</h2>
      <p className="muted" style={{ marginTop: 0 }}>
        {[e.version === undefined ? '' : s(words.evidenceHelp, { v: e.version }), e.at ? timeText(e.at) : ''].filter(Boolean).join(' · ')}
      </p>
      {e.when ? (
        <p style={{ margin: '0 0 8px' }}>
          <span className="muted">{s(ruleWords.when)}：</span>
          {s(conditionWords(e.when))}
        </p>
      ) : null}
      {points.length ? (
        <TimeLine
          points={points}
          unit={w.valueUnit}
          label={s(w.headline)}
          lines={[
            ...lines.map((l) => ({ value: l.at, name: s(words.threshold, { level: s(levelWords[l.level - 1]), at: l.at }), colour: colours[l.level]! })),
            ...(clear === undefined ? [] : [{ value: clear, name: s(words.clear, { at: clear }), colour: '#17844f' }]),
          ]}
        />
      ) : (
        <p className="muted">{s(words.noChart)}</p>
      )}
      {e.cap ? (
        <dl className="facts">
          {[e.cap.senderName, e.cap.event, e.cap.description, e.cap.instruction].filter(Boolean).map((text) => (
            <div key={text}>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      ) : null}
      {e.agreeing?.length ? (
        <p>
          <span className="muted">{s(words.agreeing)}：</span>
          {e.agreeing.map((a) => (typeof a === 'string' ? a : (a.name ?? a.thing ?? ''))).join('、')}
        </p>
      ) : null}
      <details>
        <summary className="muted">{s(words.raw)}</summary>
        <pre className="code" tabIndex={0} style={{ maxHeight: 320, overflow: 'auto' }}>
          {JSON.stringify(w.evidence, null, 1)}
        </pre>
      </details>
    </section>
  );
}
