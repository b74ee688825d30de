// CSV of readings as people bring it: records from text in pieces, times in the forms that occur, columns to readings; every fault says its line.
export interface CsvRecord {
  /** Line of the file on which it begins, from 1. */
  line: number;
  cells: string[];
}
const MAX_CELL = 10_000;
const MAX_COLUMNS = 2000;

/** Splits text that arrives in pieces into records: quotes, quoted line ends, doubled quotes, any of the three line ends. */
export class CsvReader {
  readonly #delimiter: string;
  #cells: string[] = [];
  #cell = '';
  #quoted = false;
  /** After a closing quote, and after a carriage return at the end of a piece. */
  #closed = false;
  #cr = false;
  #line = 1;
  #start = 1;
  #any = false;
  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }
  /** Records that ended in this piece. Throws when a cell or a record grows beyond all measure (a quote never closed). */
  feed(text: string): CsvRecord[] {
    const out: CsvRecord[] = [];
    for (let i = 0; i < text.length; i++) {
      const c = text[i]!;
      if (this.#cr) {
        this.#cr = false;
        if (c === '\n') continue;
      }
      if (this.#quoted) {
        if (c === '"') {
          if (text[i + 1] === '"') {
            this.#cell += '"';
            i++;
          } else if (i + 1 === text.length) {
            // Whether it is doubled shows in the next piece: until then it counts as closing.
            this.#quoted = false;
            this.#closed = true;
          } else {
            this.#quoted = false;
            this.#closed = true;
          }
        } else {
          if (c === '\n') this.#line++;
          this.#cell += c;
          if (this.#cell.length > MAX_CELL) throw new Error(`第 ${this.#start} 行起有一个过长的单元格（引号没有结束？）`);
        }
      } else if (c === '"' && (this.#cell === '' || this.#closed)) {
        // A quote right after a closing one: it was doubled across the pieces.
        if (this.#closed) this.#cell += '"';
        this.#quoted = true;
        this.#closed = false;
        this.#any = true;
      } else if (c === this.#delimiter) {
        this.#push();
      } else if (c === '\n' || c === '\r') {
        this.#cr = c === '\r';
        this.#end(out);
        this.#line++;
        this.#start = this.#line;
      } else {
        this.#cell += c;
        this.#any = true;
        if (this.#cell.length > MAX_CELL) throw new Error(`第 ${this.#start} 行有一个过长的单元格`);
      }
    }
    return out;
  }
  /** The last record when the file does not end with a line end. */
  end(): CsvRecord[] {
    const out: CsvRecord[] = [];
    if (this.#quoted) throw new Error(`第 ${this.#start} 行起的引号没有结束`);
    this.#end(out);
    return out;
  }
  #push(): void {
    this.#cells.push(this.#cell);
    this.#cell = '';
    this.#closed = false;
    this.#any = true;
    if (this.#cells.length > MAX_COLUMNS) throw new Error(`第 ${this.#start} 行超过 ${MAX_COLUMNS} 列`);
  }
  #end(out: CsvRecord[]): void {
    if (this.#any) {
      this.#push();
      out.push({ line: this.#start, cells: this.#cells });
    }
    this.#cells = [];
    this.#cell = '';
    this.#closed = false;
    this.#any = false;
  }
}

/** The delimiter of a first line: the one of comma, semicolon, tab that occurs most outside quotes. */
export function delimiterOf(head: string): string {
  const line = head.split(/[\r\n]/, 1)[0]!.replace(/"[^"]*"/g, '');
  const best = [',', ';', '\t'].map((d) => [d, line.split(d).length] as const).sort((a, b) => b[1] - a[1])[0]!;
  return best[0];
}

export interface CsvMapping {
  /** One column with the whole time, or columns of its parts. */
  time: { column: string } | { year: string; month: string; day: string; hour?: string | undefined; minute?: string | undefined };
  /** Offset of times that say none: `+08:00`. */
  zone: string;
  /** `wide`: a column per stream. `long`: columns with the stream (and the thing) and the value. */
  layout: 'wide' | 'long';
  /** The thing all rows are of; `thingColumn` where each row says its own. */
  thing?: string | undefined;
  thingColumn?: string | undefined;
  /** wide: column → stream code, with a factor where the unit differs. */
  streams?: { column: string; stream: string; factor?: number | undefined }[] | undefined;
  /** long: which column names the stream, which holds the value. */
  streamColumn?: string | undefined;
  valueColumn?: string | undefined;
  /** Texts that mean no reading, besides the empty one. */
  missing: string[];
}
export interface CsvReading {
  /** `thing/stream`. */
  ref: string;
  at: number;
  value: number | string;
}
export interface CsvFault {
  line: number;
  column: string;
  reason: string;
  text: string;
}
export const usualMissing = ['NA', 'N/A', 'NaN', 'null', 'NULL', '-', '--', '—', '无', '缺测'];

const key = (v: string): string => v.trim().toLowerCase();
/** Columns of a header by name, without regard to case; a name that comes twice is its first. */
export function columnsOf(header: string[]): Map<string, number> {
  const map = new Map<string, number>();
  header.forEach((h, i) => {
    if (!map.has(key(h))) map.set(key(h), i);
  });
  return map;
}

/** Columns a mapping names and the header does not have. */
export function lackingColumns(mapping: CsvMapping, header: string[]): string[] {
  const has = columnsOf(header);
  const t = mapping.time;
  const named = [
    ...('column' in t ? [t.column] : [t.year, t.month, t.day, t.hour, t.minute]),
    mapping.thingColumn,
    ...(mapping.layout === 'wide' ? (mapping.streams ?? []).map((s) => s.column) : [mapping.streamColumn, mapping.valueColumn]),
  ];
  return named.filter((n): n is string => n !== undefined && !has.has(key(n)));
}

const parts = (y: number, mo: number, d: number, h: number, mi: number, s: number, zone: number): number => {
  if (!(mo >= 1 && mo <= 12 && d >= 1 && d <= 31 && h <= 24 && mi < 60 && s < 61 && y >= 1900 && y < 2200)) return Number.NaN;
  const day = Date.UTC(y, mo - 1, d);
  if (new Date(day).getUTCDate() !== d) return Number.NaN;
  // 24:00 is the end of the day.
  if (h === 24 && (mi || s)) return Number.NaN;
  return day + (h * 3600 + mi * 60 + s) * 1000 - zone;
};
/** Milliseconds of an offset `+08:00`; NaN when it is none. */
export function zoneMs(zone: string): number {
  const m = /^([+-])(\d{2}):?(\d{2})$/.exec(zone === 'Z' ? '+00:00' : zone);
  return m && Number(m[2]) <= 14 && Number(m[3]) < 60 ? (m[1] === '-' ? -1 : 1) * (Number(m[2]) * 60 + Number(m[3])) * 60_000 : Number.NaN;
}
/**
 * Milliseconds of a written time, NaN when it is none: ISO 8601 with or without offset, `2026/3/2 8:05`, `20260302080500`,
 * `2026年3月2日 8时5分`, seconds or milliseconds since 1970. Without an offset it is of `zone` (milliseconds).
 */
export function timeOf(text: string, zone: number): number {
  const v = text.trim();
  if (/^\d{10}(\.\d+)?$/.test(v)) return Math.round(Number(v) * 1000);
  if (/^\d{13}$/.test(v)) return Number(v);
  const packed = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?$/.exec(v);
  if (packed) return parts(+packed[1]!, +packed[2]!, +packed[3]!, +(packed[4] ?? 0), +(packed[5] ?? 0), +(packed[6] ?? 0), zone);
  const m = /^(\d{4})(?:[-/.]|年)(\d{1,2})(?:[-/.]|月)(\d{1,2})日?(?:[T ]\s*(\d{1,2})(?:[:时点](\d{1,2})?分?)?(?::?(\d{1,2})(?:\.(\d{1,9}))?秒?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i.exec(
    v,
  );
  if (!m) return Number.NaN;
  const offset = m[8] === undefined ? zone : zoneMs(m[8].toUpperCase());
  const at = parts(+m[1]!, +m[2]!, +m[3]!, +(m[4] ?? 0), +(m[5] ?? 0), +(m[6] ?? 0), offset);
  return m[7] === undefined ? at : at + Number(m[7].slice(0, 3).padEnd(3, '0'));
}

/** A number as tables write it: digits with a point, thousands in threes, exponents; undefined when it is none. */
export function numberOf(text: string): number | undefined {
  const v = text.trim();
  if (/^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(v)) return Number(v.replaceAll(',', ''));
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/.test(v)) return undefined;
  const n = Number(v);
  return Number.isFinite(n) ? n : undefined;
}

/** Turns records into readings by a mapping; made once for a file. */
export class CsvMapper {
  readonly #m: CsvMapping;
  readonly #zone: number;
  readonly #at: Map<string, number>;
  readonly #missing: Set<string>;
  readonly #streams: { i: number; column: string; stream: string; factor: number }[];
  constructor(mapping: CsvMapping, header: string[]) {
    this.#m = mapping;
    this.#zone = zoneMs(mapping.zone);
    this.#at = columnsOf(header);
    this.#missing = new Set(mapping.missing.map(key));
    this.#streams = (mapping.streams ?? []).map((s) => ({ i: this.#column(s.column), column: s.column, stream: s.stream, factor: s.factor ?? 1 }));
  }
  #column(name: string): number {
    return this.#at.get(key(name)) ?? -1;
  }
  #cell(record: CsvRecord, name: string | undefined): string {
    return name === undefined ? '' : (record.cells[this.#column(name)] ?? '').trim();
  }
  #time(record: CsvRecord): { at: number; text: string; column: string } {
    const t = this.#m.time;
    if ('column' in t) {
      const text = this.#cell(record, t.column);
      return { at: timeOf(text, this.#zone), text, column: t.column };
    }
    const cells = [t.year, t.month, t.day, t.hour, t.minute].map((c) => (c === undefined ? '0' : this.#cell(record, c)));
    const text = cells.join(' ');
    return { at: cells.every((c) => /^\d{1,4}$/.test(c)) ? parts(+cells[0]!, +cells[1]!, +cells[2]!, +cells[3]!, +cells[4]!, 0, this.#zone) : Number.NaN, text, column: t.year };
  }
  /** The readings of a record, and what of it cannot be read. */
  read(record: CsvRecord): { readings: CsvReading[]; faults: CsvFault[] } {
    const readings: CsvReading[] = [];
    const faults: CsvFault[] = [];
    const say = (column: string, reason: string, text: string) => faults.push({ line: record.line, column, reason, text: text.slice(0, 100) });
    const time = this.#time(record);
    if (!Number.isFinite(time.at)) {
      say(time.column, '时间无法识别', time.text);
      return { readings, faults };
    }
    const thing = this.#m.thingColumn === undefined ? (this.#m.thing ?? '') : this.#cell(record, this.#m.thingColumn);
    const add = (column: string, stream: string, text: string, factor: number) => {
      const v = text.trim();
      if (v === '' || this.#missing.has(key(v))) return;
      const n = numberOf(v);
      if (n === undefined) say(column, '不是数字', v);
      // The factor's own rounding (0.1 × 3) is taken out again.
      else readings.push({ ref: stream.includes('/') ? stream : `${thing}/${stream}`, at: time.at, value: factor === 1 ? n : Number((n * factor).toPrecision(15)) });
    };
    if (this.#m.layout === 'wide') for (const s of this.#streams) add(s.column, s.stream, record.cells[s.i] ?? '', s.factor);
    else {
      const stream = this.#cell(record, this.#m.streamColumn);
      if (!stream) say(this.#m.streamColumn ?? '', '没有写明数据流', '');
      else add(this.#m.valueColumn ?? '', stream, this.#cell(record, this.#m.valueColumn), 1);
    }
    return { readings, faults };
  }
}

const timeNames = ['time', 'timestamp', 'datetime', 'date', '时间', '日期', '监测时间', '采集时间', '数据时间', '观测时间'];
const partNames = { year: ['year', '年'], month: ['month', '月'], day: ['day', '日'], hour: ['hour', '时', '小时'] };
/** What the columns probably mean, given the streams of the thing they are of; to be looked at, not to be trusted. */
export function proposal(header: string[], streams: { code: string; name: string }[], thing?: string): CsvMapping {
  const find = (names: string[]) => header.find((h) => names.includes(key(h)));
  const column = find(timeNames);
  const year = find(partNames.year);
  const month = find(partNames.month);
  const day = find(partNames.day);
  const hour = find(partNames.hour);
  const value = find(['value', '值', '数值', '监测值']);
  const streamColumn = find(['stream', '数据流', '指标', '监测项目', '因子']);
  const thingColumn = find(['thing', 'device', '设备', '设备编码', '站点', '点位']);
  const flat = (v: string) => key(v).replace(/[\s._()（）[\]/-]+/g, '');
  const found = header.flatMap((h) => {
    const s = streams.find((x) => [x.code, x.name].some((n) => flat(n) === flat(h)));
    return s ? [{ column: h, stream: s.code }] : [];
  });
  const long = streamColumn !== undefined && value !== undefined;
  return {
    time: column === undefined && year && month && day ? { year, month, day, ...(hour ? { hour } : {}) } : { column: column ?? header[0] ?? '' },
    zone: '+08:00',
    layout: long ? 'long' : 'wide',
    ...(thing === undefined ? {} : { thing }),
    ...(thingColumn === undefined ? {} : { thingColumn }),
    ...(long ? { streamColumn, valueColumn: value } : { streams: found }),
    missing: usualMissing,
  };
}
