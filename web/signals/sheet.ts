// Tables as people bring them – pasted from a spreadsheet, CSV in UTF-8 or GBK, XLSX – as rows of text with a heading.
export interface Sheet {
  heading: string[];
  rows: string[][];
}
/** Rows a page takes at once. */
export const MAX_ROWS = 20_000;

/** Splits text by a delimiter with quotes as RFC 4180 has them; a quote left open ends with the text. */
export function split(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') {
        cell += '"';
        i++;
      } else quoted = false;
    } else if (c === '"' && cell === '') quoted = true;
    else if (c === delimiter) {
      row.push(cell);
      cell = '';
    } else if (c === '\n' || c === '\r') {
      if (c === '\r' && text[i + 1] === '\n') i++;
      row.push(cell);
      rows.push(row);
      row = [];
      cell = '';
    } else cell += c;
  }
  if (cell !== '' || row.length) {
    row.push(cell);
    rows.push(row);
  }
  return rows;
}

/** The delimiter that the first lines have most of, outside quotes: tab (pasted), comma, semicolon. */
export function delimiterOf(text: string): string {
  const head = text.slice(0, 4000).replace(/"[^"]*"/g, '');
  const count = (d: string) => head.split(d).length - 1;
  return ['\t', ',', ';', '，'].reduce((best, d) => (count(d) > count(best) ? d : best), '\t');
}

const tidy = (rows: string[][]): Sheet => {
  const full = rows.map((r) => r.map((c) => c.trim())).filter((r) => r.some((c) => c !== ''));
  const width = Math.max(0, ...full.slice(0, 200).map((r) => r.length));
  const [first = [], ...rest] = full;
  return { heading: Array.from({ length: width }, (_, i) => first[i] ?? ''), rows: rest.map((r) => Array.from({ length: width }, (_, i) => r[i] ?? '')) };
};

/** A sheet from pasted text or a CSV file's text; the first line is the heading. */
export function fromText(text: string): Sheet {
  const plain = text.replace(/^\ufeff/, '');
  return tidy(split(plain, delimiterOf(plain)));
}

/** Text of a CSV file: UTF-8 where it is valid, otherwise GBK as Chinese spreadsheet programs save it. */
export function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('gbk').decode(bytes);
  }
}

/** A sheet from a file: XLSX by its signature, everything else as text. */
export async function fromFile(file: File): Promise<Sheet> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) return fromText(decode(bytes));
  // Only who brings a workbook loads its reader.
  const { read, utils } = await import('@e965/xlsx');
  const book = read(bytes, { sheetRows: MAX_ROWS + 1 });
  const first = book.Sheets[book.SheetNames[0] ?? ''];
  if (!first) return { heading: [], rows: [] };
  return tidy(utils.sheet_to_json<unknown[]>(first, { header: 1, raw: true, defval: '' }).map((r) => r.map((c) => String(c ?? ''))));
}

export interface FieldSpec {
  name: string;
  /** Words in a heading that mean this field, in lower case. */
  words: string[];
}
/** Which column holds which field, guessed by heading: equal words first, then headings that contain one. */
export function guess(heading: readonly string[], fields: readonly FieldSpec[]): Record<string, number> {
  const plain = heading.map((h) => h.toLowerCase().replace(/[\s_*（()）]/g, ''));
  const found: Record<string, number> = {};
  const taken = new Set<number>();
  for (const test of [(h: string, w: string) => h === w, (h: string, w: string) => w.length > 1 && h.includes(w)])
    for (const f of fields) {
      if (f.name in found) continue;
      const i = plain.findIndex((h, n) => !taken.has(n) && f.words.some((w) => test(h, w)));
      if (i >= 0) {
        found[f.name] = i;
        taken.add(i);
      }
    }
  return found;
}

/** CSV that spreadsheet programs open in the right encoding and never as formulas. */
export function toCsv(rows: readonly (readonly (string | number | null | undefined)[])[]): string {
  const cell = (v: string | number | null | undefined): string => {
    const text = v === null || v === undefined ? '' : String(v);
    const safe = /^[=+\-@\t]/.test(text) && !/^-?\d+(\.\d+)?%?$/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `\ufeff${rows.map((r) => r.map(cell).join(',')).join('\r\n')}\r\n`;
}
/** Saves text as a file of the reader's. */
export function save(name: string, text: string, type = 'text/csv;charset=utf-8'): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const a = document.createElement('a');
  a.href = url;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
