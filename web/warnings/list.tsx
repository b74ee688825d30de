// The duty officer's list: short, worst first, one row for one cause; it does not move under the hand that is about to press.
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Button, Segmented, Switch, Tag } from 'antd';
import { useMemo, useRef, useState } from 'react';
import { warningsApi } from '#core/warnings/contract.ts';
import { useCall, useCommand, useMay } from '../api.ts';
import { useAreas } from '../people/areas.ts';
import { useText } from '../texts.tsx';
import { CityMap } from '../ui/city-map.tsx';
import { Time, spanText, timeText, useNow } from '../ui/clock.tsx';
import { Level, levelWords } from '../ui/level.tsx';
import { Figure, Figures, Loaded, Nothing } from '../ui/page.tsx';
import { useNarrow } from '../ui/rows.tsx';
import { Duties, headlineOf, type Row, WarningsPage } from './frame.tsx';
import { setSound, soundOn, useNotice } from './notice.ts';
import { list as words, stateColours, stateWords } from './texts.ts';
import './warnings.css';

interface Search {
  state?: 'closed' | 'all';
  level?: number;
  rule?: string;
}
const PAGE = 50;

export function Warnings() {
  const s = useText();
  const may = useMay();
  const navigate = useNavigate();
  const narrow = useNarrow();
  const search = useSearch({ strict: false }) as Search;
  const [cursors, setCursors] = useState<string[]>([]);
  const [sound, setSoundShown] = useState(soundOn);
  const { areas, schematic } = useAreas();
  const state = search.state ?? 'open';
  const counts = useCall(warningsApi.counts);
  const keep = { placeholderData: <T,>(old: T) => old };
  const list = useCall(
    warningsApi.list,
    {
      query: {
        limit: PAGE,
        state,
        ...(search.level ? { level: search.level } : {}),
        ...(search.rule ? { rule: search.rule } : {}),
        ...(cursors.length ? { cursor: cursors.at(-1)! } : {}),
      },
    },
    keep as object,
  );
  const reds = useCall(warningsApi.list, { query: { limit: 100, state: 'open', level: 1 } });
  const red = useMemo(() => reds.data?.items.filter((w) => w.state === 'raised').map((w) => w.id), [reds.data]);
  useNotice(red, (n) => s(words.redTitle, { n }));
  const go = (next: { [K in keyof Search]: Search[K] | undefined }) => {
    setCursors([]);
    void navigate({ to: '/warnings', search: Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, v]) => v)) as never, replace: true });
  };
  const c = counts.data;
  const points = useMemo(
    () => (list.data?.items ?? []).filter((w) => w.lon !== null && w.lat !== null).map((w) => ({ id: w.id, lon: w.lon!, lat: w.lat!, level: w.level, label: s(headlineOf(w)) })),
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [list.data],
  );
  const map = (
    <section className="card no-print" key="map">
      <CityMap
        label={s(words.map)}
        areas={areas}
        points={points}
        schematic={schematic}
        height={narrow ? 260 : 420}
        onPoint={(id) => void navigate({ to: '/warnings/$id', params: { id } })}
      />
    </section>
  );
  return (
    <WarningsPage
      title={s(words.title)}
      note={narrow ? undefined : s(words.note)}
      actions={
        <>
          {may('warning.handle') ? (
            <label className="row" style={{ gap: 6 }}>
              <Switch
                size="small"
                checked={sound}
                onChange={(on) => {
                  setSound(on);
                  setSoundShown(on);
                }}
              />
              {s(words.sound)}
            </label>
          ) : null}
          <Duties />
        </>
      }
    >
      <Loaded query={counts} rows={2}>
        {() => (
          <div className="warning-figures">
            <Figures>
              <Figure label={s(words.raised)} value={c!.raised} {...(c!.raised ? { tone: 'warn' as const } : {})} />
              {[1, 2, 3, 4].map((n) => (
                <Figure
                  key={n}
                  label={s(narrow ? levelWords[n - 1] : words.levels[n - 1])}
                  value={c!.byLevel[String(n)] ?? 0}
                  active={search.level === n}
                  onClick={() => go({ level: search.level === n ? undefined : n })}
                  {...(n === 1 && c!.byLevel['1'] ? { tone: 'bad' as const } : {})}
                />
              ))}
              <Figure label={s(words.folded)} value={c!.folded} note={narrow ? undefined : s(words.foldedNote)} />
              <Figure label={s(words.quiet)} value={c!.shelved + c!.inhibited} />
            </Figures>
          </div>
        )}
      </Loaded>
      <div className="row no-print">
        <Segmented
          value={state}
          onChange={(v) => go({ state: v === 'open' ? undefined : (v as 'closed') })}
          options={[
            { value: 'open', label: s(words.open) },
            { value: 'closed', label: s(words.closed) },
            { value: 'all', label: s({ zh: '全部', en: 'All' }) },
          ]}
        />
        {search.rule ? (
          <Tag closable onClose={() => go({ rule: undefined })}>
            {s(list.data?.items[0]?.ruleName) || search.rule}
          </Tag>
        ) : null}
      </div>
      <div className="two-columns">
        <section className="card" style={{ padding: 0 }} aria-label={s(words.title)}>
          <Loaded query={list} rows={6}>
            {(data) => (
              <>
                <Steady items={data.items} state={state} filter={JSON.stringify([search, cursors])} filtered={Boolean(search.level || search.rule)} />
                {cursors.length || data.next ? (
                  <div className="row" style={{ justifyContent: 'flex-end', padding: 10 }}>
                    {cursors.length ? <Button onClick={() => setCursors(cursors.slice(0, -1))}>{s(words.previous)}</Button> : null}
                    {data.next ? <Button onClick={() => setCursors([...cursors, data.next!])}>{s(words.next)}</Button> : null}
                  </div>
                ) : null}
              </>
            )}
          </Loaded>
        </section>
        {map}
      </div>
    </WarningsPage>
  );
}

