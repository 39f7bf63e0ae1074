import { assumed, times } from '../amount';
import type { MeterName } from '../meters';
import { serviceUsage } from '../usage/compute';
import { listOf } from '../usage/properties';
import { charge, hourly, type Pricer, steadyShare } from './pricer';

/** Services on Fargate: processors and memory of tasks On-Demand and on Spot, and what Container Insights counts. */
export const servicePricer: Pricer = {
  types: ['AWS::ECS::Service'],
  price(resource, model) {
    const usage = serviceUsage(model, resource);
    const { architecture } = usage;
    const commitment = { commitment: { plan: 'fargateSavingsPlan' as const, steadyShare: steadyShare(model) } };
    const insights = model.references.from(resource, /^Cluster$/)
      .some(({ to }) => listOf(to, 'ClusterSettings').some((it) => /^(enabled|enhanced)$/.test(String((it as { Value?: unknown }).Value))));
    const spot = (unit: 'vcpuHours' | 'gigabyteHours'): MeterName => `fargate.spot.${architecture}.${unit}`;
    const all = usage.onDemandTasks.value + usage.spotTasks.value;
    return [
      hourly(resource, 'vCPU On-Demand', `fargate.${architecture}.vcpuHours`, times(usage.onDemandTasks, usage.vcpus), commitment),
      hourly(resource, 'memory On-Demand', `fargate.${architecture}.gigabyteHours`, times(usage.onDemandTasks, usage.gigabytes), commitment),
      ...(usage.spotTasks.value > 0 ? [
        hourly(resource, 'vCPU on Spot', spot('vcpuHours'), times(usage.spotTasks, usage.vcpus)),
        hourly(resource, 'memory on Spot', spot('gigabyteHours'), times(usage.spotTasks, usage.gigabytes)),
      ] : []),
      ...(usage.storageGigabytes > 0
        ? [hourly(resource, 'storage of tasks', 'fargate.storage.gigabyteHours', { ...usage.onDemandTasks, value: all * usage.storageGigabytes })] : []),
      ...(insights ? [charge(resource, 'Container Insights', 'cloudwatch.metrics', assumed(model.assumption('containerMetrics'), 'metrics of a service (target/cost.containerMetrics)'))] : []),
    ];
  },
};
