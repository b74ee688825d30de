// Who stands behind a message sent over HTTP, and its bytes: the same answer for every way in.
import { createGunzip } from 'node:zlib';
import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { problem } from '#core/problem.ts';
import { tokenActor } from '../../people/service.ts';
import type { Hub } from '../../platform/hub.ts';
import { checkCredential, writeScope } from '../service.ts';

/** Units a request may write readings for: a session with its token against forgery, a bearer key or `X-API-Key`, or a device by Basic credentials. */
export async function senderOf(hub: Hub, request: FastifyRequest): Promise<{ scope: string[]; name: string }> {
  const basic = /^Basic (\S+)$/.exec(request.headers.authorization ?? '');
  if (basic) {
    const [login = '', ...rest] = Buffer.from(basic[1]!, 'base64').toString().split(':');
    const scope = await checkCredential(hub, login, rest.join(':'));
    if (!scope) throw problem('not-signed-in', { detail: '设备凭据不正确' });
    return { scope, name: login };
  }
  const key = request.headers['x-api-key'];
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
  const source = coding === 'gzip' ? stream.pipe(createGunzip()) : stream;
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of source) {
      size += (part as Buffer).length;
      if (size > max) throw problem('too-large', { detail: `内容超过 ${Math.floor(max / 1024)} KB（解压后）` });
      parts.push(part as Buffer);
    }
  } catch (error) {
    if (coding === 'gzip' && (error as { code?: string }).code?.startsWith('Z_')) throw problem('bad-request', { detail: 'gzip 内容损坏' });
    throw error;
  }
  return Buffer.concat(parts);
}
