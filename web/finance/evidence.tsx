// What really happened behind a bound target: the records, cases and readings that its number counts, each a link where there is a page.
import { Link } from '@tanstack/react-router';
import { evaluationApi } from '#core/evaluation/contract.ts';
import { type Reply, useCall, useMay } from '../api.ts';
import { useText } from '../texts.tsx';
import { Time } from '../ui/clock.tsx';
import { Loaded } from '../ui/page.tsx';
import type { Target } from './promise.tsx';
import { evidence as words } from './texts-targets.ts';

type Item = Reply<typeof evaluationApi.target>['evidence'][number];

/** Of a number counted by a target's own method: its indicator and the things counted. An indicator shows its own on its page. */
export function Evidence({ of }: { of: NonNullable<Target['binding']> }) {
  const s = useText();
  const may = useMay();
  return (
    <section>
      <h3>{s(words.title)}</h3>
      {of.kind === 'indicator' ? (
        may('indicator.read') ? (
          <Link to="/indicators/$code" params={{ code: of.code }}>
            {s(words.ofIndicator, { name: s(of.name) })}
          </Link>
        ) : (
          <span className="muted">{s(words.none)}</span>
        )
      ) : may('target.read') ? (
        <Counted code={of.code} />
      ) : (
        <span className="muted">{s(words.none)}</span>
      )}
    </section>
  );
}

function Counted({ code }: { code: string }) {
  const s = useText();
  const one = useCall(evaluationApi.target, { params: { code } });
  return (
    <Loaded query={one}>
      {(t) => (
        <>
          {t.binding ? (
            <p style={{ margin: '0 0 6px' }}>
              <Link to="/indicators/$code" params={{ code: t.binding.indicator }}>
                {s(words.ofIndicator, { name: s(t.binding.indicatorName) })}
              </Link>
            </p>
          ) : null}
          {t.evidence.length ? (
            <ul className="fin-list" aria-label={s(words.title)}>
              {t.evidence.slice(0, 20).map((e) => (
                <li key={e.id} className="spread" style={{ padding: '5px 0' }}>
                  <span>{e.kind === 'case' ? <CaseLink of={e} /> : e.title}</span>
                  <span className="muted">
                    <Time at={e.at} /> {e.value === null ? '' : <span className="num">{e.value}</span>}
                  </span>
                </li>
              ))}
            </ul>
          ) : (
            <span className="muted">{s(words.empty)}</span>
          )}
          {t.evidenceMore || t.evidence.length > 20 ? <p className="muted">{s(words.more)}</p> : null}
        </>
      )}
    </Loaded>
  );
}

const CaseLink = ({ of }: { of: Item }) => (
  <Link to="/cases/$id" params={{ id: of.id }}>
    {of.title}
  </Link>
);