/**
 * Keeps the order while a hand or a key is on the list: what is shown is brought up to date where it stands, new ones wait behind a bar.
 * Let go, it is in order again.
 */
function Steady({ items, state, filter, filtered }: { items: Row[]; state: string; filter: string; filtered: boolean }) {
  const s = useText();
  const [held, setHeld] = useState<{ filter: string; rows: Row[] }>();
  const holder = useRef<HTMLDivElement>(null);
  const steady = held?.filter === filter ? held : undefined;
  const byId = new Map(items.map((w) => [w.id, w]));
  // What is over or went under a storm meanwhile keeps its place, without acts.
  const shown = steady ? steady.rows.map((w) => byId.get(w.id) ?? { ...w, gone: true, actions: [] }) : items;
  const news = steady ? items.filter((w) => !steady.rows.some((x) => x.id === w.id)) : [];
  const hold = () => setHeld((old) => (old?.filter === filter ? old : { filter, rows: items }));
  const letGo = () => {
    // Still under the hand, or with the focus inside: not yet.
    if (holder.current?.matches(':hover') || holder.current?.querySelector(':focus-visible')) return;
    setHeld(undefined);
  };
  return (
    <div ref={holder} onPointerEnter={(e) => e.pointerType === 'mouse' && hold()} onPointerLeave={() => setTimeout(letGo, 0)} onFocus={hold} onBlur={() => setTimeout(letGo, 0)}>
      {news.length ? (
        <div className="warning-news">
          <Button block type="primary" danger={news.some((w) => w.level === 1)} onClick={() => setHeld({ filter, rows: items })}>
            {s(words.news, { n: news.length })}
          </Button>
        </div>
      ) : null}
      {shown.length ? (
        <ul className="warnings">
          {shown.map((w) => (
            <OneRow key={w.id} w={w} />
          ))}
        </ul>
      ) : news.length ? null : (
        <Nothing text={s(filtered ? words.noneHere : state === 'closed' ? words.noneClosed : words.none)} />
      )}
    </div>
  );
}

