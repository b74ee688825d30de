// PDF files: text with positions and ruling lines of every page; pages that are only pictures are reported as scanned.
import type { Ruling, SourceDocument, SourcePage, TextItem } from '#core/finance/source.ts';
import { CharacterMaps, isGarbled } from './cmaps.ts';
import { unpacked } from './inflate.ts';
import { FileError, limits } from './limits.ts';

type Matrix = [number, number, number, number, number, number];
const times = (a: Matrix, b: Matrix): Matrix => [
  a[0] * b[0] + a[2] * b[1],
  a[1] * b[0] + a[3] * b[1],
  a[0] * b[2] + a[2] * b[3],
  a[1] * b[2] + a[3] * b[3],
  a[0] * b[4] + a[2] * b[5] + a[4],
  a[1] * b[4] + a[3] * b[5] + a[5],
];
const apply = (m: Matrix, x: number, y: number): [number, number] => [m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5]];

interface Operators {
  fnArray: number[];
  argsArray: unknown[];
}

/** Straight horizontal and vertical lines (and thin rectangles) of a page's drawing operators. */
function rulingsOf(list: Operators, ops: Record<string, number>, base: Matrix): { rulings: Ruling[]; images: number } {
  const rulings: Ruling[] = [];
  let images = 0;
  let m: Matrix = base;
  const stack: Matrix[] = [];
  const add = (x1: number, y1: number, x2: number, y2: number) => {
    if (rulings.length >= limits.itemsPerPage) return;
    const dx = Math.abs(x1 - x2);
    const dy = Math.abs(y1 - y2);
    if (dx < 1.5 && dy > 3) rulings.push({ x1: (x1 + x2) / 2, y1: Math.min(y1, y2), x2: (x1 + x2) / 2, y2: Math.max(y1, y2) });
    else if (dy < 1.5 && dx > 3) rulings.push({ x1: Math.min(x1, x2), y1: (y1 + y2) / 2, x2: Math.max(x1, x2), y2: (y1 + y2) / 2 });
  };
  const paintsStroke = new Set([ops.stroke, ops.closeStroke, ops.fillStroke, ops.eoFillStroke, ops.closeFillStroke, ops.closeEOFillStroke]);
  const paintsFill = new Set([ops.fill, ops.eoFill, ops.fillStroke, ops.eoFillStroke, ops.closeFillStroke, ops.closeEOFillStroke]);
  list.fnArray.forEach((fn, i) => {
    const args = list.argsArray[i] as unknown[] | null;
    if (fn === ops.save) {
      if (stack.length < limits.depth) stack.push(m);
    } else if (fn === ops.restore) m = stack.pop() ?? m;
    else if (fn === ops.transform) m = times(m, args as unknown as Matrix);
    else if (fn === ops.paintFormXObjectBegin) {
      stack.push(m);
      if (args?.[0]) m = times(m, args[0] as Matrix);
    } else if (fn === ops.paintFormXObjectEnd) m = stack.pop() ?? m;
    else if (fn === ops.paintImageXObject || fn === ops.paintInlineImageXObject || fn === ops.paintImageMaskXObject) images += 1;
    else if (fn === ops.constructPath && args) {
      const paint = args[0] as number;
      const data = (args[1] as (Float32Array | null)[])?.[0];
      if (!data || (!paintsStroke.has(paint) && !paintsFill.has(paint))) return;
      const subpaths: [number, number][][] = [];
      let path: [number, number][] = [];
      for (let k = 0; k < data.length;) {
        const op = data[k]!;
        if (op === 0) {
          path = [apply(m, data[k + 1]!, data[k + 2]!)];
          subpaths.push(path);
          k += 3;
        } else if (op === 1) {
          path.push(apply(m, data[k + 1]!, data[k + 2]!));
          k += 3;
        } else if (op === 2) {
          path = [apply(m, data[k + 5]!, data[k + 6]!)];
          k += 7;
        } else if (op === 3) {
          path = [apply(m, data[k + 3]!, data[k + 4]!)];
          k += 5;
        } else {
          if (path.length > 1) path.push(path[0]!);
          k += 1;
        }
      }
      for (const p of subpaths) {
        if (p.length < 2) continue;
        const xs = p.map((q) => q[0]);
        const ys = p.map((q) => q[1]);
        const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
        const thin = Math.min(right - left, bottom - top) < 3;
        if (p.length >= 3 && thin) {
          if (right - left > bottom - top) add(left, (top + bottom) / 2, right, (top + bottom) / 2);
          else add((left + right) / 2, top, (left + right) / 2, bottom);
        } else if (paintsStroke.has(paint)) for (let k = 1; k < p.length; k += 1) add(p[k - 1]![0], p[k - 1]![1], p[k]![0], p[k]![1]);
      }
    }
  });
  return { rulings, images };
}

