// The entities the suite asks about: two things with places, streams and twelve readings each, made by deep insert.
import { type Bodies, type Json, type Made, type Suite, bodies, q } from './client.ts';

export interface Content {
  b: Bodies;
  /** `Set` → identifier of one entity of this run, all related to the first thing. */
  ids: Record<string, number | string>;
  first: Made;
  second: Made;
  streams: (number | string)[];
  /** Condition that only holds for what this run made. */
  mine: string;
}

const readings = (from: number) =>
  Array.from({ length: 12 }, (_, i) => ({
    phenomenonTime: `2026-03-0${1 + Math.floor(i / 6)}T0${i % 6}:00:00.000Z`,
    resultTime: `2026-03-0${1 + Math.floor(i / 6)}T0${i % 6}:00:30.000Z`,
    result: from + i,
  }));

export async function makeContent(s: Suite): Promise<Content> {
  const b = bodies(s.mark);
  const whole = (name: string, at: number) =>
    b.thing(name, {
      Locations: [b.location(`${name}-place`, 106.3 + at, 29.4)],
      Datastreams: [
        b.datastream(`${name}-s1`, { Sensor: b.sensor(`${name}-sensor1`), ObservedProperty: b.property(`${name}-p1`), Observations: readings(1) }),
        b.datastream(`${name}-s2`, { Sensor: b.sensor(`${name}-sensor2`), ObservedProperty: b.property(`${name}-p2`), Observations: readings(101) }),
      ],
    });
  const first = await s.make('/Things', whole('alpha', 0));
  const second = await s.make('/Things', whole('beta', 1));
  const one: Json = (
    await s.list(
      `/Things?$filter=${q(`name eq '${s.mark}alpha'`)}&$expand=Locations,HistoricalLocations,Datastreams($orderby=name;$expand=Sensor,ObservedProperty,Observations($orderby=phenomenonTime;$top=1;$expand=FeatureOfInterest))`,
    )
  )[0];
  const [stream] = one.Datastreams;
  const two = await s.list(`/Things(${second.id})/Datastreams?$orderby=name`);
  const id = (x: Json) => x['@iot.id'];
  return {
    b,
    first,
    second,
    streams: [...one.Datastreams.map(id), ...two.map(id)],
    mine: `startswith(name,'${s.mark}')`,
    ids: {
      Things: id(one),
      Locations: id(one.Locations[0]),
      HistoricalLocations: id(one.HistoricalLocations[0]),
      Datastreams: id(stream),
      Sensors: id(stream.Sensor),
      ObservedProperties: id(stream.ObservedProperty),
      Observations: id(stream.Observations[0]),
      FeaturesOfInterest: id(stream.Observations[0].FeatureOfInterest),
    },
  };
}
