import { Size } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundDown, roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { formatNumber, formatShare } from './format';
import { planned } from './planned';
import { Remembered } from './remembered';
import { Staffing } from './staffing';

/** Size of a tier of stateless tasks behind a load balancer. */
export interface StatelessTierSizing {
  /** Tasks that always run; what the average rate needs. */
  readonly minimumTasks: number;
  /** Tasks at the stated peak. */
  readonly maximumTasks: number;
  /** Tasks that run On-Demand before any runs on Spot. */
  readonly onDemandBase: number;
  /** Weight of On-Demand capacity above the base. */
  readonly onDemandWeight: number;
  /** Weight of Spot capacity above the base. */
  readonly spotWeight: number;
  /** CPU units of a task; 1,024 are one vCPU. */
  readonly cpu: number;
  readonly memory: Size;
  /** Scaling aims at so many requests a minute and task. */
  readonly requestsPerTargetPerMinute: number;
  /** Scaling aims at this CPU utilization, in percent. */
  readonly cpuUtilizationPercent: number;
  readonly decisions: readonly Decision[];
}

const PATH = 'tier';
/** Task sizes, smallest first. A process of one thread cannot use more than one vCPU. */
const TASK_VCPUS = [0.25, 0.5, 1];
const CPU_UNITS_PER_VCPU = 1024;

const MEMORY_PER_VCPU = 'fargate/task.memoryPerVcpu.minimumMiB';
const VCPU_PRICE = 'fargate/arm.vcpuHour';
const MEMORY_PRICE = 'fargate/arm.gbHour';

const CPU_FACTS = ['payment-api/cpuPerPayment', 'payment-api/cpuPerRequest', 'payment-api/cpuPerTokenCheck'];
const SETTLE_FACT = 'payment-worker/cpuPerPayment';

/** What else the tasks do. */
export interface StatelessTierOptions {
  /**
   * Whether tasks write payments to the ledger themselves, in the place of a stream and its worker.
   *
   * @default false
   */
  readonly settles?: boolean;
}

const TIERS = new Remembered<StatelessTierSizing>();

/** Sizes the tasks that take payments in. Give it the workload of one cell. */
export function sizeStatelessTier(workload: Workload, facts: Facts = Facts.DEFAULT, options: StatelessTierOptions = {}): StatelessTierSizing {
  return TIERS.of(workload, facts, () => planned(workload, facts, (it) => sizeOnce(it, facts, options), ({ minimumTasks, maximumTasks, cpu }) => {
    const vcpus = cpu / CPU_UNITS_PER_VCPU;
    const gibibytesPerVcpu = facts.number(MEMORY_PER_VCPU) / 1024;
    const price = { unitCost: facts.number(VCPU_PRICE) + gibibytesPerVcpu * facts.number(MEMORY_PRICE), facts: [VCPU_PRICE, MEMORY_PRICE] };
    return [{ amount: maximumTasks * vcpus, ...price }, { amount: minimumTasks * vcpus, ...price }];
  }), `settles ${options.settles === true}`);
}

