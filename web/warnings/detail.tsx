// One warning: what to do about it, why it fired, what happened since, those of the same cause.
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { Alert, App, Button, Tag, Timeline } from 'antd';
import { type ReactNode, useEffect, useState } from 'react';
import { casesApi } from '#core/cases/contract.ts';
import { roles } from '#core/people/roles.ts';
import { warningsApi } from '#core/warnings/contract.ts';
import { type Reply, addressOf, useCall, useCommand, useMay } from '../api.ts';
import { onFact } from '../live.ts';
import { useAreas } from '../people/areas.ts';
import { useUnits } from '../signals/frame.tsx';
import { useText } from '../texts.tsx';
import { CityMap } from '../ui/city-map.tsx';
import { timeText } from '../ui/clock.tsx';
import { Level, levelWords } from '../ui/level.tsx';
import { Loaded } from '../ui/page.tsx';
import { type Act, ActDialog } from './acts.tsx';
import { Evidence } from './evidence.tsx';
import { headlineOf, WarningsPage } from './frame.tsx';
import { Members } from './list.tsx';
import { common, detail as words, factWords, list as listWords, outcomeWords, stateColours, stateWords } from './texts.ts';
import './warnings.css';

type One = Reply<typeof warningsApi.read>;

export function WarningDetail() {
  const { id } = useParams({ strict: false }) as { id: string };
  const one = useCall(warningsApi.read, { params: { id } });
  useEffect(() => onFact((f) => void (f.subject === `warning:${id}` && one.refetch())), [id, one]);
  return (
    <Loaded query={one} rows={8}>
      {(w) => <Detail key={w.id} w={w} />}
    </Loaded>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

function Detail({ w }: { w: One }) {
  const { id } = w;
  const s = useText();
  const may = useMay();
  const navigate = useNavigate();
  const { modal } = App.useApp();
  const { nameOf } = useUnits();
  const { areas, schematic } = useAreas();
  const [act, setAct] = useState<Act>();
  const catalogue = useCall(casesApi.catalogue, {}, { staleTime: 600_000, enabled: may('case.read') });
  const named = (kind: 'scenarios' | 'matters', code: string | null): string => {
    const found = ((catalogue.data as Record<string, { code: string; name: { zh: string; en: string } }[]> | undefined)?.[kind] ?? []).find((x) => x.code === code);
    return s(found?.name) || (code ?? '');
  };
  const acknowledge = useCommand(warningsApi.acknowledge, { done: s(words.acknowledged) });
  const respond = useCommand(warningsApi.respond, { done: s(words.opened), also: ['cases'], onSuccess: (r) => void navigate({ to: '/cases/$id', params: { id: r.caseId } }) });
  const can = (a: string) => w.actions.includes(a) && may('warning.handle');
  const offer = w.offers.scenario
    ? s(words.scenario, { name: named('scenarios', w.offers.scenario) })
    : w.offers.matter
      ? s(words.matter, { name: named('matters', w.offers.matter) })
      : null;
  return (
    <WarningsPage
      title={s(headlineOf(w))}
      note={s(w.ruleName)}
      actions={
        <>
          {can('acknowledge') ? (
            <Button type="primary" loading={acknowledge.isPending} onClick={() => acknowledge.mutate({ params: { id }, body: {} })}>
              {s(words.acknowledge)}
            </Button>
          ) : null}
          {can('respond') && offer ? (
            <Button
              type={can('acknowledge') ? 'default' : 'primary'}
              loading={respond.isPending}
              onClick={() =>
                modal.confirm({
                  title: offer,
                  content: s(words.scenarioHelp),
                  okText: s(words.toCase),
                  onOk: () => respond.mutateAsync({ params: { id }, body: {} }).catch(() => {}),
                })
              }
            >
              {offer}
            </Button>
          ) : null}
          {w.caseId ? (
            <Link to="/cases/$id" params={{ id: w.caseId }}>
              <Button type="primary">{s(words.case)}</Button>
            </Link>
          ) : null}
          {can('close') ? <Button onClick={() => setAct('close')}>{s(words.close)}</Button> : null}
          {can('false-alarm') ? <Button onClick={() => setAct('falseAlarm')}>{s(words.falseAlarm)}</Button> : null}
          {can('shelve') ? <Button onClick={() => setAct('shelve')}>{s(words.shelve)}</Button> : null}
          {w.nature === 'official' ? <Button href={addressOf(warningsApi.cap, { params: { id } })}>{s(words.cap)}</Button> : null}
        </>
      }
    >
      <section className="card">
        <div className="row" style={{ marginBottom: 8 }}>
          <Level level={w.level} />
          <Tag color={stateColours[w.state] ?? 'default'}>{s(stateWords[w.state])}</Tag>
          <Tag>{s(w.nature === 'internal' ? words.internal : listWords.official)}</Tag>
          {w.children ? <Tag color="purple">{s(words.folded, { n: w.children })}</Tag> : null}
          {w.flaps > 1 ? <Tag>{s(listWords.flaps, { n: w.flaps })}</Tag> : null}
          {w.foldedInto ? (
            <Link to="/warnings/$id" params={{ id: w.foldedInto }}>
              {s(words.parent)}
            </Link>
          ) : null}
          {w.inhibitedBy ? (
            <Link to="/warnings/$id" params={{ id: w.inhibitedBy }}>
              {s(words.inhibitor)}
            </Link>
          ) : null}
        </div>
        {w.response ? <Alert type="info" showIcon title={s(words.response, { text: s(w.response) })} style={{ marginBottom: 10 }} /> : null}
        <dl className="facts">
          <Fact name={s(words.raisedAt)}>{timeText(w.raisedAt)}</Fact>
          <Fact name={s(words.acknowledgedAt)}>{timeText(w.acknowledgedAt)}</Fact>
          <Fact name={s(words.closedAt)}>
            {timeText(w.closedAt)}
            {w.outcome ? `（${s(outcomeWords[w.outcome]) || w.outcome}）` : ''}
          </Fact>
          {w.kind === 'storm' || w.value === null ? null : (
            <Fact name={s(words.value)}>
              <span className="num">
                {w.value} {w.valueUnit}
              </span>
            </Fact>
          )}
          <Fact name={s(words.place)}>{w.place ?? '—'}</Fact>
          <Fact name={s(words.handler)}>{nameOf(w.handler ?? w.unit)}</Fact>
          {w.shelvedUntil ? <Fact name={s(words.until)}>{timeText(w.shelvedUntil)}</Fact> : null}
          {w.note ? <Fact name={s(words.note)}>{w.note}</Fact> : null}
        </dl>
      </section>
      <div className="two-columns">
        <div className="grid">
          {w.children ? (
            <section className="card" style={{ padding: 0 }}>
              <h2 className="section-title" style={{ margin: '12px 16px 8px' }}>
                {s(words.members)}
              </h2>
              <Members storm={id} all={w.children} />
            </section>
          ) : null}
          <Evidence w={w} />
        </div>
        <div className="grid">
          {w.lon !== null && w.lat !== null ? (
            <section className="card no-print">
              <CityMap label={s(words.place)} areas={areas} points={[{ id, lon: w.lon, lat: w.lat, level: w.level, label: s(w.headline) }]} schematic={schematic} height={220} />
            </section>
          ) : null}
          <section className="card">
            <h2>{s(words.history)}</h2>
            <Timeline
              items={w.history.toReversed().map((h) => ({
                content: (
                  <div>
                    {s(factWords[h.kind]) || h.kind}
                    <div className="muted" style={{ fontSize: 12.5 }}>
                      {[timeText(h.at), h.by.startsWith('system:') ? s(common.system) : h.by.replace(/^\w+:/, ''), moreOf(h, s)].filter(Boolean).join(' · ')}
                    </div>
                  </div>
                ),
              }))}
            />
          </section>
        </div>
      </div>
      {act ? <ActDialog id={id} act={act} onClose={() => setAct(undefined)} /> : null}
    </WarningsPage>
  );
}

/** What a line of the history adds: the note, the new level, who was told, until when. */
function moreOf(h: One['history'][number], s: ReturnType<typeof useText>): string {
  const d = h.data as { note?: unknown; to?: unknown; until?: unknown; children?: unknown };
  if (h.kind === 'warning.escalated' && typeof d.to === 'string') return s(words.escalatedTo, { to: s(roles[d.to as keyof typeof roles]?.name) || d.to });
  if (h.kind === 'warning.levelled' && typeof d.to === 'number') return s(levelWords[d.to - 1]);
  if (h.kind === 'warning.shelved' && typeof d.until === 'string') return [s(words.until), timeText(d.until), typeof d.note === 'string' ? d.note : ''].join(' ');
  if (typeof d.note === 'string') return d.note;
  const n = Array.isArray(d.children) ? d.children.length : typeof d.children === 'number' ? d.children : 0;
  return n > 0 ? s(words.folded, { n }) : '';
}
