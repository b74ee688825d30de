// chengshu user: opens accounts and resets passwords from the machine itself, for the first administrators and for emergencies.
import type { Command } from '../cli.ts';
import { accountBy, actorFor, addAccount, addToken, changeAccount, grantRoles, grantsOf, revokeTokens, unitBy, units } from '../people/service.ts';
import { readConfig } from '../platform/config.ts';
import { attachInstance } from '../platform/instance.ts';
import { roleNames } from '#core/people/roles.ts';

export const command: Command = {
  name: 'user',
  summary: { zh: '账号：列出、开通、重置密码', en: 'Accounts: list, add, reset' },
  usage: `npm run -s chengshu -- user list
npm run -s chengshu -- user add LOGIN 岗位名称 单位路径 角色[,角色]   打印一次性初始密码
npm run -s chengshu -- user reset LOGIN                             重置密码并解锁
npm run -s chengshu -- user token LOGIN 名称                        为对接账号签发接口密钥，只打印一次
npm run -s chengshu -- user revoke LOGIN 名称                       收回这个名称的密钥

角色：${roleNames.join(' ')}`,
  async run([what, ...args], io) {
    const hub = await attachInstance(readConfig());
    try {
      if (what === 'list') {
        const rows = await hub.sql<{ login: string; post: string; id: string }[]>`select login, post_name as post, id from accounts order by login`;
        const grants = await grantsOf(
          hub.sql,
          rows.map((r) => r.id),
        );
        for (const r of rows) io.out(`${r.login}\t${r.post}\t${(grants.get(r.id) ?? []).map((g) => `${g.role}@${g.path}`).join(' ')}`);
        return 0;
      }
      if (what === 'add' && args.length === 4) {
        const [login, post, path, roles] = args as [string, string, string, string];
        const unit = await unitBy(hub.sql, { path });
        if (!unit) {
          io.say(
            `没有单位 ${path}；已有：${(await units(hub.sql, false))
              .slice(0, 20)
              .map((u) => u.path)
              .join(' ')}`,
          );
          return 2;
        }
        const wrong = roles.split(',').filter((r) => !roleNames.includes(r as never));
        if (wrong.length) {
          io.say(`没有角色 ${wrong.join(' ')}`);
          return 2;
        }
        const made = await hub.command(hub.system('cli'), async (work) => {
          const a = await addAccount(work, { login, postName: post, unitId: unit.id });
          await grantRoles(
            work.tx,
            a.id,
            roles.split(',').map((role) => ({ role, unitId: unit.id })),
          );
          return a;
        });
        io.out(made.initialPassword);
        return 0;
      }
      if (what === 'reset' && args.length === 1) {
        const actor = await actorFor(hub.sql, args[0]!);
        const account = (await accountBy(hub.sql, { id: actor.account! }))!;
        const r = await hub.command(hub.system('cli'), (work) => changeAccount(work, account.id, account.version, { resetPassword: true, unlock: true }));
        io.out(r.initialPassword!);
        return 0;
      }
      if ((what === 'token' || what === 'revoke') && args.length === 2) {
        const account = await accountBy(hub.sql, { login: args[0]! });
        if (!account) {
          io.say(`没有账号 ${args[0]}`);
          return 2;
        }
        const name = args[1]!;
        if (what === 'token') io.out(await hub.command(hub.system('cli'), (work) => addToken(work, name, account.id)));
        else io.say(`收回 ${await hub.command(hub.system('cli'), (work) => revokeTokens(work, name, account.id))} 个密钥`);
        return 0;
      }
      io.say(command.usage);
      return 2;
    } finally {
      await hub.close();
    }
  },
};
