// Black-box checks of query options: pages, counts, order, selection, expansion of every path of two levels, filters of every kind.
import assert from 'node:assert/strict';
import { type Json, MODEL, SETS, type Suite, isMany, q } from './client.ts';
import type { Content } from './content.ts';

const id = (x: Json) => x['@iot.id'];

export async function filtering(s: Suite, c: Content): Promise<void> {
  const ds = c.streams[0]!;
  const obs = `/Datastreams(${ds})/Observations`;
  const count = async (path: string) => (await s.get(`${path}${path.includes('?') ? '&' : '?'}$count=true&$top=0`))['@iot.count'];

  await s.check('$count, $top, $skip and links that go on', async () => {
    const page = await s.get(`${obs}?$count=true&$top=5&$orderby=phenomenonTime`);
    assert.equal(page['@iot.count'], 12);
    assert.equal(page.value.length, 5);
    const seen = [...page.value];
    for (let next = page['@iot.nextLink']; next;) {
      const more = await s.get(next);
      assert.equal(more['@iot.count'], 12);
      seen.push(...more.value);
      next = more['@iot.nextLink'];
    }
    assert.deepEqual(
      seen.map((o) => o.result),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    );
    assert.equal((await s.get(`${obs}?$count=false`))['@iot.count'], undefined);
    assert.equal((await s.get(`${obs}?$top=12`))['@iot.nextLink'], undefined);
    assert.ok((await s.get(`${obs}?$top=11`))['@iot.nextLink']);
    assert.deepEqual(
      (await s.list(`${obs}?$skip=10&$orderby=phenomenonTime`)).map((o) => o.result),
      [11, 12],
    );
    assert.deepEqual(await s.list(`${obs}?$skip=100`), []);
    assert.deepEqual(await s.list(`${obs}?$top=0`), []);
  });
  await s.check('order of evaluation: filter, count, order, skip, top, whatever the URL says first', async () => {
    const r = await s.get(`${obs}?$top=1&$skip=2&$orderby=phenomenonTime&$count=true&$filter=${q('result gt 3')}`);
    assert.equal(r['@iot.count'], 9);
    assert.deepEqual(
      r.value.map((o: Json) => o.result),
      [6],
    );
  });
  await s.check('illegal options are 400, unknown ones 501 or 400', async () => {
    for (const bad of [
      '$top=-1',
      '$top=x',
      '$skip=-1',
      '$skip=1.5',
      '$count=maybe',
      '$filter=name',
      `$filter=${q("name eq 'x")}`,
      `$filter=${q('nothing eq 1')}`,
      '$orderby=nothing',
      '$select=nothing',
      '$expand=nothing',
      `$filter=${q('name xx 1')}`,
    ])
      await s.refused('GET', `/Things?${bad}`, undefined, 400);
    await s.refused('GET', '/Things?$foo=bar', undefined, 400, 501);
  });
  for (const set of SETS) {
    const m = MODEL[set]!;
    await s.check(`${set}: $orderby every property both ways, $select every property and link`, async () => {
      for (const p of m.mandatory)
        for (const way of ['', ' asc', ' desc']) {
          const list = await s.list(`/${set}?$orderby=${q(p + way)}&$top=50`);
          const keys = list.map((e) => e[p]).filter((x) => typeof x === 'string' && !/Z|\//.test(x)) as string[];
          if (p === 'name' || p === 'description')
            assert.deepEqual(
              keys,
              [...keys].sort((a, b) => (way === ' desc' ? -1 : 1) * Buffer.compare(Buffer.from(a), Buffer.from(b))),
              p + way,
            );
        }
      const names = [...m.mandatory, ...Object.keys(m.links)];
      for (const n of names) {
        const [e] = await s.list(`/${set}?$select=${n}&$top=1`);
        assert.deepEqual(Object.keys(e), [n in m.links ? `${n}@iot.navigationLink` : n]);
      }
      const [both] = await s.list(`/${set}?$select=${m.mandatory.join(',')},id&$top=1`);
      assert.deepEqual(Object.keys(both).sort(), ['@iot.id', ...m.mandatory].sort());
    });
    await s.check(`${set}: $expand every path of two levels, with slashes and with options`, async () => {
      for (const [a, to] of Object.entries(m.links)) {
        const one = await s.get(`/${set}(${c.ids[set]})?$expand=${a}`);
        assert.equal(Array.isArray(one[a]), isMany(a), `${set}/${a}`);
        for (const b of Object.keys(MODEL[to]!.links)) {
          for (const text of [`${a}/${b}`, `${a}($expand=${b})`, `${a}($expand=${b};$top=1)`]) {
            if (text.includes('$top') && !isMany(a)) continue;
            const e = await s.get(`/${set}(${c.ids[set]})?$expand=${text}`);
            const inner = isMany(a) ? e[a][0] : e[a];
            if (inner) assert.equal(Array.isArray(inner[b]), isMany(b), `${set}/${text}`);
          }
        }
      }
      const all = Object.keys(m.links);
      const e = await s.get(`/${set}(${c.ids[set]})?$expand=${all.join(',')}`);
      for (const a of all) assert.ok(a in e);
    });
    await s.check(`${set}: comparisons of every property`, async () => {
      const one = await s.get(`/${set}(${c.ids[set]})`);
      for (const p of m.mandatory) {
        const v = one[p];
        const literal = p.endsWith('Time') || p === 'time' ? v : typeof v === 'string' ? `'${v.replaceAll("'", "''")}'` : typeof v === 'number' ? String(v) : undefined;
        if (literal === undefined) continue;
        const hits = async (op: string) =>
          (await s.list(`/${set}?$filter=${q(`${p} ${op} ${literal} and id eq ${typeof c.ids[set] === 'string' ? `'${c.ids[set]}'` : c.ids[set]}`)}`)).length;
        assert.deepEqual([await hits('eq'), await hits('ne'), await hits('lt'), await hits('gt'), await hits('le'), await hits('ge')], [1, 0, 0, 0, 1, 1], `${set}/${p}`);
      }
    });
  }
  await s.check('nested $expand with options of its own, three and four levels', async () => {
    const t = (
      await s.list(
        `/Things?$filter=${q(`name eq '${s.mark}alpha'`)}&$select=name&$expand=Datastreams($select=name;$orderby=name desc;$count=true;$expand=Observations($filter=result gt 3;$orderby=phenomenonTime desc;$top=2;$count=true;$select=result,id;$expand=FeatureOfInterest($select=name)),Thing/Locations)`.replaceAll(
          ' ',
          '%20',
        ),
      )
    )[0];
    assert.deepEqual(Object.keys(t).sort(), ['Datastreams', 'Datastreams@iot.count', 'name']);
    assert.equal(t['Datastreams@iot.count'], 2);
    assert.deepEqual(
      t.Datastreams.map((d: Json) => d.name),
      [`${s.mark}alpha-s2`, `${s.mark}alpha-s1`],
    );
    const d = t.Datastreams[1];
    assert.equal(d['Observations@iot.count'], 9);
    assert.deepEqual(
      d.Observations.map((o: Json) => o.result),
      [12, 11],
    );
    assert.deepEqual(Object.keys(d.Observations[0]).sort(), ['@iot.id', 'FeatureOfInterest', 'result']);
    assert.equal(d.Thing.Locations[0].name, `${s.mark}alpha-place`);
    const more = await s.get(d['Observations@iot.nextLink']);
    assert.deepEqual(
      more.value.map((o: Json) => o.result),
      [10, 9],
    );
  });
  await s.check('filters: logic, arithmetic, functions, text against number', async () => {
    for (const [filter, n] of [
      ['result gt 3 and result le 6', 3],
      ['result eq 1 or result eq 2 or result eq 30', 2],
      ['not (result gt 3)', 3],
      ['not result gt 3', 3],
      ['(result gt 3 and result lt 5) or result eq 12', 2],
      ['result add 1 eq 5', 1],
      ['result sub 1 eq 5', 1],
      ['result mul 2 ge 20', 3],
      ['result div 2 lt 2', 3],
      ['result mod 5 eq 0', 2],
      ["result gt '3'", 6],
      ['round(result div 5) eq 2', 5],
      ['floor(result div 5) eq 1', 5],
      ['ceiling(result div 5) eq 1', 5],
      ['phenomenonTime ge 2026-03-02T00:00:00.000Z', 6],
      ['phenomenonTime lt 2026-03-01T08:00:00.000%2B08:00'.replace('%2B', '+'), 0],
      ['resultTime gt 2026-03-02T05:00:00Z', 1],
      ['day(phenomenonTime) eq 2', 6],
      ['hour(phenomenonTime) eq 5 and minute(phenomenonTime) eq 0 and year(phenomenonTime) eq 2026 and month(phenomenonTime) eq 3', 2],
      ['second(resultTime) eq 30', 12],
      ['date(phenomenonTime) eq date(2026-03-02T00:00:00Z)', 6],
      ['phenomenonTime lt now()', 12],
      ['during(phenomenonTime,2026-03-02T00:00:00Z/2026-03-02T03:00:00Z)', 3],
      ['before(phenomenonTime,2026-03-02T00:00:00Z)', 6],
      ['after(phenomenonTime,2026-03-02T00:00:00Z)', 5],
      [`Datastream/id eq ${ds} and Datastream/Thing/name eq '${s.mark}alpha'`, 12],
      [`Datastream/Sensor/name eq '${s.mark}alpha-sensor2'`, 0],
    ] as [string, number][])
      assert.equal(await count(`${obs}?$filter=${q(filter)}`), n, filter);
    for (const [filter, n] of [
      [`substringof('alph',name)`, 1],
      [`endswith(name,'alpha')`, 1],
      [`startswith(description,'the ')`, 2],
      [`length(description) eq 9`, 1],
      [`indexof(name,'alpha') gt 0`, 1],
      [`substring(description,4) eq 'beta'`, 1],
      [`substring(description,4,2) eq 'be'`, 1],
      [`tolower(concat(name,'X')) eq '${s.mark.toLowerCase()}betax'`, 1],
      [`toupper(description) eq 'THE BETA'`, 1],
      [`trim(concat(' ',description)) eq 'the beta'`, 1],
      [`properties/reference eq 'beta'`, 1],
      [`Datastreams/name eq '${s.mark}beta-s1'`, 1],
      [`Datastreams/Observations/result gt 111`, 2],
      [`Datastreams/ObservedProperty/name eq '${s.mark}alpha-p2' and Locations/name eq '${s.mark}alpha-place'`, 1],
      [`Datastreams/unitOfMeasurement/symbol eq 'degC'`, 2],
      [`geo.intersects(Locations/location,geography'POLYGON((106 29,106.5 29,106.5 30,106 30,106 29))')`, 1],
    ] as [string, number][])
      assert.equal(await count(`/Things?$filter=${q(`${c.mine} and ${filter}`)}`), n, filter);
    for (const [filter, n] of [
      [`geo.distance(location,geography'POINT(106.3 29.5)') lt 0.2`, 1],
      [`st_within(location,geography'POLYGON((106 29,106.5 29,106.5 30,106 30,106 29))')`, 1],
      [`st_equals(location,geography'POINT(107.3 29.4)')`, 1],
      [`location/type eq 'Point'`, 2],
    ] as [string, number][])
      assert.equal(await count(`/Locations?$filter=${q(`${c.mine} and ${filter}`)}`), n, filter);
  });
  await s.check('$orderby through relations and by several properties', async () => {
    const list = await s.list(`/Datastreams?$filter=${q(c.mine)}&$orderby=${q('Thing/name desc,name asc')}&$select=name`);
    assert.deepEqual(
      list.map((d) => d.name.slice(s.mark.length)),
      ['beta-s1', 'beta-s2', 'alpha-s1', 'alpha-s2'],
    );
    const byId = await s.list(`/Datastreams?$filter=${q(c.mine)}&$orderby=${q('@iot.id desc')}`);
    assert.deepEqual(
      byId.map(id),
      byId.map(id).toSorted((a: number, b: number) => b - a),
    );
  });
}
