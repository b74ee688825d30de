// Writes the files of a disclosure from one input: every format from the same document object.
import { strToU8, zipSync } from 'fflate';
import { documentOf, type OutDocument } from '#core/finance/produce/document.ts';
import { htmlOf } from '#core/finance/produce/html.ts';
import type { ProduceInput } from '#core/finance/produce/input.ts';
import { jsonOf } from '#core/finance/produce/json.ts';
import { packageOf } from '#core/finance/produce/package.ts';
import { docxOf } from './docx.ts';
import { pdfOf } from './pdf.ts';
import { xlsxOf } from './xlsx.ts';

export { ProduceError } from '#core/finance/produce/document.ts';
export { NoPrinter } from './pdf.ts';

/** csv is a ZIP of CSV files with their datapackage.json. */
export const produceFormats = ['xlsx', 'docx', 'html', 'pdf', 'csv', 'json'] as const;
export type ProduceFormat = (typeof produceFormats)[number];

export interface ProducedFile {
  format: ProduceFormat;
  /** A file name without a path: unit, year, what. */
  name: string;
  mediaType: string;
  bytes: Uint8Array;
}
export interface Produced {
  document: OutDocument;
  files: ProducedFile[];
}

const mediaTypes: Record<ProduceFormat, string> = {
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  html: 'text/html; charset=utf-8',
  pdf: 'application/pdf',
  csv: 'application/zip',
  json: 'application/json',
};

async function bytesOf(d: OutDocument, format: ProduceFormat, chromium: string | undefined): Promise<Uint8Array> {
  switch (format) {
    case 'xlsx':
      return xlsxOf(d);
    case 'docx':
      return docxOf(d);
    case 'html':
      return strToU8(htmlOf(d));
    case 'pdf':
      return pdfOf(htmlOf(d), chromium ? { chromium } : {});
    case 'csv':
      return zipSync(Object.fromEntries(packageOf(d).map((x) => [x.path, strToU8(x.text)])), { mtime: '1980-01-01T00:00:00' });
    case 'json':
      return strToU8(jsonOf(d));
  }
}

const safe = (name: string): string => name.replace(/[\\/:*?"<>|\s]/g, '').slice(0, 80);

/**
 * The disclosure of an input as files. Throws ProduceError when the figures do not meet, NoPrinter when a PDF was asked for and
 * there is no Chromium. `draft` marks missing reasons in the text; `chromium` is the browser that prints (else the first on PATH).
 */
export async function produce(input: ProduceInput, options: { formats: readonly ProduceFormat[]; draft?: boolean; chromium?: string }): Promise<Produced> {
  const document = documentOf(input, options.draft === undefined ? {} : { draft: options.draft });
  const base = safe(`${document.unit}${document.year}年${document.kind === 'budget' ? '预算' : '决算'}公开`);
  const files: ProducedFile[] = [];
  for (const format of new Set(options.formats))
    files.push({
      format,
      name: `${base}${format === 'csv' ? '-数据包.zip' : `.${format}`}`,
      mediaType: mediaTypes[format],
      bytes: await bytesOf(document, format, options.chromium),
    });
  return { document, files };
}
