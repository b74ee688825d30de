// The worker in which all formats but text are parsed, so that a hostile file can be cut off.
import { enableCompileCache } from 'node:module';
import { parentPort } from 'node:worker_threads';
import { useInflate } from './inflate.ts';
import { FileError } from './limits.ts';

enableCompileCache();
useInflate();
const { parseFile } = await import('./parse.ts');
const port = parentPort!;
port.on('message', async ({ id, bytes, name }: { id: number; bytes: Uint8Array; name: string }) => {
  try {
    const documents = await parseFile(bytes, name, () => port.postMessage({ id, tick: true }));
    port.postMessage({ id, documents });
  } catch (error) {
    port.postMessage({
      id,
      error: {
        code: error instanceof FileError ? error.code : 'damaged',
        message: error instanceof FileError ? error.message : `文件无法读取：${(error as Error).message.slice(0, 120)}`,
      },
    });
  }
});
