// HTTP of people: sign-in, units, accounts, grants, audit, jobs.
import { peopleApi } from '#core/people/contract.ts';
import { type Permission, may, permissions } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { verify } from '../platform/audit.ts';
import { append } from '../platform/facts.ts';
import { serve } from '../platform/http.ts';
import type { Hub } from '../platform/hub.ts';
import { cancelJob } from '../platform/jobs.ts';
import * as people from './service.ts';

async function meOf(hub: Hub, accountId: string, csrf: string, mustChange?: boolean) {
  const a = await people.accountBy(hub.sql, { id: accountId });
  if (!a) throw problem('not-signed-in');
  const actor = await people.actorFor(hub.sql, a.login);
  const domainTime = await hub.now('live');
  return {
    account: a.id,
    name: a.postName,
    unit: actor.unit,
    grants: actor.grants,
    permissions: (Object.keys(permissions) as Permission[]).filter((p) => may(actor, p)),
    csrf,
    realm: 'live',
    demo: await isDemo(hub),
    mustChange: mustChange ?? a.mustChange,
    serverTime: new Date(),
    domainTime,
  };
}

export const isDemo = async (hub: Hub): Promise<boolean> => {
  const [row] = await hub.sql<{ value: boolean }[]>`select value from installation where key = 'demo'`;
  return row?.value === true;
};

export const peopleRoutes = serve(
  peopleApi,
  {
    async signIn({ body, hub, request, reply }) {
      const { token, csrf, accountId } = await people.signIn(hub, body.login, body.password, request.ip);
      reply.setCookie(people.COOKIE, token, { httpOnly: true, sameSite: 'strict', path: '/', secure: hub.config.secureCookies });
      return meOf(hub, accountId, csrf);
    },
    async me({ actor, hub, request }) {
      return meOf(hub, actor.account!, request.session?.csrf ?? '');
    },
    async signOut({ hub, request, reply }) {
      if (request.session?.session) await people.signOut(hub, request.session.session);
      reply.clearCookie(people.COOKIE, { path: '/' }).header('clear-site-data', '"cache", "storage"');
    },
    async changePassword({ work, body, request }) {
      await people.changePassword(work, body.current, body.next, request.session?.session ?? null);
    },
    async installation({ hub }) {
      const demo = await isDemo(hub);
      const rows = await hub.sql<{ value: { zh: string; en: string } }[]>`select value from installation where key = 'name'`;
      return {
        name: rows[0]?.value ?? { zh: '城市运行和治理中心', en: 'City operation and governance centre' },
        demo,
        version: hub.config.version,
        demoAccounts: demo ? (await people.demoAccounts(hub.sql)).map((a) => ({ login: a.login, postName: a.postName, unitName: a.unitName.zh })) : [],
      };
    },
    async units({ hub, query }) {
      return { items: (await people.units(hub.sql, query.areas === 'true')) as never };
    },
    async putUnit({ work, body }) {
      return (await people.putUnit(work, body)) as never;
    },
    async changeUnit({ work, params, body, ifMatch }) {
      return (await people.changeUnit(work, params.id, ifMatch, body)) as never;
    },
    async accounts({ hub, query, actor }) {
      if (!may(actor, 'account.manage') && !may(actor, 'grant.manage') && !may(actor, 'audit.read')) throw problem('forbidden', { detail: '仅管理员可查看账号' });
      const rows = await people.accounts(hub.sql, { after: query.cursor ?? '', limit: query.limit + 1, text: query.text, unit: query.unit });
      const more = rows.length > query.limit;
      const shown = rows.slice(0, query.limit);
      const grants = await people.grantsOf(
        hub.sql,
        shown.map((a) => a.id),
      );
      return {
        items: shown.map((a) => ({
          id: a.id,
          login: a.login,
          postName: a.postName,
          unitId: a.unitId,
          unitName: a.unitName,
          active: a.active,
          mustChange: a.mustChange,
          locked: a.lockedUntil !== null && a.lockedUntil > new Date(),
          lastLoginAt: a.lastLoginAt,
          version: a.version,
          grants: (grants.get(a.id) ?? []).map((g) => ({ role: g.role, unitId: g.unitId, unitPath: g.path, unitName: g.unitName })),
        })),
        next: more ? shown.at(-1)!.login : null,
      };
    },
    async addAccount({ work, body }) {
      return people.addAccount(work, body);
    },
    async changeAccount({ work, params, body, ifMatch }) {
      return people.changeAccount(work, params.id, ifMatch, body);
    },
    async setGrants({ work, params, body, ifMatch }) {
      return people.setGrants(work, params.id, ifMatch, body.grants);
    },
    async audit({ hub, query, actor, request }) {
      const rows = await people.auditFacts(hub.sql, {
        before: query.cursor && /^\d+$/.test(query.cursor) ? query.cursor : null,
        limit: query.limit + 1,
        subject: query.subject,
        kind: query.kind,
        by: query.by,
        from: query.from,
        to: query.to,
      });
      const shown = rows.slice(0, query.limit);
      // Reading the audit trail is itself audited (SEC-20), first pages only so that paging does not drown it.
      if (!query.cursor)
        await hub.command({ actor, realm: 'live', request: request.id }, (work) =>
          append(work, [{ kind: 'audit.read', subject: `account:${actor.account}`, data: { subject: query.subject, kind: query.kind } }]),
        );
      return { items: shown, next: rows.length > query.limit ? shown.at(-1)!.position : null };
    },
    async auditVerify({ hub }) {
      return verify(hub);
    },
    async jobs({ hub, actor }) {
      const rows = await people.jobRows(hub.sql, may(actor, 'job.read') ? null : `account:${actor.account}`);
      return { items: rows.map((r) => ({ ...r, done: Number(r.done), total: r.total === null ? null : Number(r.total) })) };
    },
    async cancelJob({ work, params, actor }) {
      const [row] = await work.tx<{ by: string }[]>`select by from jobs where id = ${params.id}`;
      if (!row || (row.by !== `account:${actor.account}` && !may(actor, 'settings.manage'))) throw problem('not-found');
      await cancelJob(work, params.id);
    },
  },
  { transaction: { signIn: false, signOut: false } },
);
