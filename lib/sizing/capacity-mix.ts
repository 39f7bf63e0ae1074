import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { Decision, type RejectedOption } from './decision';
import { formatNumber, formatShare } from './format';
import { type InstancePool, instancePools, instanceReserve } from './instance-pool';
import { CostLine, costDecision, dollars, HOURS_PER_MONTH, hourlyLine, monthlyCost, MonthlyUsd } from './monthly-cost';
import type { StatelessTierSizing } from './stateless-tier';

/** Where the tasks of a tier run: on Fargate, or on instances of its own. */
export type CapacityPlace = 'fargate' | 'instances';

/** Which capacity carries which part of a tier: committed for what always runs, On-Demand and Spot above it. */
export interface CapacityMixSizing {
  readonly place: CapacityPlace;
  /** Tasks that always run: what a commitment of a year (Savings Plan) should cover. */
  readonly committedTasks: number;
  /** US dollars an hour of that commitment, after its discount. */
  readonly commitmentUsdPerHour: number;
  /** Tasks that run On-Demand before any runs on Spot. */
  readonly onDemandBase: number;
  /** Weight of On-Demand capacity above the base. */
  readonly onDemandWeight: number;
  /** Weight of Spot capacity above the base. */
  readonly spotWeight: number;
  /** Tasks on Spot at the peak: what may be taken away at two minutes' notice. */
  readonly spotTasks: number;
  /** Instances under the tasks; none on Fargate. */
  readonly instances?: InstanceGroupSizing;
  readonly monthlyUsd: MonthlyUsd;
  readonly decisions: readonly Decision[];
}

/** Size of the group of instances that tasks run on. */
export interface InstanceGroupSizing {
  /** Instance type that is cheapest for a task. */
  readonly type: string;
  readonly vcpus: number;
  readonly memoryGiB: number;
  readonly tasksPerInstance: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Instances On-Demand before any is Spot. */
  readonly onDemandBase: number;
  /** Share of the instances above the base that are On-Demand, in percent. */
  readonly onDemandPercent: number;
  /** Share of the instances above the base that are Spot, in percent. */
  readonly spotPercent: number;
}

const PATH = 'capacity';
const CPU_UNITS_PER_VCPU = 1024;
const MIB_PER_GIB = 1024;
const VCPU_PRICE = 'fargate/arm.vcpuHour';
const MEMORY_PRICE = 'fargate/arm.gbHour';
const SPOT_VCPU_PRICE = 'fargate/spot.arm.vcpuHour';
const SPOT_MEMORY_PRICE = 'fargate/spot.arm.gbHour';
const FARGATE_PLAN = 'fargate/computeSavingsPlan.1yNoUpfront.discount';
const INSTANCE_PLAN = 'ec2/savings.compute1yNoUpfront.discount';
const INSTANCE_SPOT = 'ec2/spot.graviton.typicalDiscount';

/** What an hour of one unit costs by each way of paying. */
interface Prices {
  /** `tasks` or `instances`. */
  readonly unit: string;
  readonly onDemand: number;
  readonly committed: number;
  readonly spot: number;
  readonly discount: number;
  readonly facts: readonly string[];
}

/**
 * Says which capacity carries which part of a tier. Give it the workload that the tier was sized for, and that sizing; bands are in its numbers.
 *
 * @throws Error for tasks that no instance type holds
 */
