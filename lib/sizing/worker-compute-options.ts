import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { cpuSecondsPerPayment, freeLaneSettleMilliseconds, knownPercentile } from './consumer-lane';
import { formatBytes, formatNumber, formatShare } from './format';
import { KinesisStreamSizing } from './kinesis-stream';
import { lambdaLines } from './lambda-usage';
import { CostLine, LoadRange, hourlyLine, monthlyCost, usageLine } from './monthly-cost';
import { NodePoolProps, nodePools, nodeTypes, poolOf } from './node-pool';
import { agentRequest } from './node-shape';
import { SizingOption } from './sizing-option';
import { packedTraffic } from './stream-traffic';
import { sizeStreamWorker } from './stream-worker';

export type WorkerComputeKind = 'lambda' | 'lambda-managed-instances' | 'fargate' | 'fargate-spot' | 'pods' | 'pods-spot';

/** One place where the worker can run. */
export interface WorkerComputeOption extends SizingOption {
  readonly kind: WorkerComputeKind;
  /** What the amount counts. */
  readonly unit: string;
  /** At no load, at the average rate, at the peak. */
  readonly amount: LoadRange;
  /** vCPU that are paid for at the peak. */
  readonly vcpus: number;
  /** vCPU that the peak keeps busy. */
  readonly busyVcpus: number;
  readonly settleMilliseconds: number;
  /** Whether a library reads the shards, with leases and checkpoints, where otherwise a mapping does. */
  readonly ownConsumer: boolean;
  /** What this place cannot do. */
  readonly cannot: readonly string[];
  /** How the amount at the peak comes about, without its result. */
  readonly formula: string;
  /** What held the amount where it is. */
  readonly binding: string;
  readonly quota?: { readonly id: string; readonly used: number };
  readonly lines: readonly CostLine[];
}

/** Sizes of tasks and pods, smallest first; a process of one thread uses no more than one vCPU. */
const PROCESS_VCPUS = [0.25, 0.5, 1];
const MIB_PER_GIB = 1024;
const MANAGED = 'lambda-managed-instances';

/** All places, in the order in which they are told. */
export function workerComputeOptions(workload: Workload, stream: KinesisStreamSizing, facts: Facts): WorkerComputeOption[] {
  const own = new OwnConsumer(workload, stream, facts);
  return [
    lambda(workload, stream, facts),
    managedInstances(workload, stream, facts),
    own.fargate(false),
    own.fargate(true),
    own.pods(false),
    own.pods(true),
  ];
}

/** Says so where even a free lane is too slow at the percentile of the settle target. */
function lateness(workload: Workload, settle: (percentile: number) => number): string[] {
  const { milliseconds, percentile } = workload.latencyTarget.settle;
  const least = settle(percentile);
  return least > milliseconds
    ? [`settles within ${formatNumber(least)} ms at p${percentile} at the best, the target is ${formatNumber(milliseconds)} ms`] : [];
}

/** Time behind a mapping, which pushes or polls as the stream was sized. */
function mappedSettle(stream: KinesisStreamSizing, facts: Facts, percentile: number): number {
  const known = knownPercentile(percentile);
  const delivery = facts.number(`lambda-esm/kinesis.${stream.enhancedFanOut ? 'efo' : 'standard'}.${known}`);
  return freeLaneSettleMilliseconds(facts, delivery, facts.number(`lambda/invokeOverhead.sync.${known}.default`), percentile);
}

/** Time of a consumer that reads its shards as often as that is allowed: up to one interval, half of it in the mean. */
function polledSettle(facts: Facts, percentile: number): number {
  const known = knownPercentile(percentile);
  const interval = 1000 / facts.number('kinesis/shard.getRecordsPerSec');
  const delivery = facts.number(`kinesis/putRecord.${known}.default`) + (known === 'p50' ? interval / 2 : interval);
  return freeLaneSettleMilliseconds(facts, delivery, 0, percentile);
}

/** Time of a consumer that is pushed to; no earlier than a function. */
function pushedSettle(facts: Facts, percentile: number): number {
  return freeLaneSettleMilliseconds(facts, facts.number(`lambda-esm/kinesis.efo.${knownPercentile(percentile)}`), 0, percentile);
}

