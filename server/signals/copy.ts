// Readings as PostgreSQL's binary COPY format: the rows of `observations` and the note of what a group touched.
import type { Columns } from '#core/signals/columns.ts';

/** One reading as an object: for the slow ways and for tests; the hot path has columns. */
export interface Reading {
  /** 64-bit stream id. */
  stream: string;
  /** Milliseconds since 1970. */
  at: number;
  /** 0 number, 1 text, 2 boolean, 3 JSON text, 4 null. */
  kind: 0 | 1 | 2 | 3 | 4;
  num: number | null;
  txt: string | null;
  quality: number;
}

const EPOCH_2000 = 946_684_800_000;
const HEADER = Buffer.from('5047434f50590aff0d0a000000000000000000', 'hex');
/** The order in which `encodeRows` writes the columns. */
export const COPY_COLUMNS = '(stream, at, kind, quality, batch, num, txt)';
/** A row with a number and no text. */
const ROW = 66;

/** One COPY body of parts of columns; `ids` turns dense indexes into stream ids. */
export function encodeRows(parts: readonly Columns[], ids: Float64Array, batch: number): Buffer {
  let size = HEADER.length + 2;
  for (const c of parts) {
    size += c.n * ROW;
    for (const text of c.texts.values()) size += text.length * 3;
  }
  const b = Buffer.allocUnsafeSlow(size);
  const v = new DataView(b.buffer, b.byteOffset, b.length);
  HEADER.copy(b);
  let p = HEADER.length;
  const batchHigh = Math.floor(batch / 4_294_967_296);
  const batchLow = batch >>> 0;
  for (const c of parts) {
    const texts = c.texts.size ? c.texts : null;
    for (let i = 0; i < c.n; i++) {
      v.setInt16(p, 7);
      v.setInt32(p + 2, 8);
      const id = ids[c.stream[i]!]!;
      v.setInt32(p + 6, Math.floor(id / 4_294_967_296));
      v.setUint32(p + 10, id >>> 0);
      v.setInt32(p + 14, 8);
      // Microseconds since 2000 as two words; exact in doubles.
      const us = Math.round((c.at[i]! - EPOCH_2000) * 1000);
      const top = Math.floor(us / 4_294_967_296);
      v.setInt32(p + 18, top);
      v.setUint32(p + 22, us - top * 4_294_967_296);
      v.setInt32(p + 26, 2);
      const kind = c.kind[i]!;
      v.setInt16(p + 30, kind);
      v.setInt32(p + 32, 2);
      v.setInt16(p + 36, c.quality[i]!);
      v.setInt32(p + 38, 8);
      v.setInt32(p + 42, batchHigh);
      v.setUint32(p + 46, batchLow);
      p += 50;
      if (kind === 0 || kind === 2) {
        v.setInt32(p, 8);
        v.setFloat64(p + 4, c.num[i]!);
        p += 12;
      } else {
        v.setInt32(p, -1);
        p += 4;
      }
      const text = texts?.get(i);
      if (text === undefined) v.setInt32(p, -1);
      else {
        const n = b.write(text, p + 4);
        v.setInt32(p, n);
        p += n;
      }
      p += 4;
    }
  }
  v.setInt16(p, -1);
  return b.subarray(0, p + 2);
}

/** One COPY body for `ingest_batches (id, readings, streams, hours)`: streams[i] was touched in the hour hours[i]. */
export function encodeNote(batch: number, readings: number, streams: readonly number[], hours: readonly number[]): Buffer {
  const n = streams.length;
  const b = Buffer.allocUnsafe(HEADER.length + 2 + 12 + 8 + 2 * (4 + 20 + n * 12) + 2);
  HEADER.copy(b);
  let p = b.writeInt16BE(4, HEADER.length);
  const int64 = (value: number) => {
    p = b.writeInt32BE(8, p);
    const top = Math.floor(value / 4_294_967_296);
    p = b.writeInt32BE(top, p);
    p = b.writeUInt32BE(value - top * 4_294_967_296, p);
  };
  int64(batch);
  p = b.writeInt32BE(4, p);
  p = b.writeInt32BE(readings, p);
  const array = (type: number, value: (i: number) => number) => {
    p = b.writeInt32BE(20 + n * 12, p);
    p = b.writeInt32BE(1, p);
    p = b.writeInt32BE(0, p);
    p = b.writeInt32BE(type, p);
    p = b.writeInt32BE(n, p);
    p = b.writeInt32BE(1, p);
    for (let i = 0; i < n; i++) int64(value(i));
  };
  array(20, (i) => streams[i]!);
  array(1184, (i) => (hours[i]! - EPOCH_2000) * 1000);
  p = b.writeInt16BE(-1, p);
  return b.subarray(0, p);
}