export function sizeCapacityMix(
  workload: Workload, tier: StatelessTierSizing, facts: Facts = Facts.DEFAULT, place: CapacityPlace = 'fargate',
): CapacityMixSizing {
  const { minimumTasks, maximumTasks, onDemandBase, onDemandWeight, spotWeight } = tier;
  const spotTasks = Math.floor((maximumTasks - Math.min(onDemandBase, maximumTasks)) * spotWeight / Math.max(1, onDemandWeight + spotWeight));
  const pool = place === 'instances' ? poolOf(tier, facts) : undefined;
  const group = pool === undefined ? undefined : groupOf(tier, pool);
  const prices = pool === undefined ? taskPrices(tier, facts) : instancePrices(pool, facts);
  const committed = group?.minimum ?? minimumTasks;
  const most = group?.maximum ?? maximumTasks;
  const spotUnits = pool === undefined ? spotTasks : Math.floor(spotTasks / pool.tasksPerInstance);
  const commitment = committed * prices.committed;
  const lines: CostLine[] = [
    hourlyLine(`${prices.unit} committed`, committed, prices.committed),
    hourlyLine(`${prices.unit} On-Demand`, { low: 0, typical: 0, high: most - committed - Math.min(spotUnits, most - committed) }, prices.onDemand),
    hourlyLine(`${prices.unit} on Spot`, { low: 0, typical: 0, high: Math.min(spotUnits, most - committed) }, prices.spot),
  ];
  const uncommitted: RejectedOption = {
    option: 'no commitment',
    because: `${dollars(committed * (prices.onDemand - prices.committed) * HOURS_PER_MONTH)} a month more; a commitment pays from ${formatShare(1 - prices.discount)} of its hours in use`,
  };
  return {
    place, committedTasks: minimumTasks, commitmentUsdPerHour: commitment, onDemandBase, onDemandWeight, spotWeight, spotTasks,
    instances: group,
    monthlyUsd: monthlyCost(lines),
    decisions: [
      Decision.derive({
        path: PATH,
        name: 'committedTasks',
        value: minimumTasks,
        unit: 'tasks',
        formula: `tasks that always run = ${minimumTasks}`,
        inputs: { minimumTasks, maximumTasks, averagePerSecond: workload.average.perSecond },
        binding: 'what runs at every hour of the year is bought for a year',
        rejected: [{
          option: `${maximumTasks} tasks, the peak`,
          because: `they are in use ${formatShare(minimumTasks / maximumTasks)} of the time, and a commitment pays from ${formatShare(1 - prices.discount)}`,
        }],
        limits: { minimum: 0, because: 'a number of tasks' },
      }),
      commitmentDecision(committed, commitment, prices, uncommitted),
      ...ofTier(tier),
      Decision.derive({
        path: PATH,
        name: 'spotTasks',
        value: spotTasks,
        unit: 'tasks',
        formula: `floor((${maximumTasks} - ${Math.min(onDemandBase, maximumTasks)}) x ${spotWeight} / ${Math.max(1, onDemandWeight + spotWeight)}) = ${spotTasks}`,
        inputs: { maximumTasks, onDemandBase, onDemandWeight, spotWeight },
        binding: `recovery tier ${workload.recoveryTier.name}: what may go at two minutes' notice`,
        rejected: [{ option: 'all above the base On-Demand', because: `${dollars(spotUnits * (prices.onDemand - prices.spot))} an hour more at the peak` }],
        limits: { minimum: 0, because: 'a number of tasks' },
        facts: [...prices.facts],
      }),
      ...(group === undefined || pool === undefined ? [] : instanceDecisions(tier, group, pool, facts)),
      costDecision({ path: PATH, lines, rejected: [uncommitted], facts: [...prices.facts] }),
    ],
  };
}

/** What the tier decided about its capacity. Its use of quotas is counted there, once. */
function ofTier(tier: StatelessTierSizing): Decision[] {
  return tier.decisions
    .filter(({ name }) => name === 'onDemandBase' || name === 'spotWeight')
    .map((it) => ({ ...Decision.withPath(it, PATH), quota: undefined }));
}

/** What a task costs an hour. */
function taskPrices({ cpu, memory }: StatelessTierSizing, facts: Facts): Prices {
  const vcpus = cpu / CPU_UNITS_PER_VCPU;
  const gibibytes = memory.toMebibytes() / MIB_PER_GIB;
  const discount = facts.number(FARGATE_PLAN);
  const onDemand = vcpus * facts.number(VCPU_PRICE) + gibibytes * facts.number(MEMORY_PRICE);
  return {
    unit: 'tasks', onDemand, discount,
    committed: onDemand * (1 - discount),
    spot: vcpus * facts.number(SPOT_VCPU_PRICE) + gibibytes * facts.number(SPOT_MEMORY_PRICE),
    facts: [VCPU_PRICE, MEMORY_PRICE, SPOT_VCPU_PRICE, SPOT_MEMORY_PRICE, FARGATE_PLAN],
  };
}

