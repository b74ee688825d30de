// Who stands behind a message sent over HTTP, and its bytes: the same answer for every way in.
import { createGunzip } from 'node:zlib';
import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { problem } from '#core/problem.ts';
import { tokenActor } from '../../people/service.ts';
import type { Hub } from '../../platform/hub.ts';
import { checkCredential, writeScope } from '../service.ts';

/** Units a request may write readings for: a session with its token against forgery, a key (bearer, `X-API-Key`, or as the Basic password), or a device by Basic credentials. */
export async function senderOf(hub: Hub, request: FastifyRequest): Promise<{ scope: string[]; name: string }> {
  let packed: string | undefined;
  const basic = /^Basic (\S+)$/i.exec(request.headers.authorization ?? '');
  if (basic) {
    const [login = '', ...rest] = Buffer.from(basic[1]!, 'base64').toString().split(':');
    const secret = rest.join(':');
    if (!secret.startsWith('cs_')) {
      const scope = await checkCredential(hub, login, secret);
      if (!scope) throw problem('not-signed-in', { detail: '设备凭据不正确' });
      return { scope, name: login };
    }
    packed = secret;
  }
  const key = packed ?? request.headers['x-api-key'];
  const actor = typeof key === 'string' && !request.session ? await tokenActor(hub, key) : request.session?.actor;
  if (!actor) throw problem('not-signed-in');
  const s = request.session;
  if (s?.limited) throw problem('password-change-required');
  if (s?.csrf && request.headers['x-csrf-token'] !== s.csrf) throw problem('csrf-failed');
  const scope = writeScope(actor);
  if (!scope.length) throw problem('forbidden', { detail: '需要权限：signal.write' });
  return { scope, name: actor.name };
}

/** All bytes of a body, unpacked when gzipped; refuses more than `max`. */
export async function bytesOf(request: FastifyRequest, max: number): Promise<Buffer> {
  const stream = request.body as Readable | undefined;
  if (!stream) return Buffer.alloc(0);
  const coding = request.headers['content-encoding'];
  if (coding && coding !== 'gzip' && coding !== 'identity') throw problem('unsupported-media-type', { detail: `不支持的内容编码 ${coding.slice(0, 40)}` });
  let source: Readable = stream;
  if (coding === 'gzip') {
    const unzip = createGunzip();
    // A sender that goes away in the middle must not leave us waiting for the rest.
    stream.once('error', (error) => unzip.destroy(error));
    source = stream.pipe(unzip);
  }
  const parts: Buffer[] = [];
  let size = 0;
  try {
    // Not destroyed when it is too much: on this connection the sender still has to read why.
    for await (const part of source.iterator({ destroyOnReturn: false })) {
      size += (part as Buffer).length;
      if (size > max) throw problem('too-large', { detail: `内容超过 ${Math.floor(max / 1024)} KB（解压后）` });
      parts.push(part as Buffer);
    }
  } catch (error) {
    const { code } = error as { code?: string };
    if (source !== stream) {
      stream.unpipe();
      source.destroy();
    }
    if (coding === 'gzip' && code?.startsWith('Z_')) throw problem('bad-request', { detail: 'gzip 内容损坏' });
    if (code === 'ECONNRESET') throw problem('bad-request', { detail: '内容没有发完' });
    throw error;
  }
  return Buffer.concat(parts);
}
