// The page behind a survey's link: no sign-in, one answer, nothing asked twice.
import { Alert, Button, Form, Result } from 'antd';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { evaluationApi } from '#core/evaluation/contract.ts';
import { CallError, call, useCall } from '../api.ts';
import { useText } from '../texts.tsx';
import { FormFields } from '../ui/form-fields.tsx';

const texts = {
  thanks: { zh: '评价已收到，谢谢', en: 'Thank you, your answer is in' },
  once: { zh: '每件事只评价一次，不会再次联系您。', en: 'You are asked once and will not be contacted again.' },
  invalid: { zh: '链接无效或已过期', en: 'The link is not valid any more' },
  send: { zh: '提交评价', en: 'Send' },
  note: { zh: '评价只用于改进办理，意见内容不公开。', en: 'Your answer is used to improve the service; your words are not published.' },
};

export function SurveyPage() {
  const s = useText();
  const { token } = useParams({ strict: false }) as { token: string };
  const survey = useCall(evaluationApi.open, { params: { token } });
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState(false);
  const [error, setError] = useState<string>();
  const send = async (data: Record<string, unknown>) => {
    setBusy(true);
    setError(undefined);
    try {
      await call(evaluationApi.answer, { params: { token }, body: { data: Object.fromEntries(Object.entries(data).filter(([, v]) => v !== undefined && v !== '')) } });
      setDone(true);
    } catch (e) {
      setError(e instanceof CallError ? e.message : '网络不通，请稍后重试');
    } finally {
      setBusy(false);
    }
  };
  const found = survey.data;
  return (
    <main style={{ minHeight: '100%', display: 'grid', placeItems: 'start center', padding: 16 }}>
      <div className="card" style={{ width: 'min(560px, 100%)', padding: 24 }}>
        {survey.error ? <Result status="warning" title={s(texts.invalid)} subTitle={survey.error.message} /> : null}
        {found && (done || found.answered) ? <Result status="success" title={s(texts.thanks)} subTitle={s(texts.once)} /> : null}
        {found && !done && !found.answered ? (
          <>
            <h1 style={{ fontSize: 20, margin: 0 }}>{s(found.name)}</h1>
            <p className="muted">{found.title}</p>
            {error ? <Alert type="error" showIcon title={error} role="alert" style={{ marginBottom: 12 }} /> : null}
            <Form layout="vertical" onFinish={(v: Record<string, unknown>) => void send(v)}>
              <FormFields fields={found.fields} />
              <Button type="primary" htmlType="submit" size="large" block loading={busy}>
                {s(texts.send)}
              </Button>
            </Form>
            <p className="muted" style={{ marginBottom: 0 }}>
              {s(texts.note)}
            </p>
          </>
        ) : null}
      </div>
    </main>
  );
}
