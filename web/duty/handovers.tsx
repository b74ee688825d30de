// Handing over: the sheet that writes itself, remarks, the other who takes over; all earlier handovers.
import { useNavigate, useParams } from '@tanstack/react-router';
import { Alert, App, Button, Input, Tag } from 'antd';
import { useState } from 'react';
import { type Sheet, dutyApi } from '#core/duty/contract.ts';
import { peopleApi } from '#core/people/contract.ts';
import { type Reply, useCall, useCommand, useMay, useMe } from '../api.ts';
import { useText } from '../texts.tsx';
import { Time, timeText } from '../ui/clock.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { DutyPage } from './frame.tsx';
import { SheetView } from './sheet.tsx';
import { duty, handover as words } from './texts.ts';

type Handover = Reply<typeof dutyApi.handovers>['items'][number];

function useUnitName(): (path: string) => string {
  const s = useText();
  const units = useCall(peopleApi.units, {}, { staleTime: 600_000 });
  return (path) => s(units.data?.items.find((u) => u.path === path)?.name) || path;
}

export function Handovers() {
  const s = useText();
  const may = useMay();
  const navigate = useNavigate();
  const { modal } = App.useApp();
  const nameOf = useUnitName();
  const [remarks, setRemarks] = useState('');
  const preview = useCall(dutyApi.preview, {}, { enabled: may('duty.write') });
  const list = useCall(dutyApi.handovers, { query: { limit: 50 } });
  const give = useCommand(dutyApi.give, { done: s(words.given), also: ['cases'], onSuccess: (r) => void navigate({ to: '/duty/handovers/$id', params: { id: r.id } }) });
  const me = useMe();
  const waiting = list.data?.items.find((h) => h.status === 'offered' && h.unit === me.unit.path);
  return (
    <DutyPage title={s(duty.handover)} note={s(words.note)} actions={<Button onClick={() => print()}>{s(duty.print)}</Button>}>
      <div className="two-columns">
        <div className="grid">
          {may('duty.write') ? (
            <>
              {waiting ? (
                <Alert
                  type="warning"
                  showIcon
                  title={s(words.blocked)}
                  action={
                    <Button size="small" onClick={() => void navigate({ to: '/duty/handovers/$id', params: { id: waiting.id } })}>
                      {s(duty.look)}
                    </Button>
                  }
                />
              ) : (
                <section className="card grid no-print">
                  <Input.TextArea
                    aria-label={s(words.remarks)}
                    placeholder={s(words.remarks)}
                    autoSize={{ minRows: 2 }}
                    maxLength={4000}
                    value={remarks}
                    onChange={(e) => setRemarks(e.target.value)}
                  />
                  <div>
                    <Button
                      type="primary"
                      loading={give.isPending}
                      onClick={() =>
                        modal.confirm({
                          title: s(words.giveAsk),
                          content: s(words.giveHelp),
                          okText: s(words.give),
                          onOk: () => give.mutateAsync({ body: { remarks } }).catch(() => {}),
                        })
                      }
                    >
                      {s(words.give)}
                    </Button>
                  </div>
                </section>
              )}
              <Loaded query={preview} rows={8}>
                {(sheet) => <SheetView sheet={sheet as Sheet} unitName={nameOf(sheet.unit)} />}
              </Loaded>
            </>
          ) : (
            <Alert type="info" showIcon title={s(duty.note)} />
          )}
        </div>
        <section className="card no-print" style={{ padding: 0 }}>
          <h2 className="section-title" style={{ margin: '12px 16px' }}>
            {s(words.history)}
          </h2>
          <Loaded query={list} rows={3}>
            {(data) => (
              <Rows<Handover>
                label={s(words.history)}
                rows={data.items}
                rowKey={(h) => h.id}
                minWidth={340}
                pageSize={15}
                onOpen={(h) => void navigate({ to: '/duty/handovers/$id', params: { id: h.id } })}
                empty={<Nothing text={s(words.empty)} />}
                columns={[
                  {
                    title: s(words.period),
                    card: 'head',
                    render: (h) => (
                      <>
                        <Time at={h.to} />
                        <div className="muted" style={{ fontSize: 12 }}>
                          {h.givenBy} → {h.takenBy ?? '—'}
                        </div>
                      </>
                    ),
                  },
                  { title: s(words.state), render: (h) => <Tag color={h.status === 'offered' ? 'warning' : 'success'}>{s(words.status[h.status])}</Tag> },
                ]}
              />
            )}
          </Loaded>
        </section>
      </div>
    </DutyPage>
  );
}

export function HandoverDetail() {
  const s = useText();
  const may = useMay();
  const me = useMe();
  const { modal } = App.useApp();
  const navigate = useNavigate();
  const { id } = useParams({ strict: false }) as { id: string };
  const one = useCall(dutyApi.handover, { params: { id } });
  const nameOf = useUnitName();
  const take = useCommand(dutyApi.take, { done: s(words.taken) });
  return (
    <Loaded query={one} rows={8}>
      {(h) => (
        <DutyPage
          title={`${s(duty.handover)} ${timeText(h.to)}`}
          actions={
            <>
              <Button onClick={() => void navigate({ to: '/duty/handovers' })}>{s(words.back)}</Button>
              <Button onClick={() => print()}>{s(duty.print)}</Button>
              {h.status === 'offered' && may('duty.write') && h.givenBy !== me.name ? (
                <Button
                  type="primary"
                  loading={take.isPending}
                  onClick={() => {
                    let said = '';
                    modal.confirm({
                      title: s(words.takeAsk),
                      content: (
                        <Input.TextArea
                          aria-label={s(words.takeRemarks)}
                          placeholder={s(words.takeRemarks)}
                          autoSize={{ minRows: 2 }}
                          maxLength={4000}
                          onChange={(e) => {
                            said = e.target.value;
                          }}
                        />
                      ),
                      okText: s(words.take),
                      onOk: () => take.mutateAsync({ params: { id }, body: { remarks: said }, version: h.version }).catch(() => {}),
                    });
                  }}
                >
                  {s(words.take)}
                </Button>
              ) : null}
            </>
          }
        >
          <div className="row no-print">
            <Tag color={h.status === 'offered' ? 'warning' : 'success'}>{s(words.status[h.status])}</Tag>
            {h.status === 'offered' && h.givenBy === me.name ? <span className="muted">{s(words.self)}</span> : null}
          </div>
          <SheetView sheet={h.sheet as Sheet} unitName={nameOf(h.unit)} signed={h} />
        </DutyPage>
      )}
    </Loaded>
  );
}
