// Names and levels of classification codes: 类/款/项 of functions, 类/款 of both economic classifications.
import { departmentCodes, governmentCodes } from '../classification/economic.ts';
import { functionalCodes } from '../classification/functional.ts';
import type { PaidFrom } from './input.ts';

/** The name of a code: as given with the figures, else from the dated code lists; null when neither knows it. */
export function nameOf(code: string, given: Readonly<Record<string, string>>): string | null {
  const own = given[code];
  if (own !== undefined) return own;
  const list = code.startsWith('2') ? functionalCodes : code.startsWith('3') ? departmentCodes : governmentCodes;
  return list.get(code)?.name ?? null;
}

/** 201 → 1, 20103 → 2, 2010301 → 3. */
export const levelOf = (code: string): number => (code.length - 1) / 2;

/** The listed codes above one: 2010301 → 201, 20103. */
export const above = (code: string): string[] => [3, 5].filter((n) => n < code.length).map((n) => code.slice(0, n));

/** Words for the sources of money, as columns of tables and in sentences. */
export const sourceNames: Record<PaidFrom, string> = {
  general: '一般公共预算拨款收入',
  fund: '政府性基金预算拨款收入',
  capital: '国有资本经营预算拨款收入',
  'special-account': '财政专户管理资金收入',
  business: '事业收入',
  superior: '上级补助收入',
  subordinate: '附属单位上缴收入',
  operating: '事业单位经营收入',
  other: '其他收入',
};
export const allSources = Object.keys(sourceNames) as PaidFrom[];
/** The three appropriations (财政拨款). */
export const appropriations = ['general', 'fund', 'capital'] as const satisfies PaidFrom[];

/** Economic 款 that hold the 三公 expenses, departmental. */
export const publicItems = {
  abroad: ['30212'],
  reception: ['30217'],
  vehiclePurchase: ['30913', '31013'],
  vehicleRunning: ['30231'],
} as const;
export type PublicPart = keyof typeof publicItems;
export const publicParts = Object.keys(publicItems) as PublicPart[];

/** 人员经费: 301 and 303; all other classes are 公用经费, unless a line says otherwise. */
export const isPersonnel = (line: { code: string; use?: 'personnel' | 'public' | undefined }): boolean => (line.use ? line.use === 'personnel' : /^30[13]/.test(line.code));

/** Governmental 款 that hold the money of 301 and of 302 (机关 501 and 502, 事业单位 50501 and 50502). */
export const governmentGroup = (code: string): '301' | '302' | 'rest' =>
  code.startsWith('501') || code === '50501' ? '301' : code.startsWith('502') || code === '50502' ? '302' : 'rest';
export const departmentGroup = (code: string): '301' | '302' | 'rest' => (code.startsWith('301') ? '301' : code.startsWith('302') ? '302' : 'rest');
