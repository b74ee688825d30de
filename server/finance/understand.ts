// Reads and checks the files of one disclosure: opened under limits, understood, masked text kept by page; no database.
import { createHash } from 'node:crypto';
import { checkDisclosure, type CheckReport } from '#core/finance/check/check.ts';
import { packDisclosure, unpackDisclosure } from '#core/finance/packed.ts';
import type { Disclosure, Place } from '#core/finance/model.ts';
import type { RuleSet } from '#core/finance/pack.ts';
import { readDisclosure } from '#core/finance/read/read.ts';
import { streamOf } from '#core/finance/read/stream.ts';
import type { SourceDocument } from '#core/finance/source.ts';
import { FileError, type Opener } from './formats/open.ts';

export interface GivenFile {
  name: string;
  bytes: Uint8Array;
}
export interface PageLine {
  place: Place;
  /** Running text, or null where the source has cells. */
  text: string | null;
  cells: string[] | null;
}
export interface PageText {
  file: number;
  page: number;
  lines: PageLine[];
}
export interface Understood {
  disclosure: Disclosure;
  report: CheckReport;
  pages: PageText[];
  /** The disclosure packed (core/finance/packed.ts). */
  model: string;
  /** Digest of the bytes of all files in order. */
  content: string;
  files: { name: string; sha256: string; size: number }[];
  milliseconds: number;
}

const plain = (text: string): string => text.replaceAll('\u0000', '').toWellFormed();
const sha = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
/** Lines of a text file shown as one page. */
const linesPerPage = 400;

/** The lines of the documents as they were read, contacts masked. Texts without pages get one for every 400 lines. */
export function pagesOf(documents: SourceDocument[]): PageText[] {
  return documents.flatMap((doc, file) => {
    const out = new Map<number, PageLine[]>();
    for (const line of streamOf(doc, file, [], [])) {
      const page = line.place.page ?? Math.floor(((line.place.line ?? 1) - 1) / linesPerPage) + 1;
      const list = out.get(page) ?? [];
      list.push(
        line.tabular && line.cells.length > 1 ? { place: line.place, text: null, cells: line.cells.map(plain) } : { place: line.place, text: plain(line.text), cells: null },
      );
      out.set(page, list);
    }
    return [...out].map(([page, lines]) => ({ file, page, lines }));
  });
}

/** Reads and checks the files of one disclosure. Throws FileError when a file cannot be read. */
export async function understand(opener: Opener, given: GivenFile[], rules: RuleSet): Promise<Understood> {
  const began = performance.now();
  const documents: SourceDocument[] = [];
  const files: Understood['files'] = [];
  for (const f of given) {
    files.push({ name: f.name, sha256: sha(f.bytes), size: f.bytes.length });
    documents.push(...(await opener.bytes(f.bytes, f.name)));
  }
  const pages = documents.flatMap((d) => d.pages);
  if (pages.length > 0 && pages.every((p) => p.scanned)) throw new FileError('scanned', `全部 ${pages.length} 页都没有可读的文字（是扫描图像，或字体没有附字符编码）`);
  // Packed and unpacked: what is checked is exactly what is stored (without NUL and broken characters).
  const model = packDisclosure(readDisclosure(documents));
  const disclosure = unpackDisclosure(model);
  const [report] = checkDisclosure([disclosure], rules);
  return {
    disclosure,
    report: report!,
    pages: pagesOf(documents),
    model,
    content: sha(files.map((f) => f.sha256).join('\n')),
    files,
    milliseconds: Math.round(performance.now() - began),
  };
}
