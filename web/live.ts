// Live updates in the browser: one SharedWorker holds the event stream for all tabs; facts make the matching queries read again.
import type { QueryClient } from '@tanstack/react-query';
import LiveWorker from './live-worker.ts?sharedworker';

export interface LiveFact {
  kind: string;
  subject: string;
  at: string;
}

/** Subject type → tags of the routes whose answers may have changed. */
const tagsOf: Record<string, string[]> = {
  case: ['cases', 'evaluation', 'targets', 'indicators'],
  warning: ['warnings'],
  indicator: ['indicators', 'targets'],
  record: ['records', 'targets', 'indicators'],
  survey: ['evaluation', 'targets', 'indicators'],
  review: ['reviews'],
  disclosure: ['finance'],
  target: ['targets'],
  'duty-shift': ['duty'],
  'duty-entry': ['duty'],
  'duty-handover': ['duty'],
  'risk-point': ['risk-points'],
  stream: ['things', 'signals'],
  probe: ['probes'],
  thing: ['things', 'signals'],
};

const listeners = new Set<(fact: LiveFact) => void>();
/** Hears every live fact this person may see; gives the way to stop. */
export function onFact(listener: (fact: LiveFact) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Connects once a session exists; falls back to a stream of its own, then to polling. */
export function startLive(queries: QueryClient): () => void {
  const dirty = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    for (const tag of dirty) void queries.invalidateQueries({ queryKey: [tag] });
    dirty.clear();
  };
  const hear = (fact: LiveFact) => {
    for (const l of listeners) l(fact);
    for (const tag of tagsOf[fact.subject.split(':')[0]!] ?? []) dirty.add(tag);
    // A storm of facts is one refresh each 400 ms, not one each.
    timer ??= setTimeout(flush, 400);
  };
  if (typeof SharedWorker !== 'undefined') {
    const worker = new LiveWorker({ name: 'chengshu-live' });
    worker.port.onmessage = (e: MessageEvent<LiveFact>) => hear(e.data);
    worker.port.start();
    const bye = () => worker.port.postMessage('bye');
    addEventListener('pagehide', bye);
    return () => {
      removeEventListener('pagehide', bye);
      bye();
      worker.port.close();
    };
  }
  if (typeof EventSource !== 'undefined') {
    let source: EventSource | undefined;
    const open = () => {
      source ??= new EventSource('/api/live');
      source.addEventListener('fact', (e) => hear(JSON.parse((e as MessageEvent<string>).data) as LiveFact));
    };
    const watch = () => {
      if (document.visibilityState === 'visible') open();
      else {
        source?.close();
        source = undefined;
      }
    };
    watch();
    document.addEventListener('visibilitychange', watch);
    return () => {
      document.removeEventListener('visibilitychange', watch);
      source?.close();
    };
  }
  const poll = setInterval(() => void queries.invalidateQueries(), 15_000);
  return () => clearInterval(poll);
}