function sizeOnce(workload: Workload, facts: Facts, options: StatelessTierOptions): StatelessTierSizing {
  const tier = new Tier(workload, facts, options);
  const { vcpus } = tier;
  const maximumTasks = tier.tasks(workload.peak.perSecond, vcpus);
  const minimumTasks = tier.tasks(workload.average.perSecond, vcpus);
  const { onDemandWeight, spotWeight } = capacityWeights(tier.spotShare);
  const onDemandTasks = minimumTasks + roundUp((maximumTasks - minimumTasks) * onDemandWeight / (onDemandWeight + spotWeight));
  const requestsPerTargetPerMinute = Math.max(1, roundDown(60 * tier.utilization * vcpus / tier.cpuSecondsPerRequest));
  const cpuUtilizationPercent = Math.round(100 * tier.utilization);
  const memoryMiB = vcpus * facts.number(MEMORY_PER_VCPU);

  return {
    minimumTasks,
    maximumTasks,
    onDemandBase: minimumTasks,
    onDemandWeight,
    spotWeight,
    cpu: vcpus * CPU_UNITS_PER_VCPU,
    memory: Size.mebibytes(memoryMiB),
    requestsPerTargetPerMinute,
    cpuUtilizationPercent,
    decisions: [
      Decision.derive({
        path: PATH,
        name: 'cpu',
        value: vcpus * CPU_UNITS_PER_VCPU,
        unit: 'CPU units',
        formula: `smallest of ${TASK_VCPUS.map((it) => it * CPU_UNITS_PER_VCPU).join(', ')} with which ${tier.staffing.least} task(s) carry `
          + `${formatNumber(tier.load(workload.peak.perSecond))} busy vCPU, or the largest = ${vcpus * CPU_UNITS_PER_VCPU}`,
        inputs: { busyVcpuAtPeak: tier.load(workload.peak.perSecond), leastTasks: tier.staffing.least },
        binding: vcpus === 1 ? 'one thread uses one vCPU; more load means more tasks' : 'the smallest task that keeps the number of tasks at its least',
        facts: tier.cpuFacts,
      }),
      Decision.derive({
        path: PATH,
        name: 'memory',
        value: memoryMiB,
        unit: 'MiB',
        formula: `${vcpus} vCPU x ${formatNumber(facts.number(MEMORY_PER_VCPU))} MiB = ${memoryMiB}`,
        inputs: { vcpus },
        binding: 'the smallest memory that goes with this CPU; the process keeps no state',
        facts: [MEMORY_PER_VCPU],
      }),
      tier.tasksDecision('maximumTasks', workload.peak.perSecond, vcpus, maximumTasks),
      tier.tasksDecision('minimumTasks', workload.average.perSecond, vcpus, minimumTasks),
      Decision.derive({
        path: PATH,
        name: 'onDemandBase',
        value: minimumTasks,
        unit: 'tasks',
        formula: `tasks that the average rate needs = ${minimumTasks}`,
        inputs: { minimumTasks, onDemandTasksAtPeak: onDemandTasks },
        binding: 'the average rate survives the loss of all Spot tasks',
        rejected: [{ option: 'all on Spot', because: 'a reclaim of Spot capacity takes away tasks in many places at once, with two minutes of notice' }],
        quota: quotaUse(facts, 'fargate/onDemandVcpu.default', onDemandTasks * vcpus),
        limits: { minimum: 0, because: 'a number of tasks' },
        facts: ['fargate/onDemandVcpu.default'],
      }),
      Decision.derive({
        path: PATH,
        name: 'spotWeight',
        value: spotWeight,
        formula: `${formatShare(tier.spotShare)} of the tasks above the base: On-Demand ${onDemandWeight} to Spot ${spotWeight}`,
        inputs: { spotShare: tier.spotShare, onDemandWeight },
        binding: `recovery tier ${workload.recoveryTier.name}`,
        facts: [`target/fargate.spotShare.${workload.recoveryTier.name}`],
      }),
      Decision.derive({
        path: PATH,
        name: 'requestsPerTargetPerMinute',
        value: requestsPerTargetPerMinute,
        unit: 'requests/min',
        formula: `60 s x ${tier.utilization} x ${vcpus} vCPU / ${formatNumber(1e6 * tier.cpuSecondsPerRequest)} µs a request = ${formatNumber(requestsPerTargetPerMinute)}`,
        inputs: {
          microsecondsPerRequest: 1e6 * tier.cpuSecondsPerRequest,
          utilization: tier.utilization,
          paymentsPerRequest: workload.paymentsPerRequest,
        },
        binding: 'CPU of a task at its target utilization',
        rejected: [{ option: 'CPU alone', because: 'the request count is there a minute earlier; both are tracked and the higher demand wins' }],
        facts: [...tier.cpuFacts, 'target/fargate.cpuUtilization'],
      }),
      Decision.derive({
        path: PATH,
        name: 'cpuUtilizationPercent',
        value: cpuUtilizationPercent,
        unit: '%',
        formula: `design target ${cpuUtilizationPercent} %`,
        inputs: { utilization: tier.utilization },
        binding: 'above it waiting times of a task grow faster than new tasks start',
        facts: ['target/fargate.cpuUtilization'],
        limits: { minimum: 1, maximum: 100, because: 'percent' },
      }),
    ],
  };
}

