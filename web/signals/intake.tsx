// Ways in: a credential shown once with examples that run as they stand, CSV backfill, gaps in what devices sent.
import { useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Checkbox, Form, Input, Select, Tabs } from 'antd';
import { useState } from 'react';
import { devicesApi } from '#core/signals/devices-contract.ts';
import { signalsApi } from '#core/signals/contract.ts';
import { type Reply, useCall, useCommand, useMay } from '../api.ts';
import { useText } from '../texts.tsx';
import { Time } from '../ui/clock.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { examples } from './examples.ts';
import { Imports } from './imports.tsx';
import { ThingsPage, unitOptions, useUnits } from './frame.tsx';
import { common, intake as words } from './texts.ts';

export function Intake() {
  const s = useText();
  const may = useMay();
  return (
    <ThingsPage title={s(words.title)} note={s(words.note)}>
      <div className="two-columns even">
        <Credential />
        <div className="grid">
          {may('signal.write') ? <Imports /> : null}
          <Gaps />
        </div>
      </div>
    </ThingsPage>
  );
}

/** Copies where the browser lets it (not on plain http); says so otherwise. */
export function useCopy(): (text: string) => void {
  const s = useText();
  const { message } = App.useApp();
  return (text) => {
    const by = navigator.clipboard as Clipboard | undefined;
    if (by) {
      void by.writeText(text).then(
        () => message.success(s(common.copied)),
        () => message.warning(s(common.copyByHand)),
      );
      return;
    }
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    // The only way on an intranet page without TLS.
    const done = document.execCommand('copy');
    area.remove();
    if (done) message.success(s(common.copied));
    else message.warning(s(common.copyByHand));
  };
}

function Code({ text }: { text: string }) {
  const s = useText();
  const copy = useCopy();
  return (
    <div style={{ position: 'relative' }}>
      <pre className="code" tabIndex={0} style={{ paddingRight: 64 }}>
        {text}
      </pre>
      <Button size="small" style={{ position: 'absolute', top: 6, right: 6 }} onClick={() => copy(text)}>
        {s(common.copy)}
      </Button>
    </div>
  );
}

function Credential() {
  const s = useText();
  const copy = useCopy();
  const { units } = useUnits();
  const queries = useQueryClient();
  const [issued, setIssued] = useState<{ login: string; secret: string }>();
  const [kept, setKept] = useState(false);
  const issue = useCommand(signalsApi.credentials, { quiet: true, onSuccess: setIssued });
  // Examples name a device that exists.
  const some = useCall(signalsApi.things, { query: { limit: 1 } });
  const thing = some.data?.items[0];
  const say = examples({
    origin: location.origin,
    host: location.hostname,
    login: issued?.login ?? '<login>',
    secret: issued?.secret ?? '<secret>',
    thing: thing?.code ?? 'device-001',
    stream: thing?.streams[0]?.code ?? 'value',
    streamId: thing?.streams[0]?.id ?? '1',
  });
  return (
    <section className="card">
      <h2>{s(words.credential)}</h2>
      <p className="muted" style={{ marginTop: 0 }}>
        {s(words.credentialHelp)}
      </p>
      {issue.error ? <Alert type="error" showIcon title={issue.error.message} style={{ marginBottom: 10 }} role="alert" /> : null}
      {issued ? (
        <div className="grid" role="status">
          <Alert type="warning" showIcon title={s(words.once)} />
          <dl className="facts">
            <div>
              <dt>{s(words.login)}</dt>
              <dd className="num">{issued.login}</dd>
            </div>
            <div>
              <dt>{s(words.secret)}</dt>
              <dd>
                <code style={{ overflowWrap: 'anywhere' }}>{issued.secret}</code>{' '}
                <Button size="small" onClick={() => copy(issued.secret)}>
                  {s(common.copy)}
                </Button>
              </dd>
            </div>
          </dl>
          <div className="row">
            <Checkbox checked={kept} onChange={(e) => setKept(e.target.checked)}>
              {s(words.stored)}
            </Checkbox>
            <Button
              disabled={!kept}
              onClick={() => {
                setIssued(undefined);
                setKept(false);
                issue.reset();
                void queries.invalidateQueries({ queryKey: ['signals'] });
              }}
            >
              {s({ zh: '完成', en: 'Done' })}
            </Button>
          </div>
        </div>
      ) : (
        <Form layout="vertical" onFinish={(v: { login: string; unit: string }) => issue.mutate({ body: v })}>
          <Form.Item
            name="login"
            label={s(words.login)}
            extra={s(words.loginHelp)}
            rules={[{ required: true, pattern: /^[a-z0-9][a-z0-9._-]{1,60}$/, message: s(words.loginHelp) }]}
          >
            <Input autoComplete="off" maxLength={61} />
          </Form.Item>
          <Form.Item name="unit" label={s(common.unit)} rules={[{ required: true }]}>
            <Select showSearch={{ optionFilterProp: 'text' }} options={unitOptions(units)} />
          </Form.Item>
          <Button type="primary" htmlType="submit" loading={issue.isPending}>
            {s(words.issue)}
          </Button>
        </Form>
      )}
      <h3 style={{ fontSize: 15, margin: '18px 0 4px' }}>{s(words.examples)}</h3>
      <p className="muted" style={{ marginTop: 0 }}>
        {s(words.exampleHelp)}
      </p>
      <Tabs
        size="small"
        items={[
          { key: 'http', label: s(words.http), children: <Code text={say.http} /> },
          {
            key: 'mqtt',
            label: s(words.mqtt),
            children: (
              <>
                <Code text={say.mqtt} />
                <p className="muted">{s(words.mqttHelp)}</p>
              </>
            ),
          },
          { key: 'events', label: s(words.events), children: <Code text={say.cloudEvents} /> },
          { key: 'sta', label: s(words.sta), children: <Code text={say.sensorThings} /> },
        ]}
      />
    </section>
  );
}

type Gap = Reply<typeof devicesApi.gaps>['items'][number];

function Gaps() {
  const s = useText();
  const gaps = useCall(devicesApi.gaps, {}, { refetchInterval: 30_000 });
  return (
    <section className="card" style={{ padding: 0 }}>
      <h2 className="section-title" style={{ margin: '12px 16px 4px' }}>
        {s(words.gaps)}
      </h2>
      <p className="muted" style={{ margin: '0 16px 10px' }}>
        {s(words.gapsHelp)}
      </p>
      <Loaded query={gaps} rows={2}>
        {(data) => (
          <Rows<Gap>
            label={s(words.gaps)}
            rows={data.items}
            rowKey={(g) => `${g.thing}/${g.first}`}
            pageSize={10}
            minWidth={420}
            empty={<Nothing text={s(words.noGaps)} />}
            columns={[
              { title: s(common.device), card: 'head', render: (g) => g.thing },
              { title: s(words.missing), align: 'right', render: (g) => <span className="num">{g.missing}</span> },
              { title: `${s(words.first)} – ${s(words.last)}`, render: (g) => <span className="num">{`${g.first} – ${g.last}`}</span> },
              { title: s(words.seen), render: (g) => <Time at={g.seenAt} /> },
            ]}
          />
        )}
      </Loaded>
    </section>
  );
}
