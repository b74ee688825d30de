// Content-addressed attachments on disk: written aside, fsynced, renamed, folder fsynced – before any row points at them.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { problem } from '#core/problem.ts';
import { uuidv7 } from './ids.ts';

export interface StoredFile {
  sha256: string;
  size: number;
}

const place = (dir: string, sha256: string): string => join(dir, 'files', sha256.slice(0, 2), sha256);

/** Stores a stream's bytes; gives their SHA-256 and size. Refuses more than `limit` bytes and leaves nothing behind. */
export async function putFile(dir: string, bytes: Readable | AsyncIterable<Uint8Array>, limit = 50 * 1024 * 1024): Promise<StoredFile> {
  await mkdir(join(dir, 'files', 'incoming'), { recursive: true });
  const aside = join(dir, 'files', 'incoming', uuidv7());
  const hash = createHash('sha256');
  let size = 0;
  const file = await open(aside, 'wx');
  try {
    for await (const chunk of bytes) {
      size += (chunk as Uint8Array).length;
      if (size > limit) throw problem('too-large', { detail: `附件超过 ${Math.floor(limit / 1048576)} MB` });
      hash.update(chunk as Uint8Array);
      await file.write(chunk as Uint8Array);
    }
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(aside, { force: true });
    throw error;
  }
  await file.close();
  const sha256 = hash.digest('hex');
  const target = place(dir, sha256);
  const folder = join(target, '..');
  await mkdir(folder, { recursive: true });
  await rename(aside, target);
  for (const d of [folder, join(dir, 'files')]) {
    const handle = await open(d, 'r');
    await handle.sync();
    await handle.close();
  }
  return { sha256, size };
}

/** Opens a stored file for reading; 404 when it is not there. */
export async function openFile(dir: string, sha256: string): Promise<{ size: number; stream: Readable }> {
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw problem('not-found');
  const path = place(dir, sha256);
  const info = await stat(path).catch(() => undefined);
  if (!info) throw problem('not-found', { detail: '附件不存在' });
  return { size: info.size, stream: createReadStream(path) };
}