function lambda(workload: Workload, stream: KinesisStreamSizing, facts: Facts): WorkerComputeOption {
  const worker = sizeStreamWorker(workload, stream, facts);
  const memoryMiB = worker.memory.toMebibytes();
  const vcpus = memoryMiB / facts.number('lambda/memory.mbPerVcpu');
  const { paymentsPerRecord } = stream.aggregation;
  const lines = lambdaLines(facts, { average: workload.average.perSecond, peak: workload.peak.perSecond }, {
    lanes: worker.reservedConcurrency, memoryMiB, paymentsPerBatch: worker.batchSize * paymentsPerRecord, paymentsPerRecord,
  });
  const settle = (percentile: number): number => mappedSettle(stream, facts, percentile);
  return {
    kind: 'lambda',
    name: `Lambda, ${worker.reservedConcurrency} x ${memoryMiB} MiB`,
    unit: 'execution environments',
    amount: { low: 0, typical: worker.reservedConcurrency, high: worker.reservedConcurrency },
    vcpus: worker.reservedConcurrency * vcpus,
    busyVcpus: workload.peak.perSecond * cpuSecondsPerPayment(facts),
    settleMilliseconds: settle(99),
    ownConsumer: false,
    cannot: ['one batch at a time for each shard, and every wait for the ledger is billed'],
    formula: `${worker.reservedConcurrency} shards x 1 lane`,
    binding: 'one execution environment for each lane of the mapping',
    quota: { id: 'lambda/concurrency.accountDefault', used: worker.reservedConcurrency },
    lines,
    monthlyUsd: monthlyCost(lines),
    excuses: lateness(workload, settle),
  };
}

/** The same function and mapping on instances of the account: EC2 prices and a fee, no charge for time, but instances never go away. */
function managedInstances(workload: Workload, stream: KinesisStreamSizing, facts: Facts): WorkerComputeOption {
  const least = facts.number(`${MANAGED}/environments.minimum`);
  const reserved = facts.number(`${MANAGED}/instance.reservedVcpu`);
  const utilization = facts.number('target/fargate.cpuUtilization');
  const catchUp = facts.number('target/worker.catchUpFactor');
  const busy = (rate: number): number => rate * cpuSecondsPerPayment(facts);
  const factor = Math.max(catchUp, 1 / utilization);
  const instances = (rate: number, vcpus: number): number => Math.max(least, roundUp(busy(rate) * factor / (vcpus - reserved)));
  const memoryMiB = facts.number(`${MANAGED}/memory.minMiB`) + facts.number(`${MANAGED}/instance.reservedMiB`);
  const types = nodeTypes(facts).filter((it) => it.memoryGiB * MIB_PER_GIB >= memoryMiB);
  const type = types.reduce((best, it) =>
    (instances(workload.peak.perSecond, it.vcpus) * it.hourlyUsd < instances(workload.peak.perSecond, best.vcpus) * best.hourlyUsd ? it : best));
  const amount = { low: least, typical: instances(workload.average.perSecond, type.vcpus), high: instances(workload.peak.perSecond, type.vcpus) };
  const invocations = (rate: number): number => rate / stream.aggregation.paymentsPerRecord;
  const lines = [
    hourlyLine(`${type.name} instances`, amount, type.hourlyUsd),
    hourlyLine('management fees', amount, type.hourlyUsd * facts.number(`${MANAGED}/managementFee`)),
    usageLine('invocations', { typical: invocations(workload.average.perSecond), high: invocations(workload.peak.perSecond) }, facts.number(`${MANAGED}/request`)),
  ];
  const settle = (percentile: number): number => mappedSettle(stream, facts, percentile);
  const { bytesPerSecond } = packedTraffic(workload, facts, workload.peak.perSecond, stream.aggregation.paymentsPerRecord);
  const mapping = facts.number(`${MANAGED}/kinesisMapping.bytesPerSec`);
  const vcpuBound = facts.number(`${MANAGED}/capacityProvider.maxVcpu`);
  return {
    kind: 'lambda-managed-instances',
    name: `Lambda Managed Instances, ${amount.high} x ${type.name}`,
    unit: 'instances',
    amount,
    vcpus: amount.high * type.vcpus,
    busyVcpus: busy(workload.peak.perSecond),
    settleMilliseconds: settle(99),
    ownConsumer: false,
    cannot: [
      `never below ${least} instances, nor faster than double in ${formatNumber(facts.number(`${MANAGED}/doublingSec`) / 60)} min`,
      ...(amount.high * type.vcpus > vcpuBound
        ? [`its capacity provider stops at ${formatNumber(vcpuBound)} vCPU until told otherwise, the peak takes ${formatNumber(amount.high * type.vcpus)}`] : []),
      ...(bytesPerSecond > mapping ? [`its mappings take ${formatBytes(mapping)}/s until the quota is raised, the peak is ${formatBytes(bytesPerSecond)}/s`] : []),
    ],
    formula: `max(${least}, ceil(${formatNumber(busy(workload.peak.perSecond))} vCPU x ${formatNumber(factor)} / (${type.vcpus} - ${reserved})))`,
    binding: amount.high === least ? 'instances that run at any load' : 'CPU of the worker while it catches up',
    quota: { id: `${MANAGED}/kinesisMapping.bytesPerSec`, used: bytesPerSecond },
    lines,
    monthlyUsd: monthlyCost(lines),
    excuses: lateness(workload, settle),
  };
}

