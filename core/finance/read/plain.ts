// Plain text as a source document: a line with tabs is a row of cells, any other a line of text.
import type { Block, SourceDocument } from '../source.ts';

/** Lines count from 1; form feeds begin a new page. Cells with markup or line breaks keep them as blanks. */
export function plainText(text: string, file: string): SourceDocument {
  const blocks: Block[] = text.split('\n').map((raw, i): Block => {
    const line = raw.replace(/[\r\f]/g, '');
    const place = { line: i + 1 };
    return line.includes('\t') ? { kind: 'cells', cells: line.split('\t'), place } : { kind: 'text', text: line, place };
  });
  return { file, format: 'txt', pages: [{ page: 1, blocks }] };
}
