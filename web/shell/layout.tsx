// The workbench around every page: header, menu by permission, demo mark, live connection.
import {
  AlertOutlined,
  ApartmentOutlined,
  AuditOutlined,
  BarChartOutlined,
  BookOutlined,
  BulbOutlined,
  CalendarOutlined,
  ClockCircleOutlined,
  ClusterOutlined,
  FileSearchOutlined,
  FlagOutlined,
  MenuOutlined,
  ProfileOutlined,
  SettingOutlined,
  SolutionOutlined,
  TrophyOutlined,
  UserOutlined,
} from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { Button, Drawer, Dropdown, Layout, Menu, type MenuProps } from 'antd';
import { type ReactNode, useEffect, useState } from 'react';
import { peopleApi, type Me } from '#core/people/contract.ts';
import { call, setCsrf, useCall, useMay, useMe } from '../api.ts';
import { startLive } from '../live.ts';
import { useLanguage, useText } from '../texts.tsx';
import { setServerTime, timeText, useNow } from '../ui/clock.tsx';
import { useScheme } from '../ui/scheme.tsx';
import { shell } from './texts.ts';

type Entry = { to: string; text: { zh: string; en: string }; icon: ReactNode; need: Me['permissions'][number] };
/** The menu: what each needs to be seen. Groups follow the loop: handle, sense, perform, system. */
const menu: { group: { zh: string; en: string }; items: Entry[] }[] = [
  {
    group: shell.groups.handle,
    items: [
      { to: '/work', text: shell.pages.work, icon: <SolutionOutlined />, need: 'unit.read' },
      { to: '/cases', text: shell.pages.cases, icon: <ProfileOutlined />, need: 'case.read' },
      { to: '/duty', text: shell.pages.duty, icon: <CalendarOutlined />, need: 'duty.read' },
      { to: '/reviews', text: shell.pages.reviews, icon: <BulbOutlined />, need: 'review.read' },
    ],
  },
  {
    group: shell.groups.sense,
    items: [
      { to: '/warnings', text: shell.pages.warnings, icon: <AlertOutlined />, need: 'warning.read' },
      { to: '/things', text: shell.pages.things, icon: <ClusterOutlined />, need: 'signal.read' },
    ],
  },
  {
    group: shell.groups.perform,
    items: [
      { to: '/indicators', text: shell.pages.indicators, icon: <BarChartOutlined />, need: 'indicator.read' },
      { to: '/ledgers', text: shell.pages.ledgers, icon: <BookOutlined />, need: 'record.read' },
      { to: '/finance', text: shell.pages.finance, icon: <FileSearchOutlined />, need: 'finance.read' },
      { to: '/targets', text: shell.pages.targets, icon: <FlagOutlined />, need: 'target.read' },
      { to: '/evaluation', text: shell.pages.evaluation, icon: <TrophyOutlined />, need: 'evaluation.read' },
    ],
  },
  {
    group: shell.groups.system,
    items: [
      { to: '/settings/people', text: shell.pages.people, icon: <ApartmentOutlined />, need: 'unit.read' },
      { to: '/settings/packs', text: shell.pages.packs, icon: <SettingOutlined />, need: 'pack.read' },
      { to: '/settings/jobs', text: shell.pages.jobs, icon: <ClockCircleOutlined />, need: 'unit.read' },
      { to: '/settings/audit', text: shell.pages.audit, icon: <AuditOutlined />, need: 'audit.read' },
    ],
  },
];

function ServerClock() {
  const now = useNow();
  return (
    <span className="num" style={{ color: '#c9d9f5', fontSize: 16, whiteSpace: 'nowrap' }}>
      {timeText(now)}
    </span>
  );
}

function Navigation({ onPick }: { onPick?: () => void }) {
  const s = useText();
  const may = useMay();
  const { pathname } = useLocation();
  const items: MenuProps['items'] = menu
    .map((g) => ({
      type: 'group' as const,
      key: g.group.en,
      label: s(g.group),
      children: g.items.filter((i) => may(i.need)).map((i) => ({ key: i.to, icon: i.icon, label: <Link to={i.to}>{s(i.text)}</Link> })),
    }))
    .filter((g) => g.children.length);
  const selected = menu
    .flatMap((g) => g.items)
    .map((i) => i.to)
    .filter((to) => pathname === to || pathname.startsWith(`${to}/`) || (to === '/indicators' && pathname.startsWith('/risk-points')));
  return <Menu mode="inline" items={items} selectedKeys={selected} onClick={() => onPick?.()} style={{ borderInlineEnd: 0, background: 'transparent' }} />;
}

export function Workbench() {
  const me = useMe();
  const s = useText();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { language, setLanguage } = useLanguage();
  const { dark, setDark } = useScheme();
  const installation = useCall(peopleApi.installation, {}, { staleTime: Number.POSITIVE_INFINITY });
  const [open, setOpen] = useState(false);
  useEffect(() => startLive(queries), [queries]);
  useEffect(() => setServerTime(me.domainTime), [me.domainTime]);
  const leave = async () => {
    await call(peopleApi.signOut).catch(() => {});
    setCsrf('');
    queries.clear();
    await navigate({ to: '/login' });
  };
  return (
    <Layout style={{ minHeight: '100%' }}>
      <Layout.Header style={{ display: 'flex', alignItems: 'center', gap: 14, color: '#fff', position: 'sticky', top: 0, zIndex: 20 }}>
        <Button className="narrow-only" type="text" aria-label="菜单" icon={<MenuOutlined />} style={{ color: '#fff' }} onClick={() => setOpen(true)} />
        <Link to="/work" style={{ color: '#fff', fontSize: 17, fontWeight: 600, whiteSpace: 'nowrap', overflow: 'hidden', textOverflow: 'ellipsis' }}>
          {s(installation.data?.name) || s(shell.product)}
        </Link>
        {me.demo ? <span className="demo-mark">{s(shell.demo)}</span> : null}
        <span style={{ flex: 1 }} />
        <span className="wide-only">
          <ServerClock />
        </span>
        <Dropdown
          menu={{
            items: [
              { key: 'who', disabled: true, label: `${me.unit.name} · ${me.name}` },
              { key: 'dark', label: s(dark ? shell.light : shell.dark), onClick: () => setDark(!dark) },
              { key: 'lang', label: language === 'zh' ? 'English' : '中文', onClick: () => setLanguage(language === 'zh' ? 'en' : 'zh') },
              { key: 'password', label: s(shell.changePassword), onClick: () => void navigate({ to: '/password' }) },
              { key: 'out', label: s(shell.signOut), onClick: () => void leave() },
            ],
          }}
        >
          <Button type="text" icon={<UserOutlined />} style={{ color: '#fff' }} aria-label={me.name}>
            {me.name}
          </Button>
        </Dropdown>
      </Layout.Header>
      <Layout>
        <Layout.Sider
          width={196}
          className="wide-only"
          style={{ borderInlineEnd: '1px solid var(--border)', position: 'sticky', top: 52, height: 'calc(100vh - 52px)', overflow: 'auto' }}
        >
          <Navigation />
        </Layout.Sider>
        <Layout.Content style={{ minWidth: 0 }}>
          <Outlet />
        </Layout.Content>
      </Layout>
      <Drawer open={open} onClose={() => setOpen(false)} placement="left" size={240} title={s(installation.data?.name)}>
        <Navigation onPick={() => setOpen(false)} />
      </Drawer>
    </Layout>
  );
}
