// HTTP of packs: browse what is current, edit as a site overlay.
import { parseAllDocuments, isSeq, isMap, type Node } from 'yaml';
import { packsApi } from '#core/packs/contract.ts';
import { kindNames } from '#core/packs/kinds.ts';
import type { PackFile } from '#core/packs/load.ts';
import { problem } from '#core/problem.ts';
import { serve } from '../platform/http.ts';
import { current, currentFiles, dropOverlay, putOverlay } from './service.ts';

/** Which item of which file: text of just that item. */
function* itemsOf(file: PackFile): Generator<{ code: string; text: string }> {
  for (const doc of parseAllDocuments(file.text)) {
    if (!('contents' in doc)) continue;
    const nodes = isSeq(doc.contents) ? (doc.contents.items as Node[]) : [doc.contents as unknown as Node];
    for (const node of nodes)
      if (isMap(node)) yield { code: String(node.get('code')), text: file.text.slice(node.range![0], node.range![1]).replace(/\n {2}/g, isSeq(doc.contents) ? '\n' : '\n  ') };
  }
}

export const packRoutes = serve(packsApi, {
  async list({ hub }) {
    const { version, importedAt, files } = await currentFiles(hub);
    const { content } = await current(hub);
    const place = new Map<string, string>();
    for (const f of files) for (const i of itemsOf(f)) place.set(`${f.path.split('/')[1]}/${i.code}`, f.path);
    return {
      version,
      importedAt,
      kinds: kindNames.map((kind) => ({
        kind,
        items: [...(content[kind] as Map<string, { code: string; name: { zh: string } }>).values()].map((i) => {
          const file = place.get(`${kind}/${i.code}`) ?? '';
          return { code: i.code, name: i.name.zh, file, local: file.startsWith('site/') };
        }),
      })),
    };
  },
  async item({ hub, params }) {
    const { files } = await currentFiles(hub);
    let found: { file: string; text: string; local: boolean } | undefined;
    for (const f of files)
      if (f.path.split('/')[1] === params.kind) for (const i of itemsOf(f)) if (i.code === params.code) found = { file: f.path, text: i.text, local: f.path.startsWith('site/') };
    if (!found) throw problem('not-found');
    return found;
  },
  async put({ work, params, body }) {
    return putOverlay(work, params.kind, params.code, body.text);
  },
  async drop({ work, params }) {
    return dropOverlay(work, params.kind, params.code);
  },
});
