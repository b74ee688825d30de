// The process in which uploads are read: its memory and time are its own, so that a hostile file never costs the centre more than a refusal.
import type { RuleSet } from '#core/finance/pack.ts';
import { FileError, Opener } from './formats/open.ts';
import { kindOf } from './formats/parse.ts';
import { understand } from './understand.ts';

interface Asked {
  id: number;
  files: { name: string; bytes: Uint8Array }[];
  rules?: RuleSet;
  /** Only the cells of a table (amounts by month). */
  rows?: boolean;
}
const opener = new Opener();

/** Rows of the first sheet or table of a file that has one. */
async function rowsOf(file: { name: string; bytes: Uint8Array }): Promise<string[][]> {
  if (kindOf(file.bytes, file.name) === 'txt') return [];
  const documents = await opener.bytes(file.bytes, file.name);
  for (const page of documents.flatMap((d) => d.pages))
    for (const b of page.blocks ?? [])
      if (b.kind === 'grid') {
        const rows = Array.from({ length: b.rows }, () => new Array<string>(b.columns).fill(''));
        for (const c of b.cells) if (rows[c.row]) rows[c.row]![c.column] = c.text;
        return rows;
      }
  return [];
}

process.on('message', async (asked: Asked) => {
  try {
    const result = asked.rows ? await rowsOf(asked.files[0]!) : await understand(opener, asked.files, asked.rules ?? []);
    process.send!({ id: asked.id, result });
  } catch (error) {
    const known = error instanceof FileError;
    process.send!({ id: asked.id, error: { code: known ? error.code : 'damaged', message: known ? error.message : `文件无法读取：${(error as Error).message.slice(0, 200)}` } });
  }
});
process.on('disconnect', () => process.exit(0));
