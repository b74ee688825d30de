// Plain text files: UTF-8 or, when it is not, GB18030; UTF-16 by its mark.
import { plainText } from '#core/finance/read/plain.ts';
import type { SourceDocument } from '#core/finance/source.ts';
import { FileError, limits } from './limits.ts';

/** Decodes by detection. */
export function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('gb18030').decode(bytes);
  }
}

export function readText(bytes: Uint8Array, file: string): SourceDocument {
  if (bytes.length > limits.textBytes) throw new FileError('too-large', `文本超过 ${limits.textBytes >> 20} MB`);
  const text = decode(bytes);
  let odd = 0;
  const probe = Math.min(text.length, 8192);
  for (let i = 0; i < probe; i += 1) {
    const c = text.charCodeAt(i);
    if (c === 0 || c === 0xfffd || (c < 32 && c !== 9 && c !== 10 && c !== 13 && c !== 12)) odd += 1;
  }
  if (odd > probe / 20) throw new FileError('unsupported', '这不是文本文件');
  // Counted before anything is split: a published disclosure has some thousand short lines.
  let lines = 1;
  let from = 0;
  for (let at = text.indexOf('\n'); ; at = text.indexOf('\n', from)) {
    const end = at < 0 ? text.length : at;
    if (end - from > limits.lineLength) throw new FileError('too-large', `文本中有一行长达 ${end - from} 字，超过 ${limits.lineLength} 字`);
    if (at < 0) break;
    lines += 1;
    from = at + 1;
  }
  if (lines > limits.lines) throw new FileError('too-large', `文本共 ${lines} 行，超过 ${limits.lines} 行`);
  return plainText(text, file);
}
