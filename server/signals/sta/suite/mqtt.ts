// Black-box checks over MQTT: Observations are made by publishing; entities, collections, properties and selections are heard.
import assert from 'node:assert/strict';
import mqtt from 'mqtt';
import { type Json, type Suite, bodies } from './client.ts';
import type { Content } from './content.ts';

export async function overMqtt(s: Suite, c: Content): Promise<void> {
  const target = s.target.mqtt;
  if (!target) return;
  const b = bodies(`${s.mark}听`);
  const version = /v1\.[01]$/.exec(s.target.root)![0];
  const client = await mqtt.connectAsync(target.url, {
    protocolVersion: 4,
    connectTimeout: 5000,
    reconnectPeriod: 0,
    ...(target.username ? { username: target.username, password: target.password! } : {}),
  });
  const heard: { topic: string; body: Json }[] = [];
  client.on('message', (topic, payload) => heard.push({ topic, body: JSON.parse(payload.toString()) }));
  const hear = async (topic: string, holds: (body: Json) => boolean): Promise<Json> => {
    for (let n = 0; n < 200; n++) {
      const found = heard.find((h) => h.topic === topic && holds(h.body));
      if (found) return found.body;
      await new Promise((r) => setTimeout(r, 25));
    }
    return assert.fail(`${topic}: ${JSON.stringify(heard.map((h) => h.topic))}`);
  };
  try {
    await s.check('Observations are made by publishing to their collections', async () => {
      const [ds] = c.streams;
      for (const [topic, body, result] of [
        [`${version}/Datastreams(${ds})/Observations`, { phenomenonTime: '2026-06-01T00:00:00Z', result: 71 }, 71],
        [`${version}/Observations`, { phenomenonTime: '2026-06-01T00:01:00Z', result: 72, Datastream: { '@iot.id': ds } }, 72],
        [`${version}/FeaturesOfInterest(${c.ids.FeaturesOfInterest})/Observations`, { phenomenonTime: '2026-06-01T00:02:00Z', result: 73, Datastream: { '@iot.id': ds } }, 73],
        [`${version}/Datastreams(${ds})/Observations`, { phenomenonTime: '2026-06-01T00:03:00Z', result: 74, FeatureOfInterest: b.feature('deep') }, 74],
      ] as [string, object, number][]) {
        await client.publishAsync(topic, JSON.stringify(body), { qos: 1 });
        // Acknowledged means stored.
        assert.equal((await s.list(`/Datastreams(${ds})/Observations?$filter=result%20eq%20${result}`)).length, 1, topic);
      }
    });
    await s.check('what cannot be an Observation is not stored and does not stop what follows', async () => {
      const [ds] = c.streams;
      const at = `/Datastreams(${ds})/Observations?$count=true&$top=0`;
      const before = (await s.get(at))['@iot.count'];
      for (const bad of ['{', '[]', '{"result":1,"nothing":2}', '{"phenomenonTime":"never","result":1}', ''])
        await client.publishAsync(`${version}/Datastreams(${ds})/Observations`, bad, { qos: 1 });
      assert.equal((await s.get(at))['@iot.count'], before);
      await client.publishAsync(`${version}/Datastreams(${ds})/Observations`, '{"phenomenonTime":"2026-06-02T00:00:00Z","result":5}', { qos: 1 });
      assert.equal((await s.get(at))['@iot.count'], before + 1);
    });
    await s.check('collections, entities, properties, selections and paths are heard on create and on change', async () => {
      const thing = await s.make('/Things', b.thing('heard', { Locations: [b.location('heard')] }));
      const topics = {
        set: `${version}/Things`,
        select: `${version}/Things?$select=name,description`,
        entity: `${version}/Things(${thing.id})`,
        property: `${version}/Things(${thing.id})/description`,
        nav: `${version}/Things(${thing.id})/Datastreams`,
        places: `${version}/HistoricalLocations`,
        obs: `${version}/Observations`,
        deep: `${version}/Things(${thing.id})/Locations`,
      };
      for (const g of await client.subscribeAsync(Object.values(topics))) assert.ok(g.qos < 128, g.topic);
      const made = await s.make('/Things', b.thing('new'));
      const full = await hear(topics.set, (x) => x['@iot.id'] === made.id);
      assert.deepEqual(Object.keys(full).sort(), Object.keys(made.json).sort());
      assert.deepEqual(await hear(topics.select, (x) => x.name === `${s.mark}听new`), { name: `${s.mark}听new`, description: 'the new' });
      await s.call('PATCH', thing.self, { description: 'changed' });
      assert.equal((await hear(topics.entity, (x) => x.description === 'changed'))['@iot.id'], thing.id);
      assert.deepEqual(await hear(topics.property, () => true), { description: 'changed' });
      const stream = await s.make('/Datastreams', b.datastream('heard', { Thing: { '@iot.id': thing.id }, Sensor: b.sensor('heard'), ObservedProperty: b.property('heard') }));
      await hear(topics.nav, (x) => x['@iot.id'] === stream.id);
      const path = `${version}/Datastreams(${stream.id})/Observations`;
      await client.subscribeAsync(path);
      const o = await s.make(`/Datastreams(${stream.id})/Observations`, { phenomenonTime: '2026-06-03T00:00:00Z', result: 9 });
      assert.equal((await hear(topics.obs, (x) => x['@iot.id'] === o.id)).result, 9);
      assert.equal((await hear(path, (x) => x['@iot.id'] === o.id)).phenomenonTime, '2026-06-03T00:00:00.000Z');
      await s.make(`/Things(${thing.id})/Locations`, b.location('moved', 107, 30));
      await hear(topics.deep, (x) => x.name === `${s.mark}听moved`);
      await hear(topics.places, (x) => Boolean(x.time));
    });
  } finally {
    await client.endAsync();
  }
}
