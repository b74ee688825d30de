// What is shown when a page itself fails: said plainly, with the ways on; a page left behind by an update loads anew by itself once.
import { Button, Result } from 'antd';
import { useEffect } from 'react';
import { useText } from '../texts.tsx';

const words = {
  title: { zh: '这一页出错了', en: 'This page failed' },
  help: { zh: '已经保存的内容不受影响。可以重试，仍不行请把下面一行告诉系统管理员。', en: 'What was saved is safe. Try again, or tell the administrator the line below.' },
  again: { zh: '重新载入', en: 'Reload' },
  home: { zh: '回到我的工作', en: 'My work' },
};
const KEY = 'chengshu.reloaded';

export function PageFailed({ error }: { error: unknown }) {
  const s = useText();
  // After an update the old page's parts are gone from the server: the new page has them.
  const said = error instanceof Error ? error.message : String(error);
  const outdated = /dynamically imported module|Importing a module script failed|preload CSS/i.test(said);
  useEffect(() => {
    const last = Number(sessionStorage.getItem(KEY) ?? 0);
    if (!outdated || Date.now() - last < 60_000) return;
    sessionStorage.setItem(KEY, String(Date.now()));
    location.reload();
  }, [outdated]);
  return (
    <Result
      status="error"
      title={s(words.title)}
      subTitle={s(words.help)}
      extra={[
        <Button key="again" type="primary" onClick={() => location.reload()}>
          {s(words.again)}
        </Button>,
        <Button key="home" href="/work">
          {s(words.home)}
        </Button>,
      ]}
    >
      <code style={{ overflowWrap: 'anywhere' }}>{said}</code>
    </Result>
  );
}
