// The embedded MQTT listener: accepts connections (TLS where configured), knows who is connected and whom to tell.
import { readFileSync } from 'node:fs';
import { type Server, createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Hub } from '../../platform/hub.ts';
import { gauge } from '../../platform/metrics.ts';
import { type Gate, type Identity, Session } from './session.ts';
import { meets } from './topics.ts';
export type { Gate, Identity, Message, Taken } from './session.ts';

const MAX_CLIENTS = 20_000;

export interface Listener {
  port: number;
  clients(): number;
  /** Sends to every subscriber whom `may` lets hear it; the payload is made once, and only if somebody listens. */
  tell(topic: string, payload: () => string, may: (who: Identity) => boolean): void;
  /** Filters somebody is subscribed to now. */
  filters(): Set<string>;
}

/** Starts listening where the configuration says; ends with the hub. */
export async function listen(hub: Hub, gate: Gate): Promise<Listener> {
  const sessions = new Set<Session>();
  // One connection per login and client id; a newer one takes over [MQTT-3.1.4-3].
  const named = new Map<string, Session>();
  const subscribers = new Set<Session>();
  const count = gauge('chengshu_mqtt_clients', '已连接的 MQTT 设备');
  const accept = (socket: ConstructorParameters<typeof Session>[0]) => {
    if (sessions.size >= MAX_CLIENTS) {
      socket.destroy();
      return;
    }
    const s = new Session(socket, gate);
    sessions.add(s);
    s.onOpen = () => {
      const name = `${s.identity!.login}/${s.clientId}`;
      named.get(name)?.takenOver();
      named.set(name, s);
      count.set(named.size);
    };
    s.onFilters = () => void (s.filters.size ? subscribers.add(s) : subscribers.delete(s));
    s.onClosed = () => {
      sessions.delete(s);
      subscribers.delete(s);
      const name = `${s.identity?.login}/${s.clientId}`;
      if (named.get(name) === s) named.delete(name);
      count.set(named.size);
    };
  };
  const tls = hub.config.mqttTls;
  const server: Server = tls ? createTlsServer({ cert: readFileSync(tls.cert), key: readFileSync(tls.key), minVersion: 'TLSv1.2' }, accept) : createServer(accept);
  // A failed handshake is the client's affair.
  server.on('tlsClientError', () => {});
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(hub.config.mqttPort, hub.config.mqttHost, () => done());
  });
  const looking = setInterval(() => {
    const now = performance.now();
    for (const s of sessions) s.look(now);
  }, 1000);
  hub.onClose(async () => {
    clearInterval(looking);
    const closed = new Promise<void>((done) => server.close(() => done()));
    for (const s of sessions) s.shutDown();
    setTimeout(() => {
      for (const s of sessions) s.socket.destroy();
    }, 300).unref();
    await closed;
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    clients: () => named.size,
    tell(topic, payload, may) {
      let text: string | undefined;
      for (const s of subscribers) {
        let hears = false;
        for (const f of s.filters)
          if (meets(topic, f)) {
            hears = true;
            break;
          }
        if (hears && may(s.identity!)) s.deliver(topic, (text ??= payload()));
      }
    },
    filters() {
      const all = new Set<string>();
      for (const s of subscribers) for (const f of s.filters) all.add(f);
      return all;
    },
  };
}
