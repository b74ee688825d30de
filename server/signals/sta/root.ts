// The service document: the eight sets, what is conformed to, where MQTT listens (STA-001…005).
import { entities, entityNames } from '#core/signals/sta/model.ts';
import type { Hub } from '../../platform/hub.ts';
import type { Caller } from './caller.ts';

const REQ = 'http://www.opengis.net/spec/iot_sensing/1.1/req';
/** Requirements met wholly; a class is named only when all in it is. */
const READ = [
  'datamodel',
  'resource-path/resource-path-to-entities',
  'request-data',
  'request-data/status-code',
  'request-data/query-status-code',
  'request-data/order',
  'request-data/expand',
  'request-data/select',
  'request-data/orderby',
  'request-data/top',
  'request-data/skip',
  'request-data/count',
  'request-data/filter',
  'request-data/built-in-filter-operations',
  'request-data/built-in-query-functions',
  'request-data/pagination',
  'data-array/data-array',
  'receive-updates-via-mqtt/receive-updates',
];
const WRITE = [
  'create-update-delete/create-entity',
  'create-update-delete/link-to-existing-entities',
  'create-update-delete/deep-insert',
  'create-update-delete/deep-insert-status-code',
  'create-update-delete/update-entity',
  'create-update-delete/update-entity-put',
  'create-update-delete/update-entity-jsonpatch',
  'create-update-delete/delete-entity',
  'create-update-delete/historical-location-auto-creation',
  'create-update-delete/historical-location-manual-creation',
  'create-update-delete',
  'batch-request/batch-request',
];

const mqttPorts = new WeakMap<Hub, number>();
/** Tells the service document where the MQTT listener is. */
export const setMqttPort = (hub: Hub, port: number): void => void mqttPorts.set(hub, port);

/** `GET {root}/v1.1`. */
export function serviceDocument(hub: Hub, base: string, version: string, caller: Caller): unknown {
  const value = entityNames.map((n) => ({ name: entities[n].set, url: `${base}/${entities[n].set}` }));
  if (version === 'v1.0') return { value };
  const port = mqttPorts.get(hub);
  const host = new URL(base).hostname;
  const endpoints = port ? [`${hub.config.mqttTls ? 'mqtts' : 'mqtt'}://${host}:${port}`] : hub.config.mqttUrl ? [hub.config.mqttUrl.replace(/\/\/[^@/]*@/, '//')] : [];
  const conformance = [...READ, ...(caller.manage.length ? WRITE : []), ...(caller.write.length ? ['create-observations-via-mqtt/observations-creation'] : [])];
  const kept = endpoints.length ? conformance : conformance.filter((c) => !c.includes('mqtt'));
  return {
    value,
    serverSettings: {
      conformance: kept.map((c) => `${REQ}/${c}`),
      ...(endpoints.length
        ? { [`${REQ}/receive-updates-via-mqtt/receive-updates`]: { endpoints }, [`${REQ}/create-observations-via-mqtt/observations-creation`]: { endpoints } }
        : {}),
    },
  };
}
