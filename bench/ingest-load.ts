// The load process of the ingest bench: speaks HTTP/1.1 on plain sockets, or MQTT by the packet codec, so that the load costs little of the machine.
import { type Socket, connect } from 'node:net';
import * as packets from 'mqtt-packet';

export interface Job {
  kind: 'http' | 'mqtt';
  /** Readings per request or message. */
  size: number;
  connections: number;
  /** Unacknowledged messages a connection keeps on the way (MQTT). */
  pipeline: number;
  url: string;
  mqttPort: number;
  login: string;
  secret: string;
  streams: string[];
  things: { code: string; streams: string[] }[];
  base: number;
  seconds: number;
  /** Readings a second over all connections (HTTP); without it as fast as they are acknowledged. */
  rate?: number;
}
export interface Outcome {
  acknowledged: number;
  refused: number;
  seconds: number;
  p50: number;
  p99: number;
}

const waits: number[] = [];
let acknowledged = 0;
let refused = 0;
let next = 0;
let stopping = false;

/** The next `n` readings: streams in turn, one second between readings of one stream. */
function body(job: Job, n: number): string {
  let text = '[';
  let second = -1;
  let time = '';
  for (let k = 0; k < n; k++) {
    const i = next++;
    const s = Math.floor(i / job.streams.length);
    if (s !== second) {
      second = s;
      time = new Date(job.base + s * 1000).toISOString();
    }
    text += `${k ? ',' : ''}{"stream":"${job.streams[i % job.streams.length]}","time":"${time}","value":${(i % 1000) / 10}}`;
  }
  return `${text}]`;
}

function http(job: Job): Promise<void> {
  const url = new URL(job.url);
  const head = `POST /api/observations HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: Basic ${Buffer.from(`${job.login}:${job.secret}`).toString('base64')}\r\nContent-Type: application/json\r\nContent-Length: `;
  return new Promise((done, fail) => {
    const socket: Socket = connect(Number(url.port), url.hostname);
    socket.setNoDelay(true);
    let sent = 0;
    let held = '';
    // With a rate each connection keeps its own pace; what is behind is caught up at once.
    const every = job.rate ? (1000 * job.size * job.connections) / job.rate : 0;
    let due = performance.now() + Math.random() * every;
    const send = () => {
      const early = every ? due - performance.now() : 0;
      if (early > 1 && !stopping) {
        setTimeout(send, early);
        return;
      }
      due += every;
      if (stopping) {
        socket.end();
        done();
        return;
      }
      const text = body(job, job.size);
      sent = performance.now();
      socket.write(`${head}${text.length}\r\n\r\n${text}`);
    };
    socket.on('connect', send);
    socket.on('error', fail);
    socket.on('close', () => done());
    socket.on('data', (d: Buffer) => {
      held += d.toString('latin1');
      const end = held.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(held)?.[1] ?? 0);
      if (held.length < end + 4 + length) return;
      const status = Number(held.slice(9, 12));
      held = '';
      if (status === 200) {
        waits.push(performance.now() - sent);
        acknowledged += job.size;
        send();
      } else {
        refused += job.size;
        setTimeout(send, 50);
      }
    });
  });
}

function mqtt(job: Job, number: number): Promise<void> {
  return new Promise((done, fail) => {
    const socket = connect(job.mqttPort, '127.0.0.1');
    socket.setNoDelay(true);
    const parser = packets.parser({ protocolVersion: 4 });
    const sent = new Map<number, number>();
    let id = 0;
    // Each connection has its share of the things, so that it is one gateway.
    const mine = job.things.filter((_, i) => i % job.connections === number);
    let turn = 0;
    let round = 0;
    let stream = 0;
    const publish = () => {
      const thing = mine[turn]!;
      const code = thing.streams[stream]!;
      const at = new Date(job.base + round * 1000).toISOString();
      if (++stream === thing.streams.length) {
        stream = 0;
        if (++turn === mine.length) {
          turn = 0;
          round++;
        }
      }
      do id = (id % 65_535) + 1;
      while (sent.has(id));
      sent.set(id, performance.now());
      socket.write(
        packets.generate({
          cmd: 'publish',
          topic: `v1/things/${thing.code}/readings`,
          payload: `{"stream":"${code}","time":"${at}","value":${(id % 1000) / 10}}`,
          qos: 1,
          messageId: id,
          dup: false,
          retain: false,
        }),
      );
    };
    parser.on('packet', (p: packets.Packet) => {
      if (p.cmd === 'connack') {
        if (p.returnCode !== 0) fail(new Error(`connack ${p.returnCode}`));
        socket.cork();
        for (let i = 0; i < job.pipeline; i++) publish();
        socket.uncork();
      } else if (p.cmd === 'puback') {
        const at = sent.get(p.messageId!);
        if (at === undefined) return;
        sent.delete(p.messageId!);
        waits.push(performance.now() - at);
        acknowledged++;
        if (!stopping) publish();
        else if (!sent.size) {
          socket.end(packets.generate({ cmd: 'disconnect' }));
          done();
        }
      }
    });
    socket.on('connect', () =>
      socket.write(
        packets.generate({
          cmd: 'connect',
          protocolId: 'MQTT',
          protocolVersion: 4,
          clientId: `bench-${number}`,
          username: job.login,
          password: Buffer.from(job.secret),
          clean: true,
          keepalive: 60,
        }),
      ),
    );
    socket.on('data', (d: Buffer) => {
      socket.cork();
      parser.parse(d);
      socket.uncork();
    });
    socket.on('error', fail);
    socket.on('close', () => done());
  });
}

process.on('message', (job: Job | 'stop') => {
  if (job === 'stop') {
    stopping = true;
    return;
  }
  const begun = performance.now();
  setTimeout(() => (stopping = true), job.seconds * 1000);
  void Promise.all(Array.from({ length: job.connections }, (_, i) => (job.kind === 'http' ? http(job) : mqtt(job, i)))).then(
    () => {
      const seconds = (performance.now() - begun) / 1000;
      waits.sort((a, b) => a - b);
      const at = (q: number) => Math.round((waits[Math.min(waits.length - 1, Math.floor(waits.length * q))] ?? 0) * 10) / 10;
      process.send!({ acknowledged, refused, seconds, p50: at(0.5), p99: at(0.99) } satisfies Outcome);
    },
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
