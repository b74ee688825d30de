// chengshu connect: one command that gives another system its access – an account for it where there is none, a key or a device credential, and how to use it.
import { parseArgs } from 'node:util';
import { accountBy, addAccount, addToken, grantRoles, unitBy, units } from '../people/service.ts';
import { readConfig } from '../platform/config.ts';
import { attachInstance } from '../platform/instance.ts';
import type { Command } from '../cli.ts';
import { issueCredential } from '../signals/service.ts';

export const command: Command = {
  name: 'connect',
  summary: { zh: '接入：一条命令得到接口密钥或设备凭据', en: 'Connect: a key or a device credential in one command' },
  usage: `KEY=$(npm run -s chengshu -- connect)                        对接账号 connect 的新密钥，范围是全中心；只打印一次
npm run -s chengshu -- connect 气象局 --login weather --unit demo.t01   为某个系统、某个单位
npm run -s chengshu -- connect --device gateway-1 --unit demo.t01      设备凭据，打印 账号:口令（HTTP Basic 与 MQTT 相同）

密钥用法：Authorization: Bearer <密钥>；或 HTTP Basic、MQTT 的口令（账号任意）。标准输出只有凭据，说明在标准错误。`,
  async run(args, io) {
    let given;
    try {
      given = parseArgs({ args, allowPositionals: true, options: { login: { type: 'string', default: 'connect' }, unit: { type: 'string' }, device: { type: 'string' } } });
    } catch {
      io.say(command.usage);
      return 2;
    }
    const { values: v, positionals } = given;
    const login = v.device ?? v.login;
    if (positionals.length > 1 || !/^[a-z0-9][a-z0-9._-]{1,60}$/.test(login)) {
      io.say(command.usage);
      return 2;
    }
    const config = readConfig();
    const hub = await attachInstance(config);
    try {
      const all = await units(hub.sql, false);
      const path = v.unit ?? all.map((u) => u.path).toSorted((a, b) => a.length - b.length)[0];
      const unit = path === undefined ? undefined : await unitBy(hub.sql, { path });
      if (!unit) {
        io.say(
          `没有单位 ${path ?? ''}；已有：${all
            .slice(0, 20)
            .map((u) => u.path)
            .join(' ')}`,
        );
        return 2;
      }
      const at = config.publicUrl?.replace(/\/+$/, '') ?? `http://127.0.0.1:${config.port || 8080}`;
      if (v.device !== undefined) {
        const { secret } = await hub.command(hub.system('cli'), (work) => issueCredential(work, login, unit.path));
        io.out(`${login}:${secret}`);
        io.say(
          `设备凭据 ${login}，只能写 ${unit.path} 的数据流。\ncurl -u ${login}:… ${at}/sta/v1.1/Datastreams\nmosquitto_pub -p ${config.mqttPort || 1883} -u ${login} -P … -q 1 -t v1/things/设备/readings -m '{"数据流":1}'`,
        );
        return 0;
      }
      const name = positionals[0] ?? '对接';
      const key = await hub.command(hub.system('cli'), async (work) => {
        let account = await accountBy(work.tx, { login });
        if (!account) {
          const { id } = await addAccount(work, { login, postName: name, unitId: unit.id, mustChange: false });
          await grantRoles(work.tx, id, [{ role: 'integrator', unitId: unit.id }]);
          account = (await accountBy(work.tx, { id }))!;
        }
        return addToken(work, name, account.id);
      });
      io.out(key);
      io.say(
        `对接账号 ${login} 的密钥（只显示这一次；收回：user revoke ${login} ${name}）。\ncurl -H "Authorization: Bearer $KEY" ${at}/sta/v1.1/Things\ncurl -u key:$KEY ${at}/sta/v1.1/Things\n更多见 docs/integrate.md`,
      );
      return 0;
    } finally {
      await hub.close();
    }
  },
};
