// Prometheus metrics: process figures by the library, the hub's own from the database when asked.
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Hub } from './hub.ts';

export const registry = new Registry();
collectDefaultMetrics({ register: registry });

/** A counter of a slice; the same name twice gives the same counter. */
export const counter = (name: string, help: string, labels: string[] = []): Counter =>
  (registry.getSingleMetric(name) as Counter | undefined) ?? new Counter({ name, help, labelNames: labels, registers: [registry] });
export const gauge = (name: string, help: string, labels: string[] = []): Gauge =>
  (registry.getSingleMetric(name) as Gauge | undefined) ?? new Gauge({ name, help, labelNames: labels, registers: [registry] });
export const histogram = (name: string, help: string, buckets: number[], labels: string[] = []): Histogram =>
  (registry.getSingleMetric(name) as Histogram | undefined) ?? new Histogram({ name, help, buckets, labelNames: labels, registers: [registry] });

/** The text Prometheus reads; figures from the database are those of this moment. */
export async function metrics(hub: Hub): Promise<string> {
  const [row] = await hub.sql<{ waiting: number; late: number; outbox: number; dead: number; jobs: number; facts: string }[]>`select
    (select count(*) from timers where state = 'waiting')::int as waiting,
    (select count(*) from timers where state = 'waiting' and due_at < app_now(realm))::int as late,
    (select count(*) from outbox where state = 'waiting')::int as outbox,
    (select count(*) from outbox where state = 'dead')::int as dead,
    (select count(*) from jobs where state in ('queued', 'running'))::int as jobs,
    (select coalesce(max(position), 0) from facts)::text as facts`;
  gauge('chengshu_timers_waiting', '未到期的时限').set(row!.waiting);
  gauge('chengshu_timers_late', '已到期未触发的时限').set(row!.late);
  gauge('chengshu_outbox_waiting', '待发送消息').set(row!.outbox);
  gauge('chengshu_outbox_dead', '发送失败消息').set(row!.dead);
  gauge('chengshu_jobs_open', '未完成的后台任务').set(row!.jobs);
  gauge('chengshu_facts_position', '事实日志位置').set(Number(row!.facts));
  return registry.metrics();
}
