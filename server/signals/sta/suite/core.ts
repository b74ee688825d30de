// Black-box checks of the Sensing core: service document, control information, properties, resource paths to four levels, links.
import assert from 'node:assert/strict';
import { type Json, MODEL, SETS, type Suite, isMany } from './client.ts';
import type { Content } from './content.ts';

/** Control information, mandatory properties and links of one entity as it is served. */
function whole(s: Suite, set: string, e: Json): void {
  const m = MODEL[set]!;
  assert.ok(e['@iot.id'] !== undefined && e['@iot.id'] !== null, `${set}: no @iot.id`);
  assert.equal(e['@iot.selfLink'], `${s.target.root}/${set}(${typeof e['@iot.id'] === 'string' ? `'${e['@iot.id']}'` : e['@iot.id']})`);
  for (const p of m.mandatory) assert.ok(p in e, `${set}: no ${p}`);
  for (const link of Object.keys(m.links)) assert.ok(e[link] !== undefined || typeof e[`${link}@iot.navigationLink`] === 'string', `${set}: no link ${link}`);
}

export async function core(s: Suite, c: Content): Promise<void> {
  await s.check('service document: the eight sets with their URLs, nothing unknown', async () => {
    for (const url of ['', '/']) {
      const root = await s.get(url);
      const found = new Map<string, string>(root.value.map((x: Json) => [x.name, x.url]));
      for (const set of SETS) assert.equal(found.get(set), `${s.target.root}/${set}`);
      for (const name of found.keys()) assert.ok(SETS.includes(name) || name === 'MultiDatastreams', name);
      if (s.target.root.endsWith('v1.1')) assert.ok(Array.isArray(root.serverSettings.conformance) && root.serverSettings.conformance.length > 10);
    }
  });
  for (const set of SETS) {
    const id = c.ids[set]!;
    const m = MODEL[set]!;
    await s.check(`${set}: list and entity with control information, properties and links`, async () => {
      for (const e of await s.list(`/${set}?$top=5`)) whole(s, set, e);
      const one = await s.get(`/${set}(${id})`);
      whole(s, set, one);
      assert.equal(one['@iot.id'], id);
      for (const p of m.mandatory) {
        if (one[p] === null) {
          assert.equal((await s.call('GET', `/${set}(${id})/${p}`)).status, 204);
          continue;
        }
        assert.deepEqual(await s.get(`/${set}(${id})/${p}`), { [p]: one[p] });
        const raw = await s.call('GET', `/${set}(${id})/${p}/$value`);
        assert.equal(raw.status, 200);
        if (typeof one[p] === 'string') assert.equal(raw.text, one[p]);
        else assert.deepEqual(JSON.parse(raw.text), one[p]);
      }
      for (const [link] of Object.entries(m.links)) assert.equal((await s.call('GET', one[`${link}@iot.navigationLink`].replace(/^(?!http)/, `${s.target.root}/`))).status, 200);
    });
    await s.check(`${set}: what does not exist is 404`, async () => {
      await s.refused('GET', `/${set}(9223372036854775807)`, undefined, 404);
      await s.refused('DELETE', `/${set}(9223372036854775807)`, undefined, 404);
      await s.refused('PATCH', `/${set}(9223372036854775807)`, {}, 404);
      await s.refused('GET', `/${set}(${id})/nothing`, undefined, 404, 400);
      await s.refused('GET', `/${m.one}`, undefined, 404);
    });
  }
  await s.check('resource paths to four levels: lists, entities, $ref', async () => {
    const walk = async (path: string, set: string, depth: number): Promise<void> => {
      for (const [link, to] of Object.entries(MODEL[set]!.links)) {
        const here = `${path}/${link}`;
        const answer = await s.get(`${here}${isMany(link) ? '?$top=3' : ''}`);
        const list: Json[] = isMany(link) ? answer.value : [answer];
        for (const e of list) whole(s, to, e);
        const ref = await s.get(`${here}/$ref`);
        for (const r of isMany(link) ? ref.value : [ref]) {
          assert.deepEqual(Object.keys(r), ['@iot.selfLink']);
          assert.ok(r['@iot.selfLink'].startsWith(`${s.target.root}/${to}(`));
        }
        const [e] = list;
        if (!e || depth === 4) continue;
        const next = isMany(link) ? `${here}(${e['@iot.id']})` : here;
        if (isMany(link)) assert.equal((await s.get(next))['@iot.id'], e['@iot.id']);
        await walk(next, to, depth + 1);
      }
    };
    await walk(`/Things(${c.ids.Things})`, 'Things', 2);
    await walk(`/Observations(${c.ids.Observations})`, 'Observations', 2);
    await walk(`/HistoricalLocations(${c.ids.HistoricalLocations})`, 'HistoricalLocations', 3);
  });
  await s.check('a nested path only reaches what belongs there', async () => {
    const foreign = c.streams[2]!;
    for (const method of ['GET', 'DELETE']) await s.refused(method, `/Things(${c.ids.Things})/Datastreams(${foreign})`, undefined, 404);
    await s.refused('PATCH', `/Things(${c.ids.Things})/Datastreams(${foreign})`, { name: 'x' }, 404);
    assert.equal((await s.call('GET', `/Datastreams(${foreign})`)).status, 200);
  });
  await s.check('properties of properties', async () => {
    assert.deepEqual(await s.get(`/Things(${c.ids.Things})/properties/reference`), { reference: 'alpha' });
    assert.equal((await s.call('GET', `/Datastreams(${c.ids.Datastreams})/unitOfMeasurement/symbol/$value`)).text, 'degC');
  });
}
