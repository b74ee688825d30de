// Sign-in; in a demonstration centre the posts are listed and one click signs in.
import { Alert, App, Button, Form, Input } from 'antd';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { peopleApi } from '#core/people/contract.ts';
import { CallError, call, setCsrf, useCall } from '../api.ts';
import { useText } from '../texts.tsx';
import { shell } from './texts.ts';

/** The password of every demo post; it opens nothing but invented data. */
const DEMO_PASSWORD = 'Yuxi-2026-demo';

export function Login() {
  const s = useText();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const installation = useCall(peopleApi.installation);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const enter = async (login: string, password: string) => {
    setBusy(true);
    setError(undefined);
    try {
      const me = await call(peopleApi.signIn, { body: { login, password } });
      setCsrf(me.csrf);
      queries.setQueryData(['session', 'me'], me);
      await navigate({ to: me.mustChange ? '/password' : '/work' });
    } catch (e) {
      setError(e instanceof CallError ? e.message : '网络不通，请稍后重试');
      message.destroy();
    } finally {
      setBusy(false);
    }
  };
  const i = installation.data;
  return (
    <main style={{ minHeight: '100%', display: 'grid', placeItems: 'center', padding: 16, background: 'linear-gradient(160deg, #0E2F66 0, #1F5FD6 46%, var(--bg) 46%)' }}>
      <div
        className="card"
        style={{
          width: 'min(880px, 100%)',
          display: 'grid',
          gridTemplateColumns: i?.demo ? 'repeat(auto-fit, minmax(290px, 1fr))' : '1fr',
          gap: 28,
          padding: 28,
          boxShadow: '0 12px 40px rgba(14,47,102,.18)',
        }}
      >
        <section>
          <div className="muted">{s(shell.product)}</div>
          <h1 style={{ fontSize: 22, margin: '2px 0 20px' }}>{s(i?.name)}</h1>
          {error ? <Alert type="error" showIcon title={error} style={{ marginBottom: 14 }} role="alert" /> : null}
          <Form layout="vertical" onFinish={(v: { login: string; password: string }) => void enter(v.login, v.password)} requiredMark={false}>
            <Form.Item label={s(shell.login)} name="login" rules={[{ required: true, message: '请填写账号' }]}>
              <Input autoComplete="username" autoFocus size="large" />
            </Form.Item>
            <Form.Item label={s(shell.password)} name="password" rules={[{ required: true, message: '请填写密码' }]}>
              <Input.Password autoComplete="current-password" size="large" />
            </Form.Item>
            <Button type="primary" htmlType="submit" size="large" block loading={busy}>
              {s(shell.signIn)}
            </Button>
          </Form>
        </section>
        {i?.demo ? (
          <section>
            <span className="demo-mark">{s(shell.demo)}</span>
            <p className="muted" style={{ margin: '8px 0 12px' }}>
              {s(shell.demoNote)}
            </p>
            <h2 style={{ fontSize: 15, margin: '0 0 8px' }}>{s(shell.demoAccounts)}</h2>
            <div style={{ display: 'grid', gap: 6, gridTemplateColumns: 'repeat(auto-fill, minmax(150px, 1fr))', maxHeight: 360, overflow: 'auto' }}>
              {i.demoAccounts.map((a) => (
                <Button
                  key={a.login}
                  disabled={busy}
                  onClick={() => void enter(a.login, DEMO_PASSWORD)}
                  style={{ height: 'auto', padding: '6px 10px', justifyContent: 'flex-start', textAlign: 'left' }}
                >
                  <span style={{ display: 'grid' }}>
                    <span>{a.postName}</span>
                    <span className="muted" style={{ fontSize: 12 }}>
                      {a.unitName}
                    </span>
                  </span>
                </Button>
              ))}
            </div>
          </section>
        ) : null}
      </div>
    </main>
  );
}

export function Password() {
  const s = useText();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { message } = App.useApp();
  const [error, setError] = useState<string>();
  return (
    <main style={{ minHeight: '100%', display: 'grid', placeItems: 'center', padding: 16 }}>
      <div className="card" style={{ width: 'min(420px, 100%)', padding: 28 }}>
        <h1 style={{ fontSize: 20, marginTop: 0 }}>{s(shell.changePassword)}</h1>
        <p className="muted">{s(shell.mustChange)}</p>
        {error ? <Alert type="error" showIcon title={error} style={{ marginBottom: 14 }} /> : null}
        <Form
          layout="vertical"
          requiredMark={false}
          onFinish={async (v: { current: string; next: string }) => {
            try {
              await call(peopleApi.changePassword, { body: v });
              await queries.invalidateQueries({ queryKey: ['session'] });
              message.success('密码已修改');
              await navigate({ to: '/work' });
            } catch (e) {
              setError(e instanceof Error ? e.message : String(e));
            }
          }}
        >
          <Form.Item label={s(shell.current)} name="current" rules={[{ required: true }]}>
            <Input.Password autoComplete="current-password" />
          </Form.Item>
          <Form.Item label={s(shell.next)} name="next" rules={[{ required: true }]} extra="至少 10 位，含大写、小写、数字、符号中的三类">
            <Input.Password autoComplete="new-password" />
          </Form.Item>
          <Button type="primary" htmlType="submit" block>
            {s(shell.changePassword)}
          </Button>
        </Form>
      </div>
    </main>
  );
}
