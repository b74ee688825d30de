// Readings over HTTP: JSON array or NDJSON, gzip welcome; answered after the commit.
import type { FastifyInstance } from 'fastify';
import { problem } from '#core/problem.ts';
import type { Signals } from '../service.ts';
import { bytesOf, senderOf } from './sender.ts';

const MAX_BYTES = 8 * 1024 * 1024;

/** `POST /api/observations`: a signed-in account, a key, or a device by Basic credentials. */
export async function httpWayIn(app: FastifyInstance, signals: Signals): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(['application/json', 'application/x-ndjson', 'application/octet-stream'], { bodyLimit: MAX_BYTES }, (_request, payload, done) =>
      done(null, payload),
    );
    scope.post('/api/observations', async (request, reply) => {
      const who = await senderOf(signals.hub, request);
      if (!request.body) throw problem('bad-request', { detail: '没有内容' });
      const type = String(request.headers['content-type'] ?? '')
        .split(';')[0]!
        .trim()
        .toLowerCase();
      const bytes = await bytesOf(request, MAX_BYTES);
      const partial = (request.query as { partial?: string }).partial === 'true';
      const result = await signals.takeBytes(bytes, type === 'application/x-ndjson' ? 'lines' : 'json', { scope: who.scope, source: `http:${who.name}`, partial });
      return reply.code(200).send(result);
    });
  });
}
