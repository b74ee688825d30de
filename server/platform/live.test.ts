// Live updates: told at once though a transaction elsewhere is long, once while connected, nothing missed after a break, nothing of other units.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { append } from './facts.ts';
import { makeApp } from './http.ts';
import type { Hub } from './hub.ts';
import { Live } from './live.ts';
import { actAs, testHub } from './testing.ts';

const say = (hub: Hub, n: number, unit = 'd.one') => hub.command(hub.system('test'), (work) => append(work, [{ kind: 'thing.said', subject: `a:${n}`, unit, data: {} }]));

interface Heard {
  id: string;
  subject: string;
}
/** An event stream read as a browser reads it. */
async function listen(t: TestContext, url: string, lastId?: string) {
  const stop = new AbortController();
  const r = await fetch(`${url}/api/live`, { headers: lastId ? { 'last-event-id': lastId } : {}, signal: stop.signal });
  assert.equal(r.status, 200);
  const heard: Heard[] = [];
  const reading = (async () => {
    let text = '';
    for await (const part of r.body!.pipeThrough(new TextDecoderStream()) as unknown as AsyncIterable<string>) {
      text += part;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const id = /^id: (.*)$/m.exec(text.slice(0, end));
        const data = /^data: (.*)$/m.exec(text.slice(0, end));
        if (data) heard.push({ id: id![1]!, subject: (JSON.parse(data[1]!) as { subject: string }).subject });
        text = text.slice(end + 2);
      }
    }
  })().catch(() => {});
  const close = async () => {
    stop.abort();
    await reading;
  };
  t.after(close);
  return { heard, close };
}
async function until(what: () => boolean, message: string): Promise<void> {
  for (const end = Date.now() + 10_000; !what();) {
    assert.ok(Date.now() < end, message);
    await new Promise((r) => setTimeout(r, 10));
  }
}

test('a fact is told while another transaction is open; after a break nothing is missing', async (t) => {
  const hub = await testHub(t);
  const actor = await actAs(hub, 'duty_officer', 'd.one');
  const live = new Live();
  live.show('a', 'signal.read');
  const app = await makeApp(hub, () => Promise.resolve({ actor, realm: 'live', csrf: null } as never));
  await live.start(hub, app);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => app.close());
  const first = await listen(t, url);
  await until(() => live.clients === 1, 'connected');
  await say(hub, 1);
  await until(() => first.heard.length === 1, 'told');

  let release!: () => void;
  const held = new Promise<void>((r) => (release = r));
  let begun!: () => void;
  const open = new Promise<void>((r) => (begun = r));
  const slow = hub.command(hub.system('test'), async (work) => {
    await append(work, [{ kind: 'thing.said', subject: 'a:100', unit: 'd.one', data: {} }]);
    begun();
    await held;
  });
  await open;
  await say(hub, 2);
  await say(hub, 3, 'd.two');
  await until(() => first.heard.some((h) => h.subject === 'a:2'), 'told while a transaction that began earlier is open');
  const resume = first.heard.at(-1)!.id;
  await first.close();
  await say(hub, 4);

  const second = await listen(t, url, resume);
  await until(() => ['a:2', 'a:4'].every((s) => second.heard.some((h) => h.subject === s)), 'what came during the break, resumed');
  release();
  await slow;
  await say(hub, 5);
  await until(() => second.heard.some((h) => h.subject === 'a:5') && second.heard.some((h) => h.subject === 'a:100'), 'what the long transaction wrote');
  await new Promise((r) => setTimeout(r, 600));
  assert.deepEqual(
    first.heard.map((h) => h.subject).filter((s) => s !== 'a:4'),
    ['a:1', 'a:2'],
    'each once while connected',
  );
  const own = second.heard.map((h) => h.subject);
  assert.deepEqual([...new Set(own)].toSorted(), ['a:100', 'a:2', 'a:4', 'a:5'], 'nothing of another unit, nothing before the place');
  // What came between the place and the connection may come twice: resumed, and live. What came later comes once.
  for (const s of ['a:100', 'a:5']) assert.equal(own.filter((x) => x === s).length, 1, `${s} once`);
});
