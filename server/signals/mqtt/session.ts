// One MQTT connection (3.1, 3.1.1 and 5): reads packets, hands messages to the hub and acknowledges in order, only after they are stored (T6).
// It is a door for readings, not a broker: it keeps no session and no retained message. Packets are read and written by the codec.
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import * as packets from 'mqtt-packet';
import { isFilter, isTopic } from './topics.ts';

/** Who is at the other end; `scope` are the unit paths it may write for. */
export interface Identity {
  login: string;
  scope: string[];
}
export interface Message {
  topic: string;
  payload: Buffer;
  /** MQTT 5 user properties. */
  properties: Record<string, string>;
}
/** What became of a message; anything thrown means: not now, ask again. */
export type Taken = 'stored' | 'denied';
export interface Gate {
  identify(login: string, secret: string, clientId: string): Promise<Identity | undefined>;
  take(message: Message, by: Identity): Promise<Taken>;
  /** Whether this filter may be subscribed to. */
  listen(filter: string, by: Identity): boolean | Promise<boolean>;
}

export const MAX_PACKET = 1024 * 1024 + 1024;
const MAX_FLIGHT = 512;
const MAX_FLIGHT_BYTES = 4 * 1024 * 1024;
const MAX_ALIASES = 32;
const MAX_FILTERS = 100;
const CONNECT_MS = 10_000;
/** A receiver that lets more than this wait is let go (F-23). */
const MAX_UNSENT = 8 * 1024 * 1024;

/** Reason codes of MQTT 5 §2.4 that are used here. */
const REASON = {
  granted0: 0x00,
  noSubscription: 0x11,
  malformed: 0x81,
  protocolError: 0x82,
  unsupportedVersion: 0x84,
  badCredentials: 0x86,
  notAuthorized: 0x87,
  unavailable: 0x88,
  badMethod: 0x8c,
  keepAlive: 0x8d,
  takenOver: 0x8e,
  badFilter: 0x8f,
  badTopic: 0x90,
  unknownPacket: 0x92,
  receiveMaximum: 0x93,
  badAlias: 0x94,
  tooLarge: 0x95,
  shuttingDown: 0x8b,
  quota: 0x97,
  sharedUnsupported: 0x9e,
} as const;

interface Ack {
  /** Undefined while the message is being stored. */
  packet: packets.Packet | null | undefined;
}

export class Session {
  readonly socket: Socket;
  readonly #gate: Gate;
  readonly #parser: packets.Parser;
  readonly #aliases = new Map<number, string>();
  /** QoS 2 messages that are stored and wait for their release. */
  readonly #received = new Set<number>();
  readonly filters = new Set<string>();
  #acks: Ack[] = [];
  #flight = 0;
  #flightBytes = 0;
  #keepAliveMs = 0;
  #heard = performance.now();
  #state: 'new' | 'connecting' | 'open' | 'closed' = 'new';
  #held: packets.Packet[] = [];
  #will: Message | undefined;
  version = 4;
  clientId = '';
  identity: Identity | undefined;
  onOpen: (s: Session) => void = () => {};
  onClosed: (s: Session) => void = () => {};
  /** The filters changed. */
  onFilters: (s: Session) => void = () => {};

