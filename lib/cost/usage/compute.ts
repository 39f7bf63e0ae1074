import type { TopologyResource } from '../../topology';
import { type Amount, declared, derived } from '../amount';
import { listOf, numberOf, textOf } from './properties';
import { text, trafficOf } from './traffic';
import type { UsageModel } from './usage-model';

/** Tasks of a service in the mean, by how they are paid for. */
export interface ServiceUsage {
  readonly onDemandTasks: Amount;
  readonly spotTasks: Amount;
  readonly vcpus: number;
  readonly gigabytes: number;
  readonly architecture: 'arm' | 'x86';
  /** GB of a task beyond what is included. */
  readonly storageGigabytes: number;
}

const CPU_UNITS_PER_VCPU = 1024;
const MIB_PER_GIB = 1024;
const INCLUDED_STORAGE = 'fargate/ephemeral.includedGiB';

/** Tasks of a service on Fargate: its scaling follows the payments between its bounds; without scaling there are as many as desired. */
export function serviceUsage(model: UsageModel, service: TopologyResource): ServiceUsage {
  const [task] = model.references.from(service, /^TaskDefinition/).map(({ to }) => to);
  const ofTask = (path: string): number => (task === undefined ? 0 : numberOf(task, path) ?? 0);
  const tasks = model.use(service, 'tasks', () => tasksOf(model, service));
  const { base, spotShare } = strategyOf(service);
  const spot = Math.max(0, tasks.value - base) * spotShare;
  return {
    onDemandTasks: { ...tasks, value: tasks.value - spot },
    spotTasks: { ...tasks, value: spot },
    vcpus: ofTask('Cpu') / CPU_UNITS_PER_VCPU,
    gigabytes: ofTask('Memory') / MIB_PER_GIB,
    architecture: task !== undefined && textOf(task, 'RuntimePlatform.CpuArchitecture') === 'ARM64' ? 'arm' : 'x86',
    storageGigabytes: Math.max(0, ofTask('EphemeralStorage.SizeInGiB') - model.facts(service).number(INCLUDED_STORAGE)),
  };
}

function tasksOf(model: UsageModel, service: TopologyResource): Amount {
  const target = model.topology.ofType('AWS::ApplicationAutoScaling::ScalableTarget')
    .find((it) => model.references.from(it).some(({ to }) => to === service) || textOf(it, 'ResourceId')?.endsWith(`/${service.physicalName}`) === true);
  if (target === undefined) {
    return declared(numberOf(service, 'DesiredCount') ?? 1, '`DesiredCount` of the template');
  }
  const least = numberOf(target, 'MinCapacity') ?? 1;
  const most = numberOf(target, 'MaxCapacity') ?? least;
  const flow = trafficOf(model, service);
  const made = model.peakFor(service);
  const needed = made === undefined ? least : Math.ceil(most * flow.value / made - 1e-9);
  const value = Math.min(most, Math.max(least, needed));
  return derived(value, made === undefined ? `its scaling starts at ${least}`
    : `${text(flow.value)} of the ${text(made)} payments/s that ${most} tasks are for, between ${least} and ${most}`);
}

interface Strategy {
  readonly base: number;
  /** Share of the tasks above the base that run on Spot. */
  readonly spotShare: number;
}

function strategyOf(service: TopologyResource): Strategy {
  const items = listOf(service, 'CapacityProviderStrategy') as readonly { CapacityProvider?: unknown; Base?: unknown; Weight?: unknown }[];
  const weight = (it: { Weight?: unknown }): number => Number(it.Weight ?? 0);
  const all = items.reduce((sum, it) => sum + weight(it), 0);
  const spot = items.filter((it) => it.CapacityProvider === 'FARGATE_SPOT').reduce((sum, it) => sum + weight(it), 0);
  const base = items.filter((it) => it.CapacityProvider !== 'FARGATE_SPOT').reduce((sum, it) => sum + Number(it.Base ?? 0), 0);
  return { base, spotShare: all === 0 ? 0 : spot / all };
}
