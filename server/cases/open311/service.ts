// Open311 over cases: a posted report becomes a case like any other, and the public reads of it what it may.
import { createHash, randomUUID } from 'node:crypto';
import { masked, inWords, type Open311Error, type Report, serviceEntry } from '#core/cases/open311.ts';
import type { Matter } from '#core/cases/pack.ts';
import type { PublicService, PublicServices } from '#core/cases/public-services.ts';
import { canonicalJson } from '#core/fact.ts';
import type { Actor } from '#core/people/roles.ts';
import { DAY, localIso } from '#core/time.ts';
import { type Current, contentOf, current } from '../../packs/service.ts';
import type { Hub } from '../../platform/hub.ts';
import { openCase } from '../service.ts';
import { setPersonal } from '../store.ts';
import * as store from './store.ts';

/** A refusal of the façade: HTTP status and the errors of its body. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: Open311Error[];
  readonly retryAfter: number | undefined;
  constructor(status: number, errors: Open311Error[] | string, retryAfter?: number) {
    const list = typeof errors === 'string' ? [{ code: status, description: errors }] : errors;
    super(list[0]?.description);
    this.status = status;
    this.errors = list;
    this.retryAfter = retryAfter;
  }
}

/** One jurisdiction's offer with the content it refers to. */
export interface Offer {
  packs: Current;
  terms: PublicServices;
}

/** The offer of a jurisdiction; without a name the only one there is. */
export async function offerOf(hub: Hub, jurisdiction: string | undefined): Promise<Offer> {
  const packs = await current(hub);
  const all = [...packs.content['public-services'].values()];
  if (!all.length) throw new Refusal(404, '本中心没有开放公众上报接口');
  if (jurisdiction === undefined && all.length > 1) throw new Refusal(400, `须给出 jurisdiction_id，可为：${all.map((a) => a.code).join('、')}`);
  const terms = jurisdiction === undefined ? all[0]! : all.find((a) => a.code === jurisdiction);
  if (!terms) throw new Refusal(404, '没有这个 jurisdiction_id');
  return { packs, terms };
}
export const offers = async (hub: Hub): Promise<PublicServices[]> => [...(await current(hub)).content['public-services'].values()];

const matterOf = (offer: Offer, code: string): Matter | undefined => offer.packs.content.matters.get(code);
const groupOf = (offer: Offer, m: Matter): string => offer.packs.content.sectors.get(m.sector)?.name.zh ?? m.sector;

/** A service of the offer, with its matter. */
export function serviceOf(offer: Offer, code: string | undefined): { service: PublicService; matter: Matter } {
  const service = code === undefined ? undefined : offer.terms.services.find((s) => s.matter === code);
  const matter = service && matterOf(offer, service.matter);
  if (!service || !matter) throw new Refusal(404, '没有这个 service_code');
  return { service, matter };
}
export const services = (offer: Offer) =>
  offer.terms.services.flatMap((s) => {
    const m = matterOf(offer, s.matter);
    return m ? [serviceEntry(s, m, groupOf(offer, m))] : [];
  });

export interface Made {
  no: string;
  token: string;
}
const hash = (v: unknown): string => createHash('sha256').update(canonicalJson(v)).digest('hex');

/**
 * Opens the case of a report: one transaction with everything it brings. The same report again within a day, or the same
 * Idempotency-Key, gives the first one back (O311-08); another report under a used key is refused.
 */
