// Readings side by side in typed columns: what decoders fill and the ingest door checks, stores and hands on; no objects per reading.

/** How a value is carried: losslessly. `num` with a text beside it is a number no double can hold (the text is its own notation). */
export const KIND = { number: 0, text: 1, boolean: 2, json: 3, none: 4 } as const;
export type Kind = 0 | 1 | 2 | 3 | 4;

/** Growing columns; row i is (stream[i], at[i], kind[i], num[i] or NaN, texts.get(i), quality[i]). */
export class Columns {
  n = 0;
  /** Dense index of the stream in the registry, not its id. */
  stream: Int32Array;
  /** Milliseconds since 1970, with a fraction where microseconds were given; NaN: no time can be read. */
  at: Float64Array;
  kind: Uint8Array;
  num: Float64Array;
  quality: Uint8Array;
  /** Texts of the few readings that have one. */
  texts = new Map<number, string>();
  /** Times as they were written, where `at` is NaN. */
  oddTimes = new Map<number, unknown>();

  constructor(capacity = 64) {
    this.stream = new Int32Array(capacity);
    this.at = new Float64Array(capacity);
    this.kind = new Uint8Array(capacity);
    this.num = new Float64Array(capacity);
    this.quality = new Uint8Array(capacity);
  }

  /** Makes room for `more` further rows. */
  reserve(more: number): void {
    const need = this.n + more;
    if (need <= this.stream.length) return;
    const size = Math.max(need, this.stream.length * 2);
    const grow = <T extends Int32Array | Float64Array | Uint8Array>(from: T, to: T): T => {
      to.set(from as never);
      return to;
    };
    this.stream = grow(this.stream, new Int32Array(size));
    this.at = grow(this.at, new Float64Array(size));
    this.kind = grow(this.kind, new Uint8Array(size));
    this.num = grow(this.num, new Float64Array(size));
    this.quality = grow(this.quality, new Uint8Array(size));
  }

  push(stream: number, at: number, kind: Kind, num: number, text: string | null, quality: number): void {
    if (this.n === this.stream.length) this.reserve(1);
    const i = this.n++;
    this.stream[i] = stream;
    this.at[i] = at;
    this.kind[i] = kind;
    this.num[i] = num;
    this.quality[i] = quality;
    if (text !== null) this.texts.set(i, text);
  }

  /** Forgets the rows from `n` on: a batch that turned out wrong leaves nothing. */
  cut(n: number): void {
    if (this.texts.size) for (const i of this.texts.keys()) if (i >= n) this.texts.delete(i);
    if (this.oddTimes.size) for (const i of this.oddTimes.keys()) if (i >= n) this.oddTimes.delete(i);
    this.n = n;
  }

  /** Copies row `from` over row `to` (to < from); for taking single rows out. */
  move(from: number, to: number): void {
    this.stream[to] = this.stream[from]!;
    this.at[to] = this.at[from]!;
    this.kind[to] = this.kind[from]!;
    this.num[to] = this.num[from]!;
    this.quality[to] = this.quality[from]!;
    const text = this.texts.get(from);
    if (text !== undefined) {
      this.texts.set(to, text);
      this.texts.delete(from);
    } else this.texts.delete(to);
  }
}