/** A table laid on its side on an upright page: the turn that brings most of its text upright again (identity for every other page). */
function turnOf(texts: Matrix[], width: number, height: number): Matrix {
  let up = 0;
  let down = 0;
  for (const t of texts) {
    if (Math.abs(t[1]) <= Math.abs(t[0])) continue;
    if (t[1] < 0) up += 1;
    else down += 1;
  }
  // Origin top left: text that runs upwards is turned clockwise, text that runs downwards the other way.
  if (up * 2 > texts.length) return [0, 1, -1, 0, height, 0];
  if (down * 2 > texts.length) return [0, -1, 1, 0, 0, width];
  return [1, 0, 0, 1, 0, 0];
}

/** Whether a page sets text at all, though none of it may have come out as characters. */
function showsText(list: Operators, ops: Record<string, number>): boolean {
  let shown = 0;
  list.fnArray.forEach((fn, i) => {
    if (fn === ops.showText || fn === ops.showSpacedText) shown += ((list.argsArray[i] as unknown[] | null)?.[0] as unknown[] | undefined)?.length ?? 0;
  });
  return shown >= 8;
}

/** Reads a PDF. `tick` is called after every page, as a sign of life. */
export async function readPdf(bytes: Uint8Array, file: string, tick: () => void): Promise<SourceDocument> {
  const { getDocumentProxy, getResolvedPDFJS } = await import('unpdf');
  const { OPS } = await getResolvedPDFJS();
  unpacked.bytes = 0;
  unpacked.bomb = false;
  const refuseBomb = () => {
    if (unpacked.bomb) throw new FileError('malicious', 'PDF 内的压缩数据解开后过大，疑似压缩炸弹，已拒绝');
  };
  let pdf: Awaited<ReturnType<typeof getDocumentProxy>>;
  try {
    pdf = await getDocumentProxy(bytes, {
      isEvalSupported: false,
      disableFontFace: true,
      useSystemFonts: false,
      verbosity: 0,
      stopAtErrors: false,
      // Pictures are never decoded: a page that only shows one is told by its operators.
      maxImageSize: 1,
      // Maps of Chinese fonts that are not embedded.
      cMapUrl: 'maps/',
      cMapPacked: false,
      useWorkerFetch: false,
      BinaryDataFactory: CharacterMaps,
    } as Parameters<typeof getDocumentProxy>[1]);
  } catch (error) {
    refuseBomb();
    const name = (error as Error).name;
    if (/Password/.test(name)) throw new FileError('encrypted', 'PDF 有密码，无法读取');
    throw new FileError('damaged', `PDF 已损坏，无法打开（${(error as Error).message.slice(0, 80)}）`);
  }
  tick();
  refuseBomb();
  if (pdf.numPages > limits.pages) throw new FileError('too-large', `PDF 共 ${pdf.numPages} 页，超过 ${limits.pages} 页`);
  const pages: SourcePage[] = [];
  const remarks: NonNullable<SourceDocument['remarks']> = [];
  for (let n = 1; n <= pdf.numPages; n += 1) {
    try {
      const page = await pdf.getPage(n);
      const viewport = page.getViewport({ scale: 1 });
      const base = viewport.transform as Matrix;
      const content = await page.getTextContent({ disableNormalization: false } as Parameters<typeof page.getTextContent>[0]);
      const texts = content.items
        .flatMap((item) => ('str' in item && item.str.trim() !== '' ? [{ item, t: times(base, item.transform as Matrix) }] : []))
        .slice(0, limits.itemsPerPage);
      const turn = turnOf(
        texts.map(({ t }) => t),
        viewport.width,
        viewport.height,
      );
      const upright = times(turn, base);
      const items = texts.map(({ item, t: placed }): TextItem => {
        const t = times(turn, placed);
        return { text: item.str, x: t[4], y: t[5], width: item.width * (viewport.scale || 1), height: Math.hypot(t[2], t[3]) || item.height };
      });
      const list = (await page.getOperatorList()) as unknown as Operators;
      const { rulings, images } = rulingsOf(list, OPS as unknown as Record<string, number>, upright);
      const letters = items.reduce((s, i) => s + i.text.trim().length, 0);
      refuseBomb();
      // Drawn without letters and without lines: a picture of a page.
      const drawn = list.fnArray.includes(OPS.transform) || images > 0;
      if (letters < 8 && drawn && rulings.length < 8) pages.push({ page: n, scanned: true });
      else if (isGarbled(items.map((i) => i.text).join('')) || (items.length === 0 && showsText(list, OPS as unknown as Record<string, number>))) {
        pages.push({ page: n, scanned: true });
        remarks.push({ text: `第 ${n} 页的文字没有可用的字符编码（字体未附编码对照），无法读出`, place: { page: n } });
      } else pages.push({ page: n, items, rulings });
      page.cleanup();
    } catch (error) {
      if (error instanceof FileError) throw error;
      remarks.push({ text: `第 ${n} 页无法读取：${(error as Error).message.slice(0, 80)}`, place: { page: n } });
    }
    tick();
  }
  await pdf.destroy();
  return { file, format: 'pdf', pages, remarks };
}
