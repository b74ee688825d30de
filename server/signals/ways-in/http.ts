// Readings over HTTP: JSON array or NDJSON, gzip welcome; answered after the commit.
import { createGunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { problem } from '#core/problem.ts';
import { type Signals, checkCredential, writeScope } from '../service.ts';

const MAX_BYTES = 8 * 1024 * 1024;

async function body(request: FastifyRequest, stream: Readable): Promise<Buffer> {
  const coding = request.headers['content-encoding'];
  if (coding && coding !== 'gzip' && coding !== 'identity') throw problem('unsupported-media-type', { detail: `不支持的内容编码 ${coding}` });
  const source = coding === 'gzip' ? stream.pipe(createGunzip()) : stream;
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of source) {
      size += (part as Buffer).length;
      if (size > MAX_BYTES) throw problem('too-large', { detail: '一次最多 8 MB（解压后）' });
      parts.push(part as Buffer);
    }
  } catch (error) {
    if (coding === 'gzip' && (error as { code?: string }).code?.startsWith('Z_')) throw problem('bad-request', { detail: 'gzip 内容损坏' });
    throw error;
  }
  return Buffer.concat(parts);
}

/** `POST /api/observations`: a signed-in account, a bearer key, or a device by Basic credentials. */
export async function httpWayIn(app: FastifyInstance, signals: Signals): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(['application/json', 'application/x-ndjson', 'application/octet-stream'], { bodyLimit: MAX_BYTES }, (_request, payload, done) =>
      done(null, payload),
    );
    scope.post('/api/observations', async (request, reply) => {
      let units: string[] | undefined;
      let source = 'http';
      const basic = /^Basic (\S+)$/.exec(request.headers.authorization ?? '');
      if (basic) {
        const [login = '', ...rest] = Buffer.from(basic[1]!, 'base64').toString().split(':');
        units = await checkCredential(signals.hub, login, rest.join(':'));
        if (!units) throw problem('not-signed-in', { detail: '设备凭据不正确' });
        source = `http:${login}`;
      } else {
        const s = request.session;
        if (!s) throw problem('not-signed-in');
        if (s.csrf && request.headers['x-csrf-token'] !== s.csrf) throw problem('csrf-failed');
        units = writeScope(s.actor);
        if (!units.length) throw problem('forbidden', { detail: '需要权限：signal.write' });
      }
      const type = String(request.headers['content-type'] ?? '').split(';')[0];
      if (!request.body) throw problem('bad-request', { detail: '没有内容' });
      const bytes = await body(request, request.body as Readable);
      const partial = (request.query as { partial?: string }).partial === 'true';
      const result = await signals.takeBytes(bytes, type === 'application/x-ndjson' ? 'lines' : 'json', { scope: units, source, partial });
      return reply.code(200).send(result);
    });
  });
}
