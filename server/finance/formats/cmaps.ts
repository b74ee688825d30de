// Character maps of Chinese PDF fonts that are not embedded (Adobe-GB1 with GBK-EUC-H, UniGB-UCS2-H …), made from the GB 2312 rows instead of shipped tables.

/** First code, last code, first CID of Adobe-GB1: the rows of GB 2312 that texts use (signs, full-width letters, kana, Greek, 一级 and 二级汉字). */
const rows: [number, number, number][] = [
  [0xa1a1, 0xa1fe, 96],
  [0xa2b1, 0xa2e2, 190],
  [0xa2e5, 0xa2ee, 240],
  [0xa2f1, 0xa2fc, 250],
  [0xa3a1, 0xa3fe, 262],
  [0xa4a1, 0xa4f3, 356],
  [0xa5a1, 0xa5f6, 439],
  [0xa6a1, 0xa6b8, 525],
  [0xa6c1, 0xa6d8, 549],
  ...Array.from({ length: 39 }, (_, r): [number, number, number] => [((0xb0 + r) << 8) + 0xa1, ((0xb0 + r) << 8) + 0xfe, 940 + 94 * r]),
  [0xd7a1, 0xd7f9, 4606],
  ...Array.from({ length: 32 }, (_, r): [number, number, number] => [((0xd8 + r) << 8) + 0xa1, ((0xd8 + r) << 8) + 0xfe, 4695 + 94 * r]),
];
/** Characters of GBK and Unicode beyond GB 2312 get numbers that Adobe-GB1 leaves free: only their text is wanted, no font draws them. */
const spare = 35_000;
const proportional = 1;
const halfWidth = 814;
const halfBlank = 7716;

interface Tables {
  /** GBK code → CID. */
  codes: [first: number, last: number, cid: number][];
  /** Code point → CID, without ASCII. */
  points: Map<number, number>;
}
let made: Tables | null = null;

function tables(): Tables {
  if (made) return made;
  const decoder = new TextDecoder('gbk');
  const points = new Map<number, number>();
  const codes = [...rows];
  const inRow = new Set<number>();
  const charOf = (code: number) => decoder.decode(Uint8Array.of(code >> 8, code & 0xff));
  for (const [first, last, cid] of rows)
    for (let code = first; code <= last; code += 1) {
      inRow.add(code);
      const c = charOf(code);
      if (c.length === 1 && c !== '\ufffd') points.set(c.charCodeAt(0), cid + code - first);
    }
  let next = spare;
  for (let high = 0x81; high <= 0xfe; high += 1)
    for (let low = 0x40; low <= 0xfe; low += 1) {
      const code = (high << 8) + low;
      if (low === 0x7f || inRow.has(code)) continue;
      const c = charOf(code);
      if (c.length !== 1 || c === '\ufffd' || points.has(c.charCodeAt(0))) continue;
      points.set(c.charCodeAt(0), next);
      const run = codes.at(-1)!;
      if (run[2] + run[1] - run[0] + 1 === next && run[1] + 1 === code) run[1] = code;
      else codes.push([code, code, next]);
      next += 1;
    }
  for (let p = 0xa0; p < 0x3400 && next < 65_500; p += 1) if (!points.has(p)) points.set(p, next++);
  made = { codes, points };
  return made;
}

const hex = (n: number, digits = 4): string => n.toString(16).padStart(digits, '0');
const inHundreds = (lines: string[], word: string): string => {
  const out: string[] = [];
  for (let i = 0; i < lines.length; i += 100) {
    const part = lines.slice(i, i + 100);
    out.push(`${part.length} begin${word}`, ...part, `end${word}`);
  }
  return out.join('\n');
};
const wrapped = (name: string, space: string, body: string): string =>
  `/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /${name} def\n${space}\n${body}\nendcmap end end\n`;

/** A map by its name as CMap text, or null for collections other than Adobe-GB1 (the file then reports text without an encoding). */
export function cmapText(name: string): string | null {
  const { codes, points } = tables();
  if (name === 'Adobe-GB1-UCS2') {
    const lines = [...points].map(([p, cid]) => `<${hex(cid)}> <${hex(p)}>`);
    for (let c = 0x20; c < 0x7f; c += 1) lines.push(`<${hex(proportional + c - 0x20)}> <${hex(c)}>`, `<${hex(c === 0x20 ? halfBlank : halfWidth + c - 0x21)}> <${hex(c)}>`);
    return wrapped(name, '1 begincodespacerange <0000> <ffff> endcodespacerange', inHundreds(lines, 'bfchar'));
  }
  if (/^UniGB-(UCS2|UTF16)-[HV]$/.test(name)) {
    const lines = [...points].map(([p, cid]) => `<${hex(p)}> ${cid}`);
    for (let c = 0x20; c < 0x7f; c += 1) lines.push(`<${hex(c)}> ${proportional + c - 0x20}`);
    return wrapped(name, '1 begincodespacerange <0000> <ffff> endcodespacerange', inHundreds(lines, 'cidchar'));
  }
  if (/^GB(K|Kp|pc)?(-EUC|2K)-[HV]$/.test(name)) {
    const lines = codes.map(([first, last, cid]) => `<${hex(first)}> <${hex(last)}> ${cid}`);
    lines.push(...(/^GB(Kp|pc)/.test(name) ? [`<20> <7e> ${proportional}`] : [`<20> <20> ${halfBlank}`, `<21> <7e> ${halfWidth}`]));
    return wrapped(name, '2 begincodespacerange <00> <80> <8140> <fefe> endcodespacerange', inHundreds(lines, 'cidrange'));
  }
  return null;
}

/** What the PDF library asks for data files: character maps only; fonts are never drawn. */
export class CharacterMaps {
  fetch({ kind, filename }: { kind: string; filename: string }): Promise<Uint8Array> {
    const text = kind === 'cMapUrl' ? cmapText(filename) : null;
    return text === null ? Promise.reject(new Error(`no ${filename}`)) : Promise.resolve(new TextEncoder().encode(text));
  }
}

/** Signs that disclosures are written with; texts of fonts without an encoding fall far outside. */
const usual = /[\p{Script=Han}\p{Script=Bopomofo}\u2e80-\u2fdf\u3000-\u303f\u3200-\u33ff\uff00-\uffef\u0020-\u007e\u00a0-\u00ff\u2000-\u22ff\u2460-\u25ff\u2600-\u27bf]/u;
/** Whether most of a page's characters are none that anybody wrote: its fonts carry no encoding. */
export function isGarbled(text: string): boolean {
  let odd = 0;
  let all = 0;
  for (const c of text.slice(0, 5000)) {
    if (c.trim() === '') continue;
    all += 1;
    if (!usual.test(c) || c === '\ufffd' || c === '\uffff') odd += 1;
  }
  return all >= 8 && odd * 3 > all;
}