function Age({ at }: { at: string }) {
  const now = useNow();
  return (
    <span className="num" title={timeText(at)}>
      {spanText(now - Date.parse(at))}
    </span>
  );
}

/** One warning; a storm opens to those under it. */
export function OneRow({ w, inside }: { w: Row & { gone?: boolean }; inside?: boolean }) {
  const s = useText();
  const may = useMay();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const acknowledge = useCommand(warningsApi.acknowledge, { done: s(words.acknowledged) });
  const quiet = (e: { stopPropagation(): void }) => e.stopPropagation();
  return (
    <li>
      <div className={`warning ${w.gone ? 'gone' : w.state} l${w.level}`} onClick={() => void navigate({ to: '/warnings/$id', params: { id: w.id } })}>
        <Level level={w.level} />
        <div className="what">
          <Link to="/warnings/$id" params={{ id: w.id }} onClick={quiet}>
            {s(headlineOf(w))}
          </Link>
          <div className="muted" style={{ fontSize: 12.5 }}>
            {[
              s(w.ruleName),
              w.kind === 'storm' ? '' : w.place,
              w.flaps > 1 ? s(words.flaps, { n: w.flaps }) : '',
              w.shelvedUntil ? s(words.shelvedUntil, { at: timeText(w.shelvedUntil) }) : '',
            ]
              .filter(Boolean)
              .join(' · ')}
          </div>
        </div>
        <span className="tags">
          {w.children ? (
            <Button
              size="small"
              aria-expanded={open}
              onClick={(e) => {
                quiet(e);
                setOpen(!open);
              }}
            >
              {open ? s(words.fold) : s(words.members, { n: w.children })}
            </Button>
          ) : null}
          {w.escalation && w.state === 'raised' ? <Tag color="error">{s(words.escalated)}</Tag> : null}
          {w.nature === 'official' ? <Tag color="blue">{s(words.official)}</Tag> : null}
          <Tag color={w.gone ? 'default' : (stateColours[w.state] ?? 'default')}>{s(w.gone ? words.gone : stateWords[w.state])}</Tag>
        </span>
        <span className="since" style={{ textAlign: 'right' }}>
          {w.closedAt ? <Time at={w.closedAt} /> : <Age at={w.raisedAt} />}
        </span>
        <span className="act">
          {!inside && w.actions.includes('acknowledge') && may('warning.handle') ? (
            <Button
              size="small"
              type="primary"
              loading={acknowledge.isPending}
              onClick={(e) => {
                quiet(e);
                acknowledge.mutate({ params: { id: w.id }, body: {} });
              }}
            >
              {s(words.acknowledge)}
            </Button>
          ) : w.caseId ? (
            <Link to="/cases/$id" params={{ id: w.caseId }} onClick={quiet}>
              {s(words.case)}
            </Link>
          ) : null}
        </span>
      </div>
      {open ? <Members storm={w.id} all={w.children} /> : null}
    </li>
  );
}

/** Those under one storm; more when asked, so that five hundred are not drawn at once. */
export function Members({ storm, all }: { storm: string; all: number }) {
  const s = useText();
  const [limit, setLimit] = useState(20);
  const members = useCall(warningsApi.list, { query: { limit, state: 'all', parent: storm } }, { placeholderData: ((old: unknown) => old) as never });
  return (
    <Loaded query={members} rows={3}>
      {(data) => (
        <div className="warning-members">
          <ul className="warnings" aria-label={s(words.membersOf)}>
            {data.items.map((m) => (
              <OneRow key={m.id} w={m} inside />
            ))}
          </ul>
          {data.next && limit < 500 ? (
            <Button block type="text" onClick={() => setLimit(limit < 100 ? 100 : 500)}>
              {s(words.more, { n: Math.max(1, all - data.items.length) })}
            </Button>
          ) : null}
        </div>
      )}
    </Loaded>
  );
}