/** A process that reads shards by itself, in tasks or pods. One process serves several shards, so that it never waits for the ledger alone. */
class OwnConsumer {
  /** Whether reading as often as that is allowed is too slow. */
  private readonly fanOut: boolean;
  private readonly zones: number;
  private readonly zonesLost: number;
  private readonly spotShare: number;
  private readonly catchUp: number;
  private readonly vcpus: number;
  private readonly processes: LoadRange;

  constructor(private readonly workload: Workload, private readonly stream: KinesisStreamSizing, private readonly facts: Facts) {
    const tier = workload.recoveryTier.name;
    this.zones = facts.number('target/fargate.availabilityZones');
    this.zonesLost = facts.number(`target/fargate.zonesLost.${tier}`);
    this.spotShare = facts.number(`target/fargate.spotShare.${tier}`);
    this.catchUp = facts.number('target/worker.catchUpFactor');
    this.fanOut = lateness(workload, (percentile) => polledSettle(facts, percentile)).length > 0;
    this.vcpus = PROCESS_VCPUS.find((it) => this.amount(workload.peak.perSecond, it) <= this.least) ?? 1;
    const average = this.amount(workload.average.perSecond, this.vcpus);
    this.processes = { low: this.least, typical: average, high: this.amount(workload.peak.perSecond, this.vcpus) };
  }

  fargate(spot: boolean): WorkerComputeOption {
    const { facts } = this;
    const gigabytes = this.vcpus * facts.number('fargate/task.memoryPerVcpu.minimumMiB') / MIB_PER_GIB;
    const price = (kind: string): number => this.vcpus * facts.number(`fargate/${kind}.vcpuHour`) + gigabytes * facts.number(`fargate/${kind}.gbHour`);
    const lines = spot ? this.spotLines(`tasks of ${this.vcpus} vCPU`, this.processes, price('arm'), price('spot.arm'))
      : [hourlyLine(`tasks of ${this.vcpus} vCPU`, this.processes, price('arm'))];
    return this.option(spot ? 'fargate-spot' : 'fargate', lines, {
      name: `Fargate${spot ? ' and Fargate Spot' : ''}, ${this.processes.high} x ${this.vcpus} vCPU`,
      unit: 'tasks',
      amount: this.processes,
      vcpus: this.processes.high * this.vcpus,
      quota: { id: 'fargate/onDemandVcpu.default', used: this.vcpus * (spot ? this.onDemand(this.processes.high) : this.processes.high) },
      cannot: spot ? ['Spot tasks go with two minutes of notice, and their shards stand still until other tasks have the leases'] : [],
    });
  }