export async function report(hub: Hub, actor: Actor, offer: Offer, r: Report, o: { key: string | undefined; request: string }): Promise<Made> {
  const { service, matter } = serviceOf(offer, r.service);
  const who = actor.account ?? `public:${actor.name}`;
  const fingerprint = hash([offer.terms.code, { ...r, deviceId: null }]);
  const dedupe = o.key === undefined ? hash(['same', who, r.deviceId, r.service, fingerprint]) : hash(['key', who, o.key]);
  return hub.command({ actor, realm: 'live', request: o.request }, async (work) => {
    const before = await store.before(work.tx, dedupe, o.key === undefined ? new Date(work.at.getTime() - DAY) : new Date(0));
    if (before) {
      if (before.fingerprint !== fingerprint) throw new Refusal(400, [{ code: 422, description: '同一 Idempotency-Key 用于不同内容' }]);
      return { no: before.no, token: before.token };
    }
    const opened = await openCase(work, {
      flow: offer.terms.flow,
      title: `${matter.name.zh}（公众上报）`,
      description: inWords(r, service, matter),
      source: 'open311',
      set: {
        matter: matter.code,
        ...(r.lat !== null && r.long !== null ? { place: { lon: r.long, lat: r.lat, address: r.address ?? '' } } : {}),
      },
      origin: `open311:${offer.terms.code}`,
    });
    if (Object.keys(r.personal).length) await setPersonal(work.tx, opened.id, r.personal);
    const token = randomUUID();
    await store.add(work.tx, {
      caseId: opened.id,
      jurisdiction: offer.terms.code,
      service: matter.code,
      token,
      description: r.description,
      address: r.address,
      mediaUrl: r.mediaUrl,
      attributes: r.attributes,
      dedupe,
      fingerprint,
      at: work.at,
    });
    return { no: opened.no, token };
  });
}

/** What the public may read of a report (O311-01, O311-07): state, place and times; never contacts, never what officers wrote. */
async function publicView(hub: Hub, offer: Offer, r: store.RequestRow) {
  const at = (d: Date | null): string | null => (d ? localIso(d) : null);
  const code = r.matter && offer.terms.services.some((s) => s.matter === r.matter) ? r.matter : r.service;
  const matter = matterOf(offer, code);
  const service = offer.terms.services.find((s) => s.matter === code);
  const open = r.status === 'open' || (r.status === 'merged' && r.intoStatus === 'open');
  let notes = { open: '已收到，正在办理', closed: '已办结', dismissed: '经核实不属于受理范围或情况不属实，未予立案', merged: `与 ${r.intoNo ?? '另一件'} 为同一情况，合并办理` }[
    r.status
  ];
  if (r.status === 'open' && r.step) {
    const step = (await contentOf(hub, r.packVersion)).content.flows.get(r.flow)?.steps[r.step]?.name.zh;
    if (step) notes = `正在办理：${step}`;
  }
  // A matter about a household or a person shows its neighbourhood only.
  const near = matter?.kind === 'service';
  const coordinate = (v: number | null) => (v === null ? null : near ? Math.round(v * 100) / 100 : v);
  return {
    service_request_id: r.no,
    status: open ? 'open' : 'closed',
    status_notes: notes,
    service_name: matter?.name.zh ?? code,
    service_code: code,
    description: offer.terms.publish === 'masked' ? masked(r.description) : null,
    agency_responsible: r.agency,
    service_notice: service?.notice?.zh ?? null,
    requested_datetime: at(r.openedAt),
    updated_datetime: at(open ? r.changedAt : (r.closedAt ?? r.changedAt)),
    expected_datetime: open ? at(r.dueAt) : null,
    address: near ? null : masked(r.address || r.reportedAddress || ''),
    address_id: null,
    zipcode: null,
    lat: coordinate(r.lat),
    long: coordinate(r.lon),
    media_url: null,
  };
}

export const MAX_REQUESTS = 1000;
export const SPAN = 90 * DAY;
export async function requests(hub: Hub, offer: Offer, q: Omit<store.Search, 'jurisdiction'>) {
  const found = await store.search(hub.sql, { ...q, jurisdiction: offer.terms.code });
  return Promise.all(found.map((r) => publicView(hub, offer, r)));
}
export async function requestsByNumber(hub: Hub, offer: Offer, numbers: string[]) {
  const found = await store.byNumbers(hub.sql, offer.terms.code, numbers, MAX_REQUESTS);
  return Promise.all(found.map((r) => publicView(hub, offer, r)));
}
export async function requestOfToken(hub: Hub, offer: Offer, token: string): Promise<{ service_request_id: string; token: string }> {
  const found = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(token) ? await store.byToken(hub.sql, offer.terms.code, token) : undefined;
  if (!found) throw new Refusal(404, '没有这个 token');
  return { service_request_id: found.no, token: found.token };
}
