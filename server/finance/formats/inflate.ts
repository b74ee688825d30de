// Deflate streams of PDF files through zlib in one step, with a limit on what they may unpack to.
import { constants, inflateSync } from 'node:zlib';
import { limits } from './limits.ts';

/** What the streams of the file being read have unpacked to, and whether one of them was a bomb. */
export const unpacked = { bytes: 0, bomb: false };

/**
 * Stands in for the DecompressionStream that the PDF library uses, which starts a stream for each of hundreds of small parts.
 * A part beyond the limits comes out empty and sets `unpacked.bomb`; a damaged one throws, so that the library repairs it itself.
 */
class Inflate {
  readonly writable = {
    getWriter: () => ({ ready: Promise.resolve(), write: (part: Uint8Array) => this.#take(part), close: () => Promise.resolve() }),
  };
  readonly readable = { [Symbol.asyncIterator]: () => this.#give() };
  #out: Uint8Array | null = null;
  #error: unknown = null;
  constructor(format: string) {
    if (format !== 'deflate') throw new TypeError('only deflate');
  }
  #take(part: Uint8Array): Promise<void> {
    try {
      const out = inflateSync(part, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: limits.streamBytes });
      unpacked.bytes += out.length;
      if (unpacked.bytes > limits.streamsBytes) unpacked.bomb = true;
      this.#out = out;
    } catch (error) {
      if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') {
        unpacked.bomb = true;
        this.#out = new Uint8Array(0);
      } else this.#error = error;
    }
    return Promise.resolve();
  }
  async *#give(): AsyncGenerator<Uint8Array> {
    if (this.#error) throw this.#error;
    if (this.#out) yield this.#out;
  }
}

/** Installs it for this thread only (the worker that reads files). */
export function useInflate(): void {
  (globalThis as { DecompressionStream: unknown }).DecompressionStream = Inflate;
}
