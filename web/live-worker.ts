// The shared worker that holds the one event stream of a browser (six connections an origin over HTTP/1.1).
const ports = new Set<MessagePort>();
let source: EventSource | undefined;

function open(): void {
  if (source && source.readyState !== EventSource.CLOSED) return;
  source = new EventSource('/api/live');
  source.addEventListener('fact', (e) => {
    const fact: unknown = JSON.parse((e as MessageEvent<string>).data);
    for (const p of ports) p.postMessage(fact);
  });
  source.addEventListener('error', () => {
    // Closed for good (signed out, say): try again while somebody listens.
    if (source?.readyState === EventSource.CLOSED && ports.size) setTimeout(open, 5000);
  });
}

(globalThis as unknown as { onconnect: (e: MessageEvent) => void }).onconnect = (e) => {
  const port = e.ports[0]!;
  ports.add(port);
  port.onmessage = () => {
    ports.delete(port);
    if (!ports.size) {
      source?.close();
      source = undefined;
    }
  };
  port.start();
  open();
};
