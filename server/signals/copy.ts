// Readings as PostgreSQL's binary COPY format: what the driver sends unchanged.

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

/** One COPY body for `observations (stream, at, kind, num, txt, quality, batch)`. */
export function encode(rows: readonly Reading[], batch: bigint): Buffer {
  let size = HEADER.length + 2;
  for (const r of rows) size += 2 + 12 + 12 + 6 + (r.num === null ? 4 : 12) + (r.txt === null ? 4 : 4 + Buffer.byteLength(r.txt)) + 6 + 12;
  const b = Buffer.allocUnsafe(size);
  HEADER.copy(b);
  let p = HEADER.length;
  const high = Number(batch >> 32n);
  const low = Number(batch & 0xffffffffn);
  for (const r of rows) {
    p = b.writeInt16BE(7, p);
    p = b.writeInt32BE(8, p);
    const id = Number(r.stream);
    if (id <= 0xffffffff) {
      p = b.writeInt32BE(0, p);
      p = b.writeUInt32BE(id, p);
    } else p = b.writeBigInt64BE(BigInt(r.stream), p);
    p = b.writeInt32BE(8, p);
    // Microseconds since 2000 as two words; exact up to the year 2255 in doubles.
    const us = (r.at - EPOCH_2000) * 1000;
    const top = Math.floor(us / 4_294_967_296);
    p = b.writeInt32BE(top, p);
    p = b.writeUInt32BE(us - top * 4_294_967_296, p);
    p = b.writeInt32BE(2, p);
    p = b.writeInt16BE(r.kind, p);
    if (r.num === null) p = b.writeInt32BE(-1, p);
    else {
      p = b.writeInt32BE(8, p);
      p = b.writeDoubleBE(r.num, p);
    }
    if (r.txt === null) p = b.writeInt32BE(-1, p);
    else {
      const n = b.write(r.txt, p + 4);
      b.writeInt32BE(n, p);
      p += 4 + n;
    }
    p = b.writeInt32BE(2, p);
    p = b.writeInt16BE(r.quality, p);
    p = b.writeInt32BE(8, p);
    p = b.writeInt32BE(high, p);
    p = b.writeUInt32BE(low, p);
  }
  b.writeInt16BE(-1, p);
  return b.subarray(0, p + 2);
}
