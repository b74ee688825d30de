// The 64-bit identifier of a reading: made from its stream and its instant, so that no reading needs a column or an index for it.

/**
 * A reading's key is (stream, microsecond). Most fall on whole seconds: then `(stream << 33) | (second << 1)`, below 2^53 for a
 * million streams and so exact in every client. On whole milliseconds: `(stream << 44) | (ms << 2) | 1`. Anything else (sub-millisecond
 * instants, instants before 1970, very many streams) gets a number from a sequence, `(n << 2) | 3`, kept beside the reading.
 * The same formula is the SQL function `observation_id`; a test compares the two.
 */
export function observationId(stream: bigint, at: bigint): bigint | undefined {
  if (at < 0n) return undefined;
  if (at % 1_000_000n === 0n) {
    const second = at / 1_000_000n;
    return second < 4_294_967_296n && stream < 536_870_912n ? (stream << 33n) | (second << 1n) : undefined;
  }
  if (at % 1000n !== 0n) return undefined;
  const ms = at / 1000n;
  return ms < 4_398_046_511_104n && stream < 524_288n ? (stream << 44n) | (ms << 2n) | 1n : undefined;
}

/** The stream and instant in an identifier; undefined for one from the sequence. */
export function keyOfId(id: bigint): { stream: bigint; at: bigint } | undefined {
  if (id < 0n) return undefined;
  if ((id & 1n) === 0n) return { stream: id >> 33n, at: ((id >> 1n) & 0xffff_ffffn) * 1_000_000n };
  if ((id & 3n) === 1n) {
    const at = ((id >> 2n) & 0x3ff_ffff_ffffn) * 1000n;
    // Only the form that `observationId` writes names a reading.
    return at % 1_000_000n === 0n ? undefined : { stream: id >> 44n, at };
  }
  return undefined;
}

const MAX = 9_223_372_036_854_775_807n;
/** An identifier as it may stand in a URL or a body: a 64-bit integer, or its text. Undefined when it can name nothing. */
export function idOf(value: unknown): string | undefined {
  const text =
    typeof value === 'number'
      ? Number.isSafeInteger(value)
        ? String(value)
        : ''
      : typeof value === 'string'
        ? value
        : ((value as { rawJSON?: unknown } | null)?.rawJSON as string);
  if (typeof text !== 'string' || !/^\d{1,19}$/.test(text)) return undefined;
  const n = BigInt(text);
  return n > MAX ? undefined : n.toString();
}
