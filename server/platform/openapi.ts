// OpenAPI 3.1 made from the contract; nothing is written by hand that the contract knows.
import * as z from 'zod';
import type { Api, Route } from '#core/contract.ts';
import { problems } from '#core/problem.ts';

type Json = Record<string, unknown>;
const schemaOf = (s: z.ZodType, io: 'input' | 'output'): Json => {
  const json = z.toJSONSchema(s, { target: 'draft-2020-12', io, unrepresentable: 'any' }) as Json;
  delete json.$schema;
  return json;
};

function parameters(r: Route): Json[] {
  const list: Json[] = [];
  for (const [where, schema] of [
    ['path', r.params],
    ['query', r.query],
  ] as const) {
    const json = schemaOf(schema, 'input');
    const required = new Set((json.required as string[] | undefined) ?? []);
    for (const [name, s] of Object.entries((json.properties as Json | undefined) ?? {}))
      list.push({ name, in: where, required: where === 'path' || required.has(name), schema: s });
  }
  if (r.idempotent) list.push({ name: 'Idempotency-Key', in: 'header', required: true, schema: { type: 'string', maxLength: 200 } });
  if (r.ifMatch) list.push({ name: 'If-Match', in: 'header', required: true, schema: { type: 'string', pattern: '^"v\\d+"$' } });
  return list;
}

/** The whole description; `apis` are the slices' contracts. */
export function openapi(apis: Api[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const r of apis.flatMap((a) => Object.values(a))) {
    const path = r.path.replace(/:([A-Za-z]+)/g, '{$1}');
    const operation: Json = {
      operationId: r.id,
      summary: `${r.summary.zh} / ${r.summary.en}`,
      tags: [r.tag],
      'x-access': r.access,
      ...(parameters(r).length ? { parameters: parameters(r) } : {}),
      responses: {
        [r.status]: {
          description: r.summary.zh,
          content: r.produces
            ? { [r.produces]: { schema: { type: 'string' } } }
            : r.output instanceof z.ZodUndefined
              ? undefined
              : { 'application/json': { schema: schemaOf(r.output, 'input') } },
        },
        default: { $ref: '#/components/responses/Problem' },
      },
      ...(r.access === 'public' ? { security: [] } : {}),
    };
    if (r.stream) operation.requestBody = { required: true, content: Object.fromEntries(r.stream.map((t) => [t, { schema: { type: 'string', format: 'binary' } }])) };
    else if (r.method !== 'GET' && !(r.body instanceof z.ZodUndefined))
      operation.requestBody = { required: true, content: { 'application/json': { schema: schemaOf(r.body, 'input') } } };
    paths[path] = { ...paths[path], [r.method.toLowerCase()]: operation };
  }
  return {
    openapi: '3.1.0',
    info: { title: '城枢 Chengshu', version, description: '城市运行和治理中心开放接口' },
    security: [{ session: [] }, { token: [] }],
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'chengshu' },
        token: { type: 'http', scheme: 'bearer' },
      },
      responses: {
        Problem: {
          description: 'RFC 9457',
          content: {
            'application/problem+json': {
              schema: {
                type: 'object',
                required: ['type', 'title', 'status', 'code'],
                properties: {
                  type: { type: 'string' },
                  title: { type: 'string' },
                  status: { type: 'integer' },
                  code: { enum: Object.keys(problems) },
                  detail: { type: 'string' },
                  instance: { type: 'string' },
                  traceId: { type: 'string' },
                  errors: { type: 'array', items: { type: 'object', properties: { pointer: { type: 'string' }, message: { type: 'string' } } } },
                },
              },
            },
          },
        },
      },
    },
  };
}
