// How a device sends, in lines that run as they stand: HTTP batch, MQTT, CloudEvents, SensorThings.
import { READINGS_TYPE } from '#core/signals/cloud-event.ts';

export interface ExampleFor {
  origin: string;
  host: string;
  login: string;
  secret: string;
  /** A device and one of its streams. */
  thing: string;
  stream: string;
  streamId: string;
}
/** A value inside single quotes of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export function examples(e: ExampleFor): { http: string; mqtt: string; cloudEvents: string; sensorThings: string } {
  const user = quoted(`${e.login}:${e.secret}`);
  const now = '$(date -u +%Y-%m-%dT%H:%M:%SZ)';
  const body = (text: string) => `"${text.replaceAll('"', '\\"')}"`;
  return {
    http: [
      `curl -u ${user} ${e.origin}/api/observations \\`,
      `  -H 'content-type: application/json' \\`,
      `  -d ${body(`[{"stream":"${e.thing}/${e.stream}","time":"${now}","value":0.31}]`)}`,
    ].join('\n'),
    mqtt: [
      `mosquitto_pub -h ${e.host} -p 1883 -q 1 -u ${quoted(e.login)} -P ${quoted(e.secret)} \\`,
      `  -t ${quoted(`v1/things/${e.thing}/readings`)} \\`,
      `  -m ${body(`{"time":"${now}","${e.stream}":0.31}`)}`,
    ].join('\n'),
    cloudEvents: [
      `curl -u ${user} ${e.origin}/api/cloudevents \\`,
      `  -H 'content-type: application/cloudevents+json' \\`,
      `  -d ${body(`{"specversion":"1.0","id":"$(date +%s%N)","source":"/gateway/1","type":"${READINGS_TYPE}","subject":"${e.thing}","time":"${now}","data":{"${e.stream}":0.31}}`)}`,
    ].join('\n'),
    sensorThings: [
      `curl -u ${user} ${e.origin}/sta/v1.1/Observations \\`,
      `  -H 'content-type: application/json' \\`,
      `  -d ${body(`{"phenomenonTime":"${now}","result":0.31,"Datastream":{"@iot.id":${e.streamId}}}`)}`,
    ].join('\n'),
  };
}
