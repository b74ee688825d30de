// Expressions in packs: CEL (a maintained library), with numbers that mix freely and a few pure helpers; no clock, no I/O.
import { Environment } from '@marcbachmann/cel-js';

export interface Compiled {
  /** Evaluates over plain values; throws when the values do not fit. */
  evaluate(vars: Record<string, unknown>): unknown;
  /** Free names it reads. */
  names: string[];
}
export interface ExpressionError {
  message: string;
  /** Character offset in the text, where known. */
  offset: number;
}

const base = new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false, limits: { maxAstNodes: 2000, maxDepth: 60 } })
  .registerFunction('round(double, int): double', (x: number, digits: bigint) => {
    const f = 10 ** Number(digits);
    return Math.round((x + Number.EPSILON * Math.sign(x)) * f) / f;
  })
  .registerFunction('abs(double): double', (x: number) => Math.abs(x))
  .registerFunction('least(double, double): double', (a: number, b: number) => Math.min(a, b))
  .registerFunction('greatest(double, double): double', (a: number, b: number) => Math.max(a, b));
for (const [op, f] of [
  ['+', (a: number, b: number) => a + b],
  ['-', (a: number, b: number) => a - b],
  ['*', (a: number, b: number) => a * b],
  ['/', (a: number, b: number) => a / b],
] as const) {
  base.registerOperator(`double ${op} int`, (a: number, b: bigint) => f(a, Number(b)));
  base.registerOperator(`int ${op} double`, (a: bigint, b: number) => f(Number(a), b));
}

type Node = { op?: string; args?: unknown };
function collect(node: unknown, bound: ReadonlySet<string>, names: Set<string>): void {
  if (Array.isArray(node)) {
    for (const n of node) collect(n, bound, names);
    return;
  }
  if (!node || typeof node !== 'object') return;
  const { op, args } = node as Node;
  if (op === 'id' && typeof args === 'string' && !bound.has(args)) names.add(args);
  collect(args, bound, names);
}

/** Compiles an expression, or says where it is wrong. */
export function compile(text: string): Compiled | { error: ExpressionError } {
  try {
    const parsed = base.parse(text) as unknown as ((vars: Record<string, unknown>) => unknown) & { ast: unknown };
    const names = new Set<string>();
    collect(parsed.ast, new Set(), names);
    return { names: [...names], evaluate: (vars) => plain(parsed(vars)) };
  } catch (error) {
    const e = error as { message: string; node?: { pos?: number }; pos?: number };
    return { error: { message: e.message.split('\n')[0]!, offset: e.node?.pos ?? e.pos ?? 0 } };
  }
}

/** Integers come out of CEL as bigint; the rest of the hub wants numbers. */
const plain = (v: unknown): unknown => (typeof v === 'bigint' ? Number(v) : v);

/** Compiles or throws: for texts that a pack check has already accepted. */
export function mustCompile(text: string): Compiled {
  const c = compile(text);
  if ('error' in c) throw new Error(`${c.error.message}: ${text}`);
  return c;
}
