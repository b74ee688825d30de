// Characters and figures: half and full width, blanks, thousands separators, Chinese numerals, Excel errors.

/** Radical signs that PDF fonts put in place of characters, beyond those NFKC knows. */
const radicals: Record<string, string> = Object.fromEntries(
  [
    ...'⼾户⻔门⻓长⻅见⻋车⻉贝⻚页⻛风⻜飞⻢马⻥鱼⻦鸟⻬齐⻰龙⻘青⻝食⻄西⻁虎⻆角⻨麦⻩黄⻮齿⻣骨⻤鬼⺠民⺟母⻐钅⻙韦⻳龟⻲龟⺓幺⺒巳⺗心⺮竹⻌辶⻎辶⻏阝⻖阝⻗雨⺌小⺍小⻊足⻪黾⻧卤⻱龟⺘手⺡水⺼肉⻀艹',
  ].flatMap((c, i, all) => (i % 2 === 0 ? [[c, all[i + 1]!]] : [])),
);
/** Characters instead of radical signs (⽀ → 支, ⻔ → 门); other texts are returned as they are. */
export const characters = (text: string): string => (/[\u2e80-\u2fdf]/.test(text) ? text.replace(/[\u2e80-\u2fdf]/g, (c) => radicals[c] ?? c.normalize('NFKC')) : text);

/** NFKC (full width to half width) without any blank; the form in which words are compared. */
export const norm = (text: string): string => text.normalize('NFKC').replace(/[\s\u200b\ufeff]/g, '');

/** Trimmed, with runs of blanks made one; the form in which words are shown. */
export const tidy = (text: string): string =>
  characters(text)
    .replace(/[\u200b\ufeff\r]/g, '')
    .replace(/[\s\u3000]+/g, ' ')
    .trim();

const isHan = (c: string | undefined) => c !== undefined && /[\p{Script=Han}，。、；：？！“”‘’（）《》〔〕【】％＝]/u.test(c);

/** Joins two pieces of a wrapped text: no blank between Chinese characters, one between two Latin words. */
export function glue(a: string, b: string): string {
  if (!a) return b;
  if (!b) return a;
  return isHan(a.at(-1)) || isHan(b[0]) || !/\w/.test(a.at(-1)!) || !/\w/.test(b[0]!) ? a + b : `${a} ${b}`;
}

/** Joins two words that stood on one line with a blank between them: the blank stays beside letters and digits. */
export const joinWords = (a: string, b: string): string => (a !== '' && b !== '' && (/[!-~]/.test(a.at(-1)!) || /[!-~]/.test(b[0]!)) ? `${a} ${b}` : glue(a, b));

export interface Figure {
  /** Decimal string without separators, or null when the text is blank or no figure. */
  value: string | null;
  percent: boolean;
  blank: boolean;
  /** #DIV/0! and the like. */
  error: boolean;
}

const errors = /^#(DIV\/0!|REF!|N\/A|NAME\?|VALUE!|NUM!|NULL!|#+)$/i;

/**
 * Reads one cell as a figure: `1,587.88`, `１２`, `（3.5）` and `△3` negative, `-7%`; `-`, `—`, `/` count as blank.
 * Text longer than 40 characters is never a figure.
 */
export function figure(text: string): Figure {
  const none = { value: null, percent: false, blank: false, error: false };
  if (text.length > 60) return none;
  let t = norm(text);
  if (t === '' || /^[-—–－/／]+$/.test(t)) return { ...none, blank: true };
  if (errors.test(t)) return { ...none, error: true };
  if (t.length > 40) return none;
  let negative = false;
  const percent = t.endsWith('%');
  if (percent) t = t.slice(0, -1);
  if (/^\(.*\)$/.test(t)) {
    negative = true;
    t = t.slice(1, -1);
  }
  if (/^[-−△▲–]/.test(t)) {
    negative = !negative;
    t = t.slice(1);
  } else if (t.startsWith('+')) t = t.slice(1);
  if (!/^\d[\d,，]*(\.\d*)?$/.test(t) && !/^\.\d+$/.test(t)) return none;
  t = t.replace(/[,，]/g, '').replace(/\.$/, '');
  if (t.startsWith('.')) t = `0${t}`;
  const m = /^0*(\d.*)$/.exec(t)!;
  t = m[1]!;
  return { ...none, percent, value: (negative && /[1-9]/.test(t) ? '-' : '') + t };
}

/** True when the text is one figure. */
export const isFigure = (text: string): boolean => figure(text).value !== null;

/** Decimal string to a scaled integer (6 decimals), the arithmetic of the reader. */
export function scaled(value: string): bigint {
  const m = /^(-?)(\d+)(?:\.(\d*))?$/.exec(value);
  if (!m) return 0n;
  const n = BigInt(m[2]! + (m[3] ?? '').slice(0, 6).padEnd(6, '0'));
  return m[1] ? -n : n;
}

const digits = '零一二三四五六七八九';
/** '十二' → 12, '12' → 12; null for others. Up to 99. */
export function ordinal(text: string): number | null {
  const t = norm(text);
  if (/^\d{1,3}$/.test(t)) return Number(t);
  const m = /^([一二三四五六七八九])?(十)?([一二三四五六七八九])?$/.exec(t);
  if (!m || !t) return null;
  if (!m[2]) return m[3] && m[1] ? null : digits.indexOf(m[1] ?? m[3]!);
  return (m[1] ? digits.indexOf(m[1]) : 1) * 10 + (m[3] ? digits.indexOf(m[3]) : 0);
}

/** 12 → 十二. */
export function chineseNumeral(n: number): string {
  if (n < 10) return digits[n]!;
  return `${n >= 20 ? digits[Math.floor(n / 10)] : ''}十${n % 10 ? digits[n % 10] : ''}`;
}

/** The year named in a text, e.g. '2025年度' or '2025 年'; null when none. */
export function yearIn(text: string): number | null {
  const m = /(?<!\d)(20[0-4]\d)年/.exec(norm(text.slice(0, 400)));
  return m ? Number(m[1]) : null;
}