  constructor(socket: Socket, gate: Gate) {
    this.socket = socket;
    this.#gate = gate;
    this.#parser = packets.parser({ protocolVersion: 4 });
    this.#parser.on('packet', (p: packets.Packet) => this.#packet(p));
    this.#parser.on('error', (error: Error) => this.end(/too large/.test(error.message) ? REASON.tooLarge : REASON.malformed));
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.#heard = performance.now();
      let left: number;
      try {
        left = this.#parser.parse(chunk);
      } catch {
        this.end(REASON.malformed);
        return;
      }
      if (left > MAX_PACKET) this.end(REASON.tooLarge);
    });
    socket.on('error', () => this.#closed());
    socket.on('close', () => this.#closed());
  }

  /** Called from time to time: ends connections that said nothing for one and a half keep-alives, or never said who they are. */
  look(now: number): void {
    const quiet = now - this.#heard;
    if (this.#state === 'new' || this.#state === 'connecting') {
      if (quiet > CONNECT_MS) this.socket.destroy();
    } else if (this.#keepAliveMs && quiet > this.#keepAliveMs * 1.5 && !this.#flight) this.end(REASON.keepAlive);
  }

  /** Sends a message at QoS 0. */
  deliver(topic: string, payload: string): void {
    if (this.#state !== 'open') return;
    if (this.socket.writableLength > MAX_UNSENT) {
      this.end(REASON.quota);
      return;
    }
    this.#send({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false });
  }

  /** Ends the connection, with the reason where the version knows one. */
  end(reason?: number): void {
    if (this.#state === 'closed') return;
    if (reason !== undefined && this.version === 5 && this.#state === 'open') this.#send({ cmd: 'disconnect', reasonCode: reason });
    this.socket.end();
    const socket = this.socket;
    setTimeout(() => socket.destroy(), 500).unref();
    this.#closed();
  }
  takenOver(): void {
    this.end(REASON.takenOver);
  }
  shutDown(): void {
    this.#will = undefined;
    this.end(REASON.shuttingDown);
  }

  #closed(): void {
    if (this.#state === 'closed') return;
    const was = this.#state;
    this.#state = 'closed';
    this.#held = [];
    this.onClosed(this);
    const will = this.#will;
    this.#will = undefined;
    if (was === 'open' && will && this.identity) this.#gate.take(will, this.identity).catch(() => {});
  }

  #send(packet: packets.Packet): void {
    if (this.socket.writable) this.socket.write(packets.generate(packet, { protocolVersion: this.version }));
  }

  #packet(p: packets.Packet): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'new') {
      if (p.cmd !== 'connect') {
        this.socket.destroy();
        return;
      }
      // What follows in the same chunk is read by the version just named.
      (this.#parser as unknown as { settings: { protocolVersion: number } }).settings.protocolVersion = p.protocolVersion ?? 4;
      this.#state = 'connecting';
      this.#connect(p).catch(() => this.#refuse(3, REASON.unavailable));
      return;
    }
    // A client may publish before it has its CONNACK.
    if (this.#state === 'connecting') {
      if (this.#held.push(p) > 100) this.socket.destroy();
      return;
    }
    switch (p.cmd) {
      case 'publish':
        this.#publish(p);
        break;
      case 'pubrel':
        this.#send({ cmd: 'pubcomp', messageId: p.messageId!, reasonCode: this.#received.delete(p.messageId!) ? 0 : REASON.unknownPacket });
        break;
      case 'subscribe':
        void this.#subscribe(p);
        break;
      case 'unsubscribe':
        this.#send({
          cmd: 'unsuback',
          messageId: p.messageId!,
          granted: p.unsubscriptions.map((f) => (this.filters.delete(f) ? REASON.granted0 : REASON.noSubscription)),
        } as packets.Packet);
        this.onFilters(this);
        break;
      case 'pingreq':
        this.#send({ cmd: 'pingresp' });
        break;
      case 'disconnect':
        // 0x04 asks for the will all the same.
        if (p.reasonCode !== 0x04) this.#will = undefined;
        this.socket.end();
        this.#closed();
        break;
      case 'puback':
      case 'pubrec':
      case 'pubcomp':
        break;
      case 'auth':
        this.end(REASON.badMethod);
        break;
      default:
        this.end(REASON.protocolError);
    }
  }

  #refuse(code3: number, code5: number): void {
    if (this.#state === 'closed') return;
    this.#send({ cmd: 'connack', sessionPresent: false, ...(this.version === 5 ? { reasonCode: code5 } : { returnCode: code3 }) } as packets.Packet);
    this.socket.end();
    this.#closed();
  }

  async #connect(p: packets.IConnectPacket): Promise<void> {
    this.version = p.protocolVersion ?? 4;
    if (p.properties?.authenticationMethod) return this.#refuse(5, REASON.badMethod);
    let id = p.clientId ?? '';
    if (!id && this.version < 5 && !p.clean) return this.#refuse(2, REASON.protocolError);
    if (id.length > 256) return this.#refuse(2, 0x85);
    const assigned = id ? undefined : `auto-${randomUUID()}`;
    id = assigned ?? id;
    const identity = await this.#gate.identify(p.username ?? '', p.password?.toString() ?? '', id);
    if ((this.#state as string) === 'closed') return;
    if (!identity) return this.#refuse(4, REASON.badCredentials);
    this.identity = identity;
    this.clientId = id;
    this.#keepAliveMs = (p.keepalive ?? 0) * 1000;
    if (p.will && isTopic(p.will.topic)) this.#will = { topic: p.will.topic, payload: Buffer.from(p.will.payload ?? ''), properties: {} };
    this.#state = 'open';
    this.#send({
      cmd: 'connack',
      sessionPresent: false,
      ...(this.version === 5
        ? {
            reasonCode: 0,
            properties: {
              sessionExpiryInterval: 0,
              receiveMaximum: MAX_FLIGHT,
              maximumPacketSize: MAX_PACKET,
              retainAvailable: false,
              topicAliasMaximum: MAX_ALIASES,
              sharedSubscriptionAvailable: false,
              subscriptionIdentifiersAvailable: false,
              ...(assigned ? { assignedClientIdentifier: assigned } : {}),
            },
          }
        : { returnCode: 0 }),
    } as packets.Packet);
    this.onOpen(this);
    for (const held of this.#held.splice(0)) this.#packet(held);
  }

  #publish(p: packets.IPublishPacket): void {
    let topic = p.topic;
    const alias = p.properties?.topicAlias;
    if (alias !== undefined) {
      if (alias < 1 || alias > MAX_ALIASES) return this.end(REASON.badAlias);
      if (topic) this.#aliases.set(alias, topic);
      else topic = this.#aliases.get(alias) ?? '';
    }
    if (!isTopic(topic)) return this.end(REASON.badTopic);
    const id = p.messageId ?? 0;
    if (p.qos === 2 && this.#received.has(id)) {
      this.#acks.push({ packet: { cmd: 'pubrec', messageId: id, reasonCode: 0 } });
      this.#acknowledge();
      return;
    }
    if (this.version === 5 && this.#flight >= MAX_FLIGHT && p.qos > 0) return this.end(REASON.receiveMaximum);
    const payload = p.payload as Buffer;
    const user = p.properties?.userProperties;
    const properties: Record<string, string> = {};
    if (user) for (const [k, v] of Object.entries(user)) properties[k] = Array.isArray(v) ? String(v.at(-1)) : String(v);
    const ack: Ack = { packet: undefined };
    this.#acks.push(ack);
    this.#flight++;
    this.#flightBytes += payload.length;
    if (this.#flight >= MAX_FLIGHT || this.#flightBytes >= MAX_FLIGHT_BYTES) this.socket.pause();
    void this.#store({ topic, payload, properties }).then((taken) => {
      this.#flight--;
      this.#flightBytes -= payload.length;
      if (this.socket.isPaused() && this.#flight < MAX_FLIGHT / 2 && this.#flightBytes < MAX_FLIGHT_BYTES / 2) this.socket.resume();
      if (!taken) return;
      if (taken === 'denied' && this.version < 5) {
        // 3.1.1 has no word for no: an acknowledgement would be a lie.
        this.end();
        return;
      }
      const reasonCode = taken === 'denied' ? REASON.notAuthorized : 0;
      if (p.qos === 2 && taken === 'stored') this.#received.add(id);
      ack.packet = p.qos === 0 ? null : { cmd: p.qos === 1 ? 'puback' : 'pubrec', messageId: id, reasonCode };
      this.#acknowledge();
    });
  }

  /** Asks again until it is stored or refused for good, or the connection is gone: overload is a withheld acknowledgement. */
  async #store(message: Message): Promise<Taken | undefined> {
    for (let wait = 50; this.#state === 'open'; wait = Math.min(wait * 2, 2000)) {
      try {
        return await this.#gate.take(message, this.identity!);
      } catch {
        this.socket.pause();
        await new Promise((r) => setTimeout(r, wait));
      }
    }
    return undefined;
  }

  /** Acknowledgements leave in the order their messages came [MQTT-4.6.0-2]. */
  #acknowledge(): void {
    let n = 0;
    while (n < this.#acks.length && this.#acks[n]!.packet !== undefined) n++;
    if (!n) return;
    const ready = this.#acks.slice(0, n);
    this.#acks = this.#acks.slice(n);
    this.socket.cork();
    for (const a of ready) if (a.packet) this.#send(a.packet);
    this.socket.uncork();
  }

  async #subscribe(p: packets.ISubscribePacket): Promise<void> {
    const granted: number[] = [];
    for (const s of p.subscriptions) {
      const refused = this.version === 5 ? undefined : 0x80;
      if (!isFilter(s.topic)) granted.push(refused ?? REASON.badFilter);
      else if (s.topic.startsWith('$share/')) granted.push(refused ?? REASON.sharedUnsupported);
      else if (this.filters.size >= MAX_FILTERS) granted.push(refused ?? REASON.quota);
      else if (await Promise.resolve(this.#gate.listen(s.topic, this.identity!)).catch(() => false)) {
        this.filters.add(s.topic);
        granted.push(REASON.granted0);
      } else granted.push(refused ?? REASON.notAuthorized);
    }
    if (this.#state !== 'open') return;
    this.onFilters(this);
    this.#send({ cmd: 'suback', messageId: p.messageId!, granted } as packets.Packet);
  }
}
