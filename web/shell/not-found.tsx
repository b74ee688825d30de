// An address that leads nowhere.
import { Link } from '@tanstack/react-router';
import { Result } from 'antd';

export function NotFound() {
  return <Result status="404" title="没有这个页面" subTitle="地址可能已变更，或您没有查看权限" extra={<Link to="/work">回到我的工作</Link>} />;
}
