// Opens ZIP containers (archives, DOCX, XLSX) after checking their directory against the limits.
import { unzipSync } from 'fflate';
import { FileError, limits } from './limits.ts';

export const isZip = (b: Uint8Array): boolean => b.length > 3 && b[0] === 0x50 && b[1] === 0x4b && (b[2] === 3 || b[2] === 5) && (b[3] === 4 || b[3] === 6);

/** Names and sizes of the directory; checks sizes, ratios, count, encryption. Throws FileError. */
export function directoryOf(bytes: Uint8Array): { name: string; size: number; packed: number }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = -1;
  for (let i = bytes.length - 22; i >= Math.max(0, bytes.length - 22 - 65_557); i -= 1)
    if (view.getUint32(i, true) === 0x06054b50) {
      end = i;
      break;
    }
  if (end < 0) throw new FileError('damaged', '压缩包已损坏：找不到目录');
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count === 0xffff || at === 0xffffffff) throw new FileError('too-large', '不接受 ZIP64 压缩包');
  if (count > limits.parts) throw new FileError('malicious', `压缩包内文件过多（${count} 个）`);
  const out: { name: string; size: number; packed: number }[] = [];
  let total = 0;
  for (let i = 0; i < count; i += 1) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) throw new FileError('damaged', '压缩包已损坏：目录不完整');
    const flags = view.getUint16(at + 8, true);
    const packed = view.getUint32(at + 20, true);
    const size = view.getUint32(at + 24, true);
    const n = view.getUint16(at + 28, true);
    const raw = bytes.subarray(at + 46, at + 46 + n);
    const name = flags & 0x800 ? new TextDecoder().decode(raw) : decodeName(raw);
    if (flags & 1) throw new FileError('encrypted', '压缩包有密码，无法读取');
    total += size;
    if (size > limits.partBytes) throw new FileError('malicious', `压缩包内的文件过大（解开后 ${Math.round(size / 1048576)} MB）`);
    if (size > 1 << 20 && size > packed * limits.ratio) throw new FileError('malicious', '压缩比异常，疑似压缩炸弹，已拒绝');
    out.push({ name, size, packed });
    at += 46 + n + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  if (total > limits.unpackedBytes) throw new FileError('malicious', `压缩包解开后共 ${Math.round(total / 1048576)} MB，超过上限`);
  return out;
}

function decodeName(raw: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(raw);
  } catch {
    return new TextDecoder('gb18030').decode(raw);
  }
}

/** Unpacks the parts that `want` names. */
export function unpack(bytes: Uint8Array, want: (name: string) => boolean): Map<string, Uint8Array> {
  const list = directoryOf(bytes);
  const out = new Map<string, Uint8Array>();
  let index = 0;
  try {
    const files = unzipSync(bytes, {
      filter: (f) => {
        const entry = list[index];
        index += 1;
        return !f.name.endsWith('/') && entry !== undefined && entry.size === f.originalSize && want(entry.name);
      },
    });
    const byRaw = Object.entries(files);
    const wanted = list.filter((e) => !e.name.endsWith('/') && want(e.name));
    byRaw.forEach(([raw, data], i) => out.set(list.some((e) => e.name === raw) ? raw : (wanted[i]?.name ?? raw), data));
  } catch (error) {
    throw new FileError('damaged', `压缩包已损坏：${(error as Error).message.slice(0, 80)}`);
  }
  return out;
}

/** XML of an Office part as text; refuses declarations of entities. */
export function xmlText(part: Uint8Array): string {
  const text = new TextDecoder().decode(part);
  if (/<!(DOCTYPE|ENTITY)/i.test(text.slice(0, 4096)) || text.includes('<!ENTITY')) throw new FileError('malicious', '文件内的 XML 声明了实体，已拒绝');
  return text;
}
