// Open311 as values: pairs, reports with every fault named, masking, XML that always parses.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { masked, readPairs, readReport, serviceDefinition, xmlOf } from './open311.ts';
import { matterPack } from './pack.ts';
import { publicServicesPack } from './public-services.ts';

const t = (zh: string) => ({ zh, en: zh });
const matter = matterPack.parse({
  code: 'lamp',
  name: t('路灯'),
  sector: 'facilities',
  track: t('照明'),
  kind: 'component',
  flow: 'incident',
  unit: 'urban',
  sourceRef: 'test',
  effectiveFrom: '2026-01-01',
  conditions: [{ code: 'out', name: t('不亮'), level: 4, closing: t('修复'), limits: [{ name: t('修复'), clock: 'work_day', amount: 2 }] }],
});
const offer = publicServicesPack.parse({
  code: 'd',
  name: t('d'),
  contact: '中心',
  keyService: '中心',
  changeset: '2026-01-01T00:00:00+08:00',
  flow: 'incident',
  services: [
    {
      matter: 'lamp',
      description: t('路灯'),
      form: [
        { name: 'pole', label: t('灯杆'), type: 'text', required: true, maxLength: 5 },
        { name: 'height', label: t('高'), type: 'number', min: 0, max: 50 },
        { name: 'since', label: t('何时'), type: 'date' },
        {
          name: 'colours',
          label: t('颜色'),
          type: 'choices',
          options: [
            { value: 'a', label: t('a') },
            { value: 'b', label: t('b') },
          ],
        },
      ],
    },
  ],
});
const service = offer.services[0]!;
const read = (pairs: [string, string][]) => {
  const p = readPairs(pairs);
  const r = readReport(p, service, matter);
  return { ...r, errors: [...p.errors, ...r.errors] };
};

test('O311-04 empty parameters are absent; attributes come single and as lists', () => {
  const { report, errors } = read([
    ['lat', '29.4'],
    ['long', '106.3'],
    ['email', ''],
    ['attribute[pole]', 'A1'],
    ['attribute[height]', '8.5'],
    ['attribute[since]', '2026-03-01T23:00:00Z'],
    ['attribute[colours][]', 'a'],
    ['attribute[colours][]', 'b'],
    ['attribute[condition]', 'out'],
    ['vendor_extension', 'x'],
  ]);
  assert.deepEqual(errors, []);
  assert.deepEqual(report.attributes, { pole: 'A1', height: 8.5, since: '2026-03-02', colours: ['a', 'b'], condition: 'out' });
});
test('O311-03 every fault is named at once', () => {
  const { errors } = read([
    ['lat', '29.4'],
    ['phone', 'call me'],
    ['email', 'nowhere'],
    ['media_url', 'javascript:alert(1)'],
    ['attribute[nope]', '1'],
    ['attribute[height]', '1e400'],
  ]);
  const all = errors.map((e) => e.description).join('\n');
  for (const word of ['lat 与 long', 'phone', 'email', 'media_url', 'nope', 'height']) assert.match(all, new RegExp(word));
  assert.match(read([['address_string', 'x']]).errors[0]!.description, /pole.*必填/);
});
test('O311-05 definitions give codes as text, orders unique, lists with keys', () => {
  const d = serviceDefinition(service, matter);
  assert.deepEqual(
    d.attributes.map((a) => [a.code, a.datatype, a.required]),
    [
      ['condition', 'singlevaluelist', false],
      ['pole', 'string', true],
      ['height', 'number', false],
      ['since', 'datetime', false],
      ['colours', 'multivaluelist', false],
    ],
  );
  assert.equal(new Set(d.attributes.map((a) => a.order)).size, d.attributes.length);
});
test('O311-07 numbers, addresses of mail and plates of a reporter are masked', () => {
  const shown = masked('请打 138 0000 1234 或写信 a.b@example.com，车牌渝A·12345，身份证 50010119900101123X，水深 35 厘米，12 号楼');
  for (const secret of ['0000', '1234', 'example', '12345', '19900101']) assert.ok(!shown.includes(secret), `${secret} in ${shown}`);
  assert.match(shown, /水深 35 厘米，12 号楼/);
});
test('F-29 any text becomes well-formed XML and pairs never throw', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ unit: 'binary', maxLength: 30 }), fc.string({ unit: 'binary', maxLength: 60 })), { maxLength: 12 }), (pairs) => {
      read([...pairs, ['attribute[pole]', 'x'], ['description', pairs[0]?.[1] ?? '']]);
      const parser = new SaxesParser();
      parser.on('error', (e) => {
        throw e;
      });
      parser.write(xmlOf('service_requests', [{ description: pairs.map((p) => p[1]).join(''), status: null }])).close();
    }),
    { numRuns: 300 },
  );
});