  pods(spot: boolean): WorkerComputeOption {
    const { facts } = this;
    const agents = agentRequest(facts);
    const props = (pods: number): NodePoolProps => ({
      pods,
      pod: { vcpus: this.vcpus, memoryMiB: facts.number('target/pods.memoryMiB') },
      agents,
      zones: this.zonesLost > 0 ? this.zones : 1,
      leastNodes: this.least,
    });
    const { low, typical, high } = this.processes;
    const pool = nodePools(facts, props(high))[0];
    const { type } = pool;
    const nodes = { low: poolOf(type, props(low)).nodes, typical: poolOf(type, props(typical)).nodes, high: pool.nodes };
    const spotPrice = type.hourlyUsd * (1 - facts.number('ec2/spot.graviton.typicalDiscount'));
    const lines = [
      ...(spot ? this.spotLines(`${type.name} nodes`, nodes, type.hourlyUsd, spotPrice) : [hourlyLine(`${type.name} nodes`, nodes, type.hourlyUsd)]),
      // All of the cluster, although others run on it as well.
      hourlyLine('cluster', 1, facts.number('eks/clusterHour')),
    ];
    return this.option(spot ? 'pods-spot' : 'pods', lines, {
      name: `${this.processes.high} pods of ${this.vcpus} vCPU on ${pool.nodes} x ${type.name}${spot ? ', Spot above the average' : ''}`,
      unit: 'pods',
      amount: this.processes,
      vcpus: this.processes.high * this.vcpus,
      cannot: ['a cluster with its nodes, versions and add-ons is to be run', ...(spot ? ['Spot nodes go with two minutes of notice'] : [])],
    });
  }

  private option(
    kind: WorkerComputeKind, lines: readonly CostLine[],
    rest: Pick<WorkerComputeOption, 'name' | 'unit' | 'amount' | 'vcpus' | 'quota' | 'cannot'>,
  ): WorkerComputeOption {
    const { stream, workload } = this;
    const busyVcpus = this.busy(workload.peak.perSecond);
    const wanted = this.processes.high;
    const saved = stream.enhancedFanOut && !this.fanOut ? 'reads often enough without enhanced fan-out, whose price it would save' : undefined;
    return {
      ...rest,
      kind,
      busyVcpus,
      settleMilliseconds: this.settle(99),
      ownConsumer: true,
      cannot: ['needs a consumer library with a lease table, checkpoints and a drain at each deployment; no mapping retries or gives up for it',
        ...(saved === undefined ? [] : [saved]), ...rest.cannot],
      formula: `max(${this.least}, ceil(${formatNumber(busyVcpus)} vCPU x ${this.catchUp} / ${this.vcpus}${this.zonesLost > 0 ? ` x ${this.zones} / ${this.zones - this.zonesLost} zones` : ''}))`,
      binding: wanted === this.least ? `one in each of ${this.least} zones` : 'CPU of the worker and of reading the stream while it catches up',
      lines,
      monthlyUsd: monthlyCost(lines),
      excuses: [
        ...lateness(workload, (percentile) => this.settle(percentile)),
        ...(wanted > Math.max(stream.shards, this.least)
          ? [`needs ${wanted} processes, and the ${stream.shards} shards keep no more than ${stream.shards} of them busy`] : []),
      ],
    };
  }

  private settle(percentile: number): number {
    return this.fanOut ? pushedSettle(this.facts, percentile) : polledSettle(this.facts, percentile);
  }

  private get least(): number {
    return this.zonesLost > 0 ? this.zones : 1;
  }

  /** Busy vCPU: the worker, and what reading the stream adds to it. */
  private busy(rate: number): number {
    return rate * cpuSecondsPerPayment(this.facts) * (1 + this.facts.number('consumer-library/cpuShare'));
  }

  private amount(rate: number, vcpus: number): number {
    return Math.max(this.least, roundUp(this.busy(rate) * this.catchUp / vcpus * this.zones / (this.zones - this.zonesLost)));
  }

  /** On-Demand for the average rate, and its share of what comes above. */
  private onDemand(amount: number): number {
    const { typical } = this.processes;
    return amount <= typical ? amount : typical + roundUp((amount - typical) * (1 - this.spotShare));
  }

  private spotLines(name: string, amount: LoadRange, price: number, spotPrice: number): CostLine[] {
    const above = Math.max(0, amount.high - amount.typical);
    const onSpot = above - roundUp(above * (1 - this.spotShare));
    const line = hourlyLine(name, { ...amount, high: amount.high - onSpot }, price);
    const spot = hourlyLine(`${name} on Spot (${formatShare(this.spotShare)} above the average)`, { low: 0, typical: 0, high: onSpot }, spotPrice);
    return [line, spot];
  }
}
