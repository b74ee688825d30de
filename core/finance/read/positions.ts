// PDF pages: positioned text and ruling lines become lines of text and grids.
import type { Block, SourcePage } from '../source.ts';

export function linesOfPage(page: SourcePage): Block[] {
  void page;
  return [];
}
