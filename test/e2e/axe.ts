// Accessibility of a page as it stands: labels, contrast, roles (WCAG A and AA); what is wrong is named with its place.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Found {
  violations: { id: string; impact: string; nodes: { html: string }[] }[];
}

/** Serious and critical findings, one line each; empty is good. */
export async function axe(page: Page, leave: readonly string[] = []): Promise<string[]> {
  // Through the debugger: the page's own security policy stays in force for the page.
  await page.evaluate(source);
  const found = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(d: unknown, o: unknown): Promise<Found> } }).axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'] }),
  );
  return found.violations
    .filter((v) => ['serious', 'critical'].includes(v.impact) && !leave.includes(v.id))
    .map((v) => `${v.id} ×${v.nodes.length}: ${v.nodes[0]!.html.slice(0, 160)}`);
}
