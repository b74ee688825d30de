// Versions of a disclosure with their differences, its files, and what of them was not understood.
import { Link } from '@tanstack/react-router';
import { Alert, Button, Select, Tag } from 'antd';
import { useState } from 'react';
import { financeApi } from '#core/finance/contract.ts';
import type { Place } from '#core/finance/source.ts';
import { addressOf, type Reply, useCall } from '../api.ts';
import { useText } from '../texts.tsx';
import { Time, timeText } from '../ui/clock.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { ListTable } from './list-table.tsx';
import { DifferenceView } from './difference-view.tsx';
import { placeText } from './place.ts';
import { one, version } from './texts-disclosure.ts';
import { differing, files } from './texts-files.ts';

type Disclosure = Reply<typeof financeApi.disclosure>;

export function Versions({ of }: { of: Disclosure }) {
  const s = useText();
  const others = of.versions.filter((v) => v.id !== of.id);
  const before = others.filter((v) => v.number < of.number).toSorted((a, b) => b.number - a.number)[0] ?? others[0];
  const [from, setFrom] = useState(before?.id);
  const difference = useCall(financeApi.difference, { params: { id: of.id }, query: from ? { from } : {} }, { enabled: from !== undefined });
  return (
    <div className="grid">
      {of.scannedPages.length ? <Alert type="warning" showIcon title={s(one.scanned, { pages: of.scannedPages.map((p) => p.page).join('、') })} /> : null}
      <section className="card">
        <h2>{s(version.versions)}</h2>
        <ListTable
          label={s(version.versions)}
          size="small"
          rowKey="id"
          pagination={false}
          scroll={{ x: 480 }}
          dataSource={of.versions}
          columns={[
            {
              title: s(version.versions),
              render: (_, v) => (
                <>
                  {s(files.version, { n: v.number })} {v.current ? <Tag color="success">{s(version.current)}</Tag> : null}
                </>
              ),
            },
            { title: s(files.imported), render: (_, v) => <Time at={v.importedAt} /> },
            { title: s(version.importedBy), dataIndex: 'importedByName' },
            {
              title: '',
              render: (_, v) =>
                v.id === of.id ? null : (
                  <Link to="/finance/$id" params={{ id: v.id }}>
                    {s(version.see)}
                  </Link>
                ),
            },
          ]}
        />
      </section>
      <section className="card">
        <div className="spread">
          <h2 className="section-title">{s(differing.title)}</h2>
          {others.length > 1 ? (
            <Select
              aria-label={s(version.compareWith)}
              value={from}
              onChange={setFrom}
              style={{ minWidth: 200 }}
              options={others.map((v) => ({ value: v.id, label: `${s(files.version, { n: v.number })} ${timeText(v.importedAt)}` }))}
            />
          ) : null}
        </div>
        {from ? (
          <Loaded query={difference}>
            {(d) => (
              <>
                <p className="muted">{s(differing.fromTo, { from: d.from.number, to: d.to.number })}</p>
                <DifferenceView of={d} />
              </>
            )}
          </Loaded>
        ) : (
          <Nothing text={s(version.only)} />
        )}
      </section>
      <section className="card">
        <h2>{s(version.files)}</h2>
        <ListTable
          label={s(version.files)}
          size="small"
          rowKey={(f) => f.sha256 + f.name}
          pagination={false}
          scroll={{ x: 480 }}
          dataSource={of.files}
          columns={[
            { title: s(version.files), dataIndex: 'name' },
            { title: s(version.size), align: 'right', render: (_, f) => <span className="num">{(f.size / 1024).toLocaleString('zh-CN', { maximumFractionDigits: 1 })} KB</span> },
            { title: s(version.digest), render: (_, f) => <code title={f.sha256}>{f.sha256.slice(0, 12)}</code> },
            {
              title: '',
              render: (_, f) =>
                f.kept && of.mayManage ? (
                  <Button size="small" href={addressOf(financeApi.original, { params: { id: of.id, sha256: f.sha256 } })} download={f.name}>
                    {s(version.kept)}
                  </Button>
                ) : (
                  <span className="muted">{f.kept ? '' : s(version.notKept)}</span>
                ),
            },
          ]}
        />
        {of.masked ? <p className="muted">{s(version.masked, { n: of.masked })}</p> : null}
      </section>
      <section className="card">
        <h2>
          {s(version.unread)} {of.unread.length}
        </h2>
        {of.unread.length ? (
          <ListTable
            label={s(version.unread)}
            size="small"
            rowKey={(u) => `${JSON.stringify(u.place)}${u.text}`}
            pagination={of.unread.length > 20 ? { pageSize: 20 } : false}
            scroll={{ x: 480 }}
            dataSource={of.unread}
            columns={[
              { title: s(version.place), width: 160, render: (_, u) => placeText(s, u.place as Place, of.files.length) },
              { title: s(version.unread), dataIndex: 'text' },
              { title: s(version.why), dataIndex: 'reason' },
            ]}
          />
        ) : (
          <p className="muted">{s(version.unreadEmpty)}</p>
        )}
      </section>
    </div>
  );
}
