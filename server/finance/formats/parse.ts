// Chooses the reader of a file by its first bytes (the name only decides between texts).
import type { SourceDocument } from '#core/finance/source.ts';
import { FileError, limits } from './limits.ts';
import { readText } from './text.ts';
import { directoryOf, isZip, unpack } from './zip.ts';

export type Kind = 'pdf' | 'docx' | 'xlsx' | 'xls' | 'html' | 'txt' | 'zip';

const ascii = (b: Uint8Array, n: number) => String.fromCharCode(...b.subarray(0, n));

/** The kind of a file. Throws FileError for what no reader takes. */
export function kindOf(bytes: Uint8Array, name: string): Kind {
  const extension = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  if (bytes.length === 0) throw new FileError('empty', '文件是空的');
  if (ascii(bytes, 1024).includes('%PDF-')) return 'pdf';
  if (isZip(bytes)) {
    const names = directoryOf(bytes).map((e) => e.name);
    if (names.includes('word/document.xml')) return 'docx';
    if (names.some((n) => /^xl\/workbook\.(xml|bin)$/.test(n))) return 'xlsx';
    return 'zip';
  }
  if (bytes[0] === 0xd0 && bytes[1] === 0xcf && bytes[2] === 0x11 && bytes[3] === 0xe0) {
    if (extension === 'doc' || extension === 'wps') throw new FileError('unsupported', '不支持旧版 .doc，请另存为 .docx 或 PDF');
    return 'xls';
  }
  if (ascii(bytes, 4) === 'Rar!' || (bytes[0] === 0x37 && bytes[1] === 0x7a)) throw new FileError('unsupported', '不支持 RAR、7z，请改用 ZIP');
  if (/^\s*(<!doctype html|<html|<head|<body|<table|<meta)/i.test(ascii(bytes, 512).replace(/^\u00ef\u00bb\u00bf/, '')) || extension === 'html' || extension === 'htm')
    return 'html';
  if (['png', 'jpg', 'jpeg', 'gif', 'tif', 'tiff', 'bmp'].includes(extension) || (bytes[0] === 0x89 && bytes[1] === 0x50) || (bytes[0] === 0xff && bytes[1] === 0xd8))
    throw new FileError('scanned', '这是图片，没有可读的文字');
  return 'txt';
}

/** Reads one file into its documents; each reader is loaded when the first file of its kind comes (an archive gives several). Runs inside the worker for all kinds but text. */
export async function parseFile(bytes: Uint8Array, name: string, tick: () => void = () => {}, depth = 0): Promise<SourceDocument[]> {
  const kind = kindOf(bytes, name);
  tick();
  switch (kind) {
    case 'pdf':
      return [await (await import('./pdf.ts')).readPdf(bytes, name, tick)];
    case 'docx':
      return [(await import('./docx.ts')).readDocx(bytes, name)];
    case 'xlsx':
    case 'xls':
      return [await (await import('./sheet.ts')).readSheet(bytes, name)];
    case 'html':
      return [(await import('./html.ts')).readHtml(bytes, name)];
    case 'txt':
      return [readText(bytes, name)];
    case 'zip': {
      if (depth > 0) throw new FileError('malicious', '压缩包里还有压缩包，已拒绝');
      const want = (n: string) => /\.(pdf|docx|xlsx|xls|html?|txt)$/i.test(n) && !/(^|\/)(__MACOSX|\.)/.test(n);
      const files = [...unpack(bytes, want)].toSorted(([a], [b]) => a.localeCompare(b, 'zh'));
      if (files.length === 0) throw new FileError('unsupported', '压缩包里没有可读的文件');
      if (files.length > limits.archiveFiles) throw new FileError('too-large', `压缩包里有 ${files.length} 个文件，超过 ${limits.archiveFiles} 个`);
      const out: SourceDocument[] = [];
      for (const [inner, data] of files) out.push(...(await parseFile(data, inner, tick, depth + 1)));
      return out;
    }
  }
}
