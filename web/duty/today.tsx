// The duty desk now: who is on, who comes next, a handover that waits, the log.
import { Link, useNavigate } from '@tanstack/react-router';
import { Alert, Button } from 'antd';
import { dutyApi } from '#core/duty/contract.ts';
import { type Reply, useCall, useMay, useMe } from '../api.ts';
import { useText } from '../texts.tsx';
import { Countdown, timeText } from '../ui/clock.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { DutyPage } from './frame.tsx';
import { DutyLog } from './log.tsx';
import { duty as words } from './texts.ts';

type Shift = Reply<typeof dutyApi.now>['current'][number];

export function DutyToday() {
  const s = useText();
  const may = useMay();
  const me = useMe();
  const navigate = useNavigate();
  const now = useCall(dutyApi.now, {}, { refetchInterval: 60_000 });
  return (
    <DutyPage
      title={s(words.title)}
      note={s(words.note)}
      actions={
        may('duty.write') ? (
          <Button type="primary" onClick={() => void navigate({ to: '/duty/handovers' })}>
            {s(words.give)}
          </Button>
        ) : null
      }
    >
      <Loaded query={now} rows={3}>
        {(data) => (
          <>
            {data.waiting.map((h) => (
              <Alert
                key={h.id}
                type="warning"
                showIcon
                title={s(words.waitingLine, { who: h.givenBy, at: timeText(h.givenAt) })}
                action={
                  <Button size="small" type="primary" onClick={() => void navigate({ to: '/duty/handovers/$id', params: { id: h.id } })}>
                    {s(may('duty.write') && h.givenBy !== me.name ? words.open : words.look)}
                  </Button>
                }
              />
            ))}
            {data.faults.length ? <Alert type="warning" showIcon title={s(words.faults)} description={data.faults.join('；')} /> : null}
            <div className="two-columns">
              <DutyLog />
              <div className="grid">
                <section className="card">
                  <h2>{s(words.now)}</h2>
                  {data.current.length ? (
                    data.current.map((x) => <ShiftCard key={x.id} shift={x} running />)
                  ) : (
                    <Nothing
                      text={
                        <>
                          {s(words.none)}
                          <br />
                          <span className="muted">{s(words.noneHint)}</span>
                        </>
                      }
                      action={
                        <Link to="/duty/roster">
                          <Button type={may('duty.plan') ? 'primary' : 'default'}>{s(may('duty.plan') ? words.plan : words.roster)}</Button>
                        </Link>
                      }
                    />
                  )}
                </section>
                {data.next.length ? (
                  <section className="card">
                    <h2>{s(words.next)}</h2>
                    <div className="grid">
                      {data.next.slice(0, 3).map((x) => (
                        <ShiftCard key={x.id} shift={x} />
                      ))}
                    </div>
                  </section>
                ) : null}
              </div>
            </div>
          </>
        )}
      </Loaded>
    </DutyPage>
  );
}

function ShiftCard({ shift, running }: { shift: Shift; running?: boolean }) {
  const s = useText();
  const me = useMe();
  const post = (p: { account: string; name: string }) => `${p.name}${p.account === me.account ? `（${s(words.you)}）` : ''}`;
  return (
    <div>
      <div className="spread">
        <strong>{s(shift.unitName)}</strong>
        {running ? (
          <span className="row">
            <span className="muted">{s(words.left)}</span>
            <Countdown due={shift.endsAt} from={shift.startsAt} />
          </span>
        ) : null}
      </div>
      <div className="muted num">{`${timeText(shift.startsAt)} – ${timeText(shift.endsAt)}`}</div>
      <dl className="facts" style={{ gridTemplateColumns: '1fr', marginTop: 6 }}>
        <div>
          <dt>{s(words.leader)}</dt>
          <dd>{post(shift.leader)}</dd>
        </div>
        <div>
          <dt>{s(words.officers)}</dt>
          <dd>{shift.officers.map(post).join('、')}</dd>
        </div>
      </dl>
      {shift.note ? <p style={{ margin: '4px 0 0' }}>{shift.note}</p> : null}
    </div>
  );
}