/** The rule for tasks: offered load by Little's law, then staffing. */
class Tier {
  readonly utilization: number;
  readonly spotShare: number;
  readonly cpuSecondsPerRequest: number;
  readonly cpuFacts: string[];
  readonly staffing: Staffing;
  /** Size of a task. */
  readonly vcpus: number;
  private readonly cpuSecondsPerRead: number;

  constructor(private readonly workload: Workload, private readonly facts: Facts, { settles = false }: StatelessTierOptions) {
    this.utilization = facts.number('target/fargate.cpuUtilization');
    this.spotShare = facts.number(`target/fargate.spotShare.${workload.recoveryTier.name}`);
    this.staffing = new Staffing(facts, workload.recoveryTier, this.utilization);
    this.cpuFacts = settles ? [...CPU_FACTS, SETTLE_FACT] : CPU_FACTS;
    this.cpuSecondsPerRead = (facts.number('payment-api/cpuPerRequest') + facts.number('payment-api/cpuPerTokenCheck')) / 1e6;
    const perPayment = facts.number('payment-api/cpuPerPayment') + (settles ? facts.number(SETTLE_FACT) : 0);
    this.cpuSecondsPerRequest = workload.paymentsPerRequest * perPayment / 1e6 + this.cpuSecondsPerRead;
    const peak = workload.peak.perSecond;
    this.vcpus = TASK_VCPUS.find((vcpus) => this.tasks(peak, vcpus) <= this.staffing.least) ?? 1;
  }

  /** Busy vCPU at a rate of payments: Little's law on the CPU. */
  load(rate: number): number {
    return rate / this.workload.paymentsPerRequest * this.cpuSecondsPerRequest + rate * this.workload.readsPerPayment * this.cpuSecondsPerRead;
  }

  tasks(rate: number, vcpus: number): number {
    return this.staffing.servers(this.load(rate) / vcpus);
  }

  tasksDecision(name: string, rate: number, vcpus: number, tasks: number): Decision {
    const load = this.load(rate) / vcpus;
    const { quality, zones } = this.staffing;
    const tier = this.workload.recoveryTier.name;
    return Decision.derive({
      path: PATH,
      name,
      value: tasks,
      unit: 'tasks',
      formula: `${this.staffing.formula(formatNumber(load))} = ${tasks}`,
      inputs: { paymentsPerSecond: rate, offeredLoad: load, vcpus, quality, utilization: this.utilization, zones },
      binding: this.staffing.binding(load),
      rejected: [{
        option: `${Math.max(1, roundUp(load))} tasks, just the offered load`,
        because: 'a tier at 100 % utilization has no bound on its waiting time',
      }],
      demand: load,
      quota: name === 'maximumTasks' ? quotaUse(this.facts, 'alb/targets', tasks) : undefined,
      limits: { minimum: 1, because: 'a tier without tasks answers nothing' },
      facts: [...this.cpuFacts, `target/staffing.quality.${tier}`, 'target/fargate.cpuUtilization', 'target/fargate.availabilityZones',
        `target/fargate.zonesLost.${tier}`, ...(name === 'maximumTasks' ? ['alb/targets'] : [])],
    });
  }
}

/** Smallest whole weights for a share of Spot capacity, 0 to 1. */
export function capacityWeights(spotShare: number): { onDemandWeight: number; spotWeight: number } {
  if (spotShare >= 1) {
    return { onDemandWeight: 0, spotWeight: 1 };
  }
  if (spotShare <= 0) {
    return { onDemandWeight: 1, spotWeight: 0 };
  }
  const ratio = spotShare / (1 - spotShare);
  return ratio >= 1 ? { onDemandWeight: 1, spotWeight: Math.round(ratio) } : { onDemandWeight: Math.round(1 / ratio), spotWeight: 1 };
}
