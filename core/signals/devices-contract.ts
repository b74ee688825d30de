// HTTP contract of what keeps devices trustworthy: last values, calibration, places on the map, registrations taken back, gaps.
import * as z from 'zod';
import { bigId, instant, route } from '../contract.ts';
import { crsNames } from './place.ts';

const finite = z.number().min(-1e12).max(1e12);
const lonLat = { lon: z.number(), lat: z.number() };
const thingCode = z.string().min(1).max(80);
const day = z.iso.date();

export const calibration = z.object({
  id: bigId,
  at: z.date(),
  gain: z.number(),
  bias: z.number(),
  validUntil: z.string().nullable(),
  certificate: z.string().nullable(),
  note: z.string(),
  by: z.string(),
});
const control = z.strictObject({ x: finite, y: finite, lon: z.number().min(-180).max(180), lat: z.number().min(-90).max(90) });
const fit = z.object({
  /** East and north in metres from `origin`, from grid x and y: e = a·x + b·y + c, n = d·x + e·y + f. */
  coefficients: z.array(z.number()).length(6),
  origin: z.tuple([z.number(), z.number()]),
  /** Metres by control point, in order. */
  residuals: z.array(z.number()),
  rms: z.number(),
});
const frame = z.object({ id: bigId, code: z.string(), version: z.number(), name: z.string(), unit: z.string(), controls: z.array(control), fit, by: z.string(), at: z.date() });
const placed = z.object({
  thing: z.string(),
  name: z.string().nullable(),
  /** As converted. */
  ...lonLat,
  /** Where it stands now. */
  before: z.object(lonLat).nullable(),
  /** Metres between the two. */
  moved: z.number().nullable(),
  /** Outside every area of the thing's unit: probably the wrong coordinate system. */
  outside: z.boolean(),
});

export const devicesApi = {
  latest: route({
    id: 'latestValues',
    method: 'GET',
    path: '/api/streams/latest',
    tag: 'signals',
    access: 'signal.read',
    summary: { zh: '最新读数（一次取全部）', en: 'Latest values' },
    query: z.strictObject({ profile: z.string().max(60).optional(), stream: z.string().max(80).optional(), limit: z.coerce.number().int().min(1).max(20_000).default(10_000) }),
    output: z.object({ items: z.array(z.object({ stream: bigId, thing: z.string(), at: z.date(), value: z.number().nullable() })) }),
  }),
  calibrations: route({
    id: 'listCalibrations',
    method: 'GET',
    path: '/api/streams/:id/calibrations',
    tag: 'things',
    access: 'signal.read',
    summary: { zh: '校准记录', en: 'Calibrations of a stream' },
    params: z.strictObject({ id: bigId }),
    output: z.object({ items: z.array(calibration) }),
  }),
  calibrate: route({
    id: 'calibrateStream',
    method: 'POST',
    path: '/api/streams/:id/calibrations',
    tag: 'things',
    access: 'thing.manage',
    status: 201,
    summary: { zh: '登记校准：此后读数＝原值×gain＋bias', en: 'Calibrate a stream' },
    params: z.strictObject({ id: bigId }),
    body: z.strictObject({
      at: instant,
      gain: finite.refine((v) => v !== 0, { error: '不能为 0' }).default(1),
      bias: finite.default(0),
      validUntil: day.optional(),
      certificate: z.string().max(200).optional(),
      note: z.string().max(500).default(''),
    }),
    output: z.object({ id: bigId }),
  }),
  due: route({
    id: 'calibrationsDue',
    method: 'GET',
    path: '/api/things/calibrations-due',
    tag: 'things',
    access: 'signal.read',
    summary: { zh: '校准到期', en: 'Calibrations that run out' },
    query: z.strictObject({ days: z.coerce.number().int().min(0).max(366).default(30) }),
    output: z.object({ items: z.array(z.object({ stream: bigId, thing: z.string(), name: z.string(), validUntil: z.string(), overdue: z.boolean() })) }),
  }),
  frames: route({
    id: 'listPlaceFrames',
    method: 'GET',
    path: '/api/place-frames',
    tag: 'things',
    access: 'signal.read',
    summary: { zh: '本地坐标框架', en: 'Local grids' },
    output: z.object({ items: z.array(frame) }),
  }),
  addFrame: route({
    id: 'addPlaceFrame',
    method: 'POST',
    path: '/api/place-frames',
    tag: 'things',
    access: 'thing.manage',
    status: 201,
    summary: { zh: '以控制点标定本地坐标（坐标标定）', en: 'Tie a local grid to the map by control points' },
    body: z.strictObject({
      code: z.string().regex(/^[a-z][a-z0-9-]{1,40}$/),
      name: z.string().min(1).max(120),
      unit: z.string().max(300),
      controls: z.array(control).min(3).max(200),
      preview: z.boolean().default(false),
    }),
    output: z.object({ id: bigId.nullable(), version: z.number(), fit }),
  }),
  place: route({
    id: 'placeThings',
    method: 'POST',
    path: '/api/things/placements',
    tag: 'things',
    access: 'thing.manage',
    summary: { zh: '落图与坐标校正（先预览，后写入；全部成功或全不）', en: 'Place things on the map' },
    body: z.strictObject({
      crs: z.enum(crsNames),
      /** Of a local grid: its newest version is used. */
      frame: z.string().max(60).optional(),
      points: z
        .array(z.strictObject({ thing: thingCode, x: finite, y: finite }))
        .min(1)
        .max(5000),
      reason: z.string().min(1).max(300),
      preview: z.boolean().default(false),
    }),
    output: z.object({ items: z.array(placed), written: z.number() }),
    bodyLimit: 4 * 1024 * 1024,
  }),
  placements: route({
    id: 'listPlacements',
    method: 'GET',
    path: '/api/things/:id/placements',
    tag: 'things',
    access: 'signal.read',
    summary: { zh: '落图历史', en: 'Placements of a thing' },
    params: z.strictObject({ id: bigId }),
    output: z.object({
      items: z.array(z.object({ at: z.date(), crs: z.string(), given: z.array(z.number()), ...lonLat, frame: z.string().nullable(), reason: z.string(), by: z.string() })),
    }),
  }),
  registrations: route({
    id: 'listRegistrations',
    method: 'GET',
    path: '/api/things/registrations',
    tag: 'things',
    access: 'thing.manage',
    summary: { zh: '批量登记记录', en: 'Bulk registrations' },
    output: z.object({
      items: z.array(z.object({ id: z.uuid(), at: z.date(), by: z.string(), unit: z.string(), things: z.number(), undoneAt: z.date().nullable(), undoable: z.boolean() })),
    }),
  }),
  undo: route({
    id: 'undoRegistration',
    method: 'POST',
    path: '/api/things/registrations/:id/undo',
    tag: 'things',
    access: 'thing.manage',
    summary: { zh: '撤销一次批量登记（尚未收到数据时）', en: 'Take a registration back' },
    params: z.strictObject({ id: z.uuid() }),
    body: z.strictObject({}),
    output: z.object({ removed: z.number() }),
  }),
  gaps: route({
    id: 'listSequenceGaps',
    method: 'GET',
    path: '/api/signals/gaps',
    tag: 'signals',
    access: 'signal.read',
    summary: { zh: '消息缺口（按设备自报序号）', en: 'Gaps by device sequence' },
    output: z.object({ items: z.array(z.object({ thing: z.string(), first: bigId, last: bigId, missing: bigId, seenAt: z.date() })) }),
  }),
};
