import { Facts } from '../facts';
import { roundDown, roundUp } from './arithmetic';
import { formatNumber } from './format';
import { nodeTypes } from './node-pool';
import type { NodeType, PodRequest } from './node-shape';

/** Instances of one type under tasks that have a network interface each. */
export interface InstancePool {
  readonly type: NodeType;
  readonly tasksPerInstance: number;
  readonly instances: number;
  /** How the tasks of an instance were counted. */
  readonly formula: string;
  /** What keeps an instance from more tasks. */
  readonly binding: string;
  readonly facts: readonly string[];
  /** The pools that lose, the cheapest for a task first. */
  readonly others: readonly InstancePool[];
}

const RESERVED_VCPU = 'target/capacity.reservedVcpu';
const RESERVED_MEMORY = 'target/capacity.reservedMiB';
const MIB_PER_GIB = 1024;

/** What an instance keeps for its agents and its system. */
export function instanceReserve(facts: Facts): PodRequest {
  return { vcpus: facts.number(RESERVED_VCPU), memoryMiB: facts.number(RESERVED_MEMORY) };
}

/**
 * Pools of all instance types that hold a task, the cheapest for a task first; of equal ones that with the smaller instances.
 *
 * Each task takes a network interface of its own. More fit where the account has trunking switched on (`awsvpcTrunking`), which no template
 * can do: nothing here counts on it.
 *
 * @throws Error for a task that no type holds
 */
export function instancePools(facts: Facts, task: PodRequest, tasks: number): InstancePool[] {
  const pools = nodeTypes(facts).map((type) => poolOf(facts, type, task, tasks)).filter(({ tasksPerInstance }) => tasksPerInstance > 0);
  if (pools.length === 0) {
    throw new Error(`\`cpu\` and \`memory\` of a task must fit onto the largest instance, got: ${task.vcpus} vCPU and ${task.memoryMiB} MiB`);
  }
  const price = ({ type, tasksPerInstance }: InstancePool): number => type.hourlyUsd / tasksPerInstance;
  const [cheapest, ...others] = pools.sort((one, other) => price(one) - price(other) || one.type.vcpus - other.type.vcpus);
  return [{ ...cheapest, others }, ...others];
}

function poolOf(facts: Facts, type: NodeType, task: PodRequest, tasks: number): InstancePool {
  const reserve = instanceReserve(facts);
  const [, size] = type.name.split('.');
  const interfaces = facts.number(`ec2/size.${size}.networkInterfaces`);
  const bounds = [
    { by: 'CPU', value: (type.vcpus - reserve.vcpus) / task.vcpus },
    { by: 'memory', value: (type.memoryGiB * MIB_PER_GIB - reserve.memoryMiB) / task.memoryMiB },
    { by: 'network interfaces', value: interfaces - 1 },
  ];
  const tightest = bounds.reduce((least, it) => (it.value < least.value ? it : least));
  const tasksPerInstance = Math.max(0, roundDown(tightest.value));
  return {
    type,
    tasksPerInstance,
    instances: tasksPerInstance === 0 ? 0 : roundUp(tasks / tasksPerInstance),
    formula: `floor(min(${bounds.map(({ by, value }) => `${formatNumber(value)} by ${by}`).join(', ')}))`,
    binding: `${tightest.by} of ${type.name}`,
    facts: [
      `ec2/size.${size}.vcpus`, `ec2/size.${size}.networkInterfaces`, `ec2/onDemand.${type.name}.hour`, `ec2/${type.name.split('.')[0]}.memoryPerVcpuGiB`,
      RESERVED_VCPU, RESERVED_MEMORY,
    ],
    others: [],
  };
}
