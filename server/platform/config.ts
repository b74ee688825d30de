// Every setting of the hub, read here and nowhere else; docs/operate.md lists the same table (a test compares).
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const flag = z.enum(['true', 'false', '1', '0', '']).transform((v) => v === 'true' || v === '1');
const empty = <T extends z.ZodType>(s: T) => z.preprocess((v) => (v === '' ? undefined : v), s);

/** Setting → check with default, and what it is for. */
export const settings = {
  PORT: { schema: empty(port.default(8080)), note: 'HTTP 端口；0 表示任选空闲端口' },
  HOST: { schema: empty(z.string().default('127.0.0.1')), note: '监听地址；默认只接受本机，放在反向代理之后再改' },
  DATA_DIR: { schema: empty(z.string().default('data')), note: '数据目录：内置数据库、附件、锚点' },
  DATABASE_URL: {
    schema: empty(
      z
        .string()
        .regex(/^postgres(ql)?:\/\//, '应以 postgres:// 开头')
        .optional(),
    ),
    note: '外部 PostgreSQL（15 及以上）；不设则用内置数据库',
  },
  MQTT_PORT: { schema: empty(port.default(1883)), note: '内置 MQTT 端口（3.1.1 与 5）；0 表示任选空闲端口' },
  MQTT_HOST: { schema: empty(z.string().default('127.0.0.1')), note: '内置 MQTT 监听地址' },
  MQTT_URL: {
    schema: empty(
      z
        .string()
        .regex(/^(mqtts?|wss?):\/\//, '应以 mqtt:// 或 mqtts:// 开头')
        .optional(),
    ),
    note: '改用外部消息代理',
  },
  MQTT_TLS_CERT: { schema: empty(z.string().optional()), note: 'MQTT 证书文件（PEM）；与 MQTT_TLS_KEY 同设时启用 TLS' },
  MQTT_TLS_KEY: { schema: empty(z.string().optional()), note: 'MQTT 私钥文件（PEM）' },
  PUBLIC_URL: { schema: empty(z.url().optional()), note: '对外地址，用于接口中的自引用链接' },
  STA_OPEN_AS: {
    schema: empty(
      z
        .string()
        .regex(/^[a-z0-9][a-z0-9._-]{1,63}$/, '应为账号')
        .optional(),
    ),
    note: '不带凭据访问 SensorThings（/sta）与 MQTT 时用哪个账号的权限，只用于测试；不设则一律要求凭据',
  },
  PROBE_PLACE: {
    schema: empty(
      z
        .string()
        .regex(/^[a-z][a-z0-9-]{0,30}$/, '小写字母、数字与横线')
        .default('local'),
    ),
    note: '本进程从哪里探测；多处探测时各处不同，其余用 chengshu probe',
  },
  SECURE_COOKIES: { schema: empty(flag.default(false)), note: '经 HTTPS 访问时设为 true' },
  PASSWORD_POLICY: { schema: empty(z.enum(['mlps3', 'asvs']).default('mlps3')), note: '口令策略：等保三级习惯，或 ASVS' },
  ANCHOR_SECONDS: { schema: empty(z.coerce.number().int().min(5).max(600).default(300)), note: '每隔多少秒把事实日志的锚点写到数据库之外' },
  RETENTION_DAYS: { schema: empty(z.coerce.number().int().min(30).max(36_500).default(7300)), note: '感知读数逐条保存的天数；更早的进入隔离区，到期的整月删除，逐时汇总留下' },
  ROLLUP_DAYS: { schema: empty(z.coerce.number().int().min(30).max(36_500).default(36_500)), note: '逐时汇总保存天数（降采样后长期保存的部分）；不少于 RETENTION_DAYS' },
  DEMO: { schema: empty(flag.default(true)), note: '首次启动时是否建立演示中心；真实中心设为 false' },
  DEMO_DATA: { schema: empty(flag.default(true)), note: '首次启动演示中心时是否放入演示设备、台账与事件' },
  LOG: { schema: empty(z.enum(['json', 'quiet', 'silent']).default('quiet')), note: '日志：全部、只有警告与错误、不输出' },
} as const;

export interface Config {
  port: number;
  host: string;
  dataDir: string;
  databaseUrl: string | undefined;
  mqttPort: number;
  mqttHost: string;
  mqttUrl: string | undefined;
  mqttTls: { cert: string; key: string } | undefined;
  publicUrl: string | undefined;
  staOpenAs: string | undefined;
  probePlace: string;
  secureCookies: boolean;
  passwordPolicy: 'mlps3' | 'asvs';
  anchorSeconds: number;
  retentionDays: number;
  rollupDays: number;
  demo: boolean;
  demoData: boolean;
  log: 'json' | 'quiet' | 'silent';
  version: string;
}

const version = (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version;

/** Reads the settings; throws one error that names every wrong one. */
export function readConfig(env: Record<string, string | undefined> = process.env): Config {
  const values: Record<string, unknown> = {};
  const wrong: string[] = [];
  for (const [name, s] of Object.entries(settings)) {
    const r = (s.schema as z.ZodType).safeParse(env[name]);
    if (r.success) values[name] = r.data;
    // Addresses may carry a password: they are not repeated.
    else wrong.push(`${name}${name.endsWith('_URL') ? '' : `=${JSON.stringify(env[name])}`}：${r.error.issues[0]!.message}`);
  }
  const { MQTT_TLS_CERT: cert, MQTT_TLS_KEY: key } = values as { MQTT_TLS_CERT?: string; MQTT_TLS_KEY?: string };
  if (!cert !== !key) wrong.push('MQTT_TLS_CERT 与 MQTT_TLS_KEY 须同时设置');
  if (Number(values.ROLLUP_DAYS) < Number(values.RETENTION_DAYS)) wrong.push('ROLLUP_DAYS 不能少于 RETENTION_DAYS');
  if (wrong.length) throw new Error(`配置有误 (configuration):\n  ${wrong.join('\n  ')}`);
  const v = values as Record<string, never>;
  return {
    port: v.PORT!,
    host: v.HOST!,
    dataDir: resolve(v.DATA_DIR!),
    databaseUrl: v.DATABASE_URL,
    mqttPort: v.MQTT_PORT!,
    mqttHost: v.MQTT_HOST!,
    mqttUrl: v.MQTT_URL,
    mqttTls: cert && key ? { cert, key } : undefined,
    publicUrl: v.PUBLIC_URL,
    staOpenAs: v.STA_OPEN_AS,
    probePlace: v.PROBE_PLACE!,
    secureCookies: v.SECURE_COOKIES!,
    passwordPolicy: v.PASSWORD_POLICY!,
    anchorSeconds: v.ANCHOR_SECONDS!,
    retentionDays: v.RETENTION_DAYS!,
    rollupDays: v.ROLLUP_DAYS!,
    demo: v.DEMO!,
    demoData: v.DEMO_DATA!,
    log: v.LOG!,
    version,
  };
}