/** What an instance costs an hour. */
function instancePrices({ type }: InstancePool, facts: Facts): Prices {
  const discount = facts.number(INSTANCE_PLAN);
  return {
    unit: 'instances', onDemand: type.hourlyUsd, discount,
    committed: type.hourlyUsd * (1 - discount),
    spot: type.hourlyUsd * (1 - facts.number(INSTANCE_SPOT)),
    facts: [`ec2/onDemand.${type.name}.hour`, INSTANCE_PLAN, INSTANCE_SPOT],
  };
}

function poolOf(tier: StatelessTierSizing, facts: Facts): InstancePool {
  const [pool] = instancePools(facts, { vcpus: tier.cpu / CPU_UNITS_PER_VCPU, memoryMiB: tier.memory.toMebibytes() }, tier.maximumTasks);
  return pool;
}

function groupOf(tier: StatelessTierSizing, { type, tasksPerInstance }: InstancePool): InstanceGroupSizing {
  const instances = (tasks: number): number => roundUp(tasks / tasksPerInstance);
  const onDemandPercent = Math.round(100 * tier.onDemandWeight / Math.max(1, tier.onDemandWeight + tier.spotWeight));
  return {
    type: type.name,
    vcpus: type.vcpus,
    memoryGiB: type.memoryGiB,
    tasksPerInstance,
    minimum: instances(tier.minimumTasks),
    maximum: instances(tier.maximumTasks),
    onDemandBase: instances(tier.onDemandBase),
    onDemandPercent,
    spotPercent: 100 - onDemandPercent,
  };
}

function commitmentDecision(committed: number, commitment: number, prices: Prices, uncommitted: RejectedOption): Decision {
  const value = Math.ceil(1000 * commitment) / 1000;
  return Decision.derive({
    path: PATH,
    name: 'commitmentUsdPerHour',
    value,
    unit: 'USD/h',
    formula: `${committed} ${prices.unit} x ${dollars(prices.onDemand)} x (1 - ${prices.discount}), in steps of 0.001 = ${value}`,
    inputs: { committed, usdPerHour: prices.onDemand, discount: prices.discount },
    binding: 'a Compute Savings Plan of one year without upfront payment; it is bought once, no template can',
    rejected: committed === 0 ? [] : [uncommitted],
    limits: { minimum: 0, because: 'an amount of money' },
    facts: [...prices.facts],
  });
}

function instanceDecisions(tier: StatelessTierSizing, group: InstanceGroupSizing, pool: InstancePool, facts: Facts): Decision[] {
  const reserve = instanceReserve(facts);
  const count = (name: string, value: number, tasks: number, binding: string): Decision => Decision.derive({
    path: PATH,
    name,
    value,
    unit: 'instances',
    formula: `ceil(${tasks} tasks / ${group.tasksPerInstance}) = ${value}`,
    inputs: { tasks, tasksPerInstance: group.tasksPerInstance },
    binding,
    demand: tasks / group.tasksPerInstance,
    limits: { minimum: 0, because: 'a number of instances' },
    facts: pool.facts,
  });
  return [
    Decision.derive({
      path: PATH,
      name: 'instanceType',
      value: group.type,
      formula: `least price for a task: ${group.type} at ${dollars(pool.type.hourlyUsd)} an hour for ${group.tasksPerInstance} tasks`,
      inputs: { vcpus: group.vcpus, memoryGiB: group.memoryGiB, taskCpu: tier.cpu, taskMemoryMiB: tier.memory.toMebibytes() },
      binding: pool.binding,
      rejected: pool.others.map(({ type, tasksPerInstance }) => ({
        option: type.name, because: `${formatNumber(type.hourlyUsd / tasksPerInstance, 4)} dollars an hour for a task (${tasksPerInstance} on an instance)`,
      })),
      facts: pool.facts,
    }),
    Decision.derive({
      path: PATH,
      name: 'tasksPerInstance',
      value: group.tasksPerInstance,
      unit: 'tasks',
      formula: `${pool.formula} = ${group.tasksPerInstance}`,
      inputs: { reservedVcpus: reserve.vcpus, reservedMiB: reserve.memoryMiB },
      binding: pool.binding,
      limits: { minimum: 1, because: 'an instance without tasks does nothing' },
      facts: pool.facts,
    }),
    count('minimumInstances', group.minimum, tier.minimumTasks, 'tasks that always run'),
    count('maximumInstances', group.maximum, tier.maximumTasks, 'tasks at the peak'),
  ];
}
