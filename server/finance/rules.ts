// The checking rules as shipped: every YAML file of the pack finance-rules, for commands that need no database.
import { readdir, readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { financeRulePack, type RuleSet } from '#core/finance/pack.ts';

const folder = new URL('../../packs/finance-rules/finance-rules/', import.meta.url);

/** Reads and validates the rules; a file may hold one rule, a list, or several YAML documents. */
export async function shippedRules(): Promise<RuleSet> {
  let names: string[];
  try {
    names = (await readdir(folder)).filter((n) => /\.ya?ml$/.test(n)).toSorted();
  } catch {
    return [];
  }
  const rules: RuleSet[number][] = [];
  for (const name of names) {
    for (const document of parseAllDocuments(await readFile(new URL(name, folder), 'utf8'))) {
      const value: unknown = document.toJS();
      for (const item of Array.isArray(value) ? value : value === null ? [] : [value]) {
        const parsed = financeRulePack.safeParse(item);
        if (!parsed.success) throw new Error(`packs/finance-rules/finance-rules/${name}: ${parsed.error.issues.map((i) => `${i.path.join('.')} ${i.message}`).join('; ')}`);
        rules.push(parsed.data);
      }
    }
  }
  return rules;
}
