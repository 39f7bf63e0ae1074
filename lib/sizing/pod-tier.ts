import { Size } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundDown, roundUp } from './arithmetic';
import { cpuSecondsPerPayment, freeLaneSettleMilliseconds } from './consumer-lane';
import { Decision, RejectedOption, quotaUse } from './decision';
import { FactTrail } from './fact-trail';
import { formatNumber, formatShare } from './format';
import { CostLine, MonthlyUsd, costDecision, dollars, hourlyLine, monthlyCost } from './monthly-cost';
import { fetchedMilliseconds, fetchingLane } from './msk-topic';
import { NodePool, NodePoolProps, nodePools, poolOf } from './node-pool';
import { agentRequest } from './node-shape';
import { planned } from './planned';
import { Staffing } from './staffing';

export interface PodTierProps {
  /** Whether the pods take requests, or read a topic. */
  readonly role: 'api' | 'worker';
  /**
   * Partitions of the topic that workers read; needed for them.
   *
   * @default - none
   */
  readonly partitions?: number;
}

/** Size of a deployment of pods, of its autoscaler, and of the nodes under it. */
export interface PodTierSizing {
  /** vCPU that a pod requests. */
  readonly cpuRequest: number;
  /** Memory that a pod requests and is limited to. */
  readonly memory: Size;
  /** Pods that always run; what the average rate needs. */
  readonly minimumReplicas: number;
  /** Pods that the stated peak needs. */
  readonly peakReplicas: number;
  /** Bound of the autoscaler. */
  readonly maximumReplicas: number;
  /** Requests a second and pod that the autoscaler of an API aims at; 0 for workers. */
  readonly requestsPerPod: number;
  /** Lag for each replica that the autoscaler of workers aims at; 0 for an API. */
  readonly lagThreshold: number;
  readonly nodeType: string;
  readonly nodes: number;
  readonly monthlyUsd: MonthlyUsd;
  /** Of workers. */
  readonly settleMilliseconds?: number;
  /** Always empty: there is one way to have it. */
  readonly excuses: readonly string[];
  readonly decisions: readonly Decision[];
}

/** Requests of pods, smallest first; a process of one thread uses no more than one vCPU. */
const POD_VCPUS = [0.25, 0.5, 1];

/**
 * Sizes pods on nodes that Karpenter adds. Give it the workload of one cell, and for workers the partitions of a topic that was sized for it, or
 * for the high end of its bands.
 *
 * @throws Error for workers without `partitions`, and for a topic with fewer partitions than the peak needs workers
 */
export function sizePodTier(workload: Workload, facts: Facts = Facts.DEFAULT, props: PodTierProps = { role: 'api' }): PodTierSizing {
  if (props.role === 'worker' && !(Number.isInteger(props.partitions) && props.partitions! >= 1)) {
    throw new Error(`\`partitions\` must be a whole number of at least 1 for workers, got: ${props.partitions}`);
  }
  return planned(
    workload, facts,
    (it) => sizeOnce(it, facts, props),
    (sizing) => [{
      amount: sizing.peakReplicas * sizing.cpuRequest,
      unitCost: facts.number('ec2/onDemand.c7g.large.hour') / facts.number('ec2/size.large.vcpus'),
      facts: ['ec2/onDemand.c7g.large.hour', 'ec2/size.large.vcpus'],
    }],
  );
}

function sizeOnce(workload: Workload, facts: Facts, props: PodTierProps): PodTierSizing {
  const load = props.role === 'api' ? apiLoad(workload, facts) : workerLoad(workload, facts, props.partitions!);
  const peak = replicas(load, workload.peak.perSecond);
  const minimum = replicas(load, workload.average.perSecond);
  if (peak > load.most) {
    throw new Error(`\`partitions\` must be at least ${peak}, one for each worker that the peak needs, got: ${load.most}; size the cluster for this workload`);
  }
  const memory = memoryDecision(load, facts);
  const maximum = maximumDecision(load, workload.peak.perSecond, facts);
  const pool = nodesFor(load, peak, minimum, memory.value as number, facts);
  return {
    cpuRequest: load.vcpus,
    memory: Size.mebibytes(memory.value as number),
    minimumReplicas: minimum,
    peakReplicas: peak,
    maximumReplicas: maximum.value as number,
    requestsPerPod: load.requestsPerPod,
    lagThreshold: load.lagThreshold,
    nodeType: pool.chosen.type.name,
    nodes: pool.chosen.nodes,
    monthlyUsd: monthlyCost(pool.lines),
    excuses: [],
    ...(load.settleMilliseconds !== undefined && { settleMilliseconds: load.settleMilliseconds }),
    decisions: [
      cpuDecision(load, workload.peak.perSecond),
      memory,
      replicasDecision(load, 'peakReplicas', workload.peak.perSecond),
      replicasDecision(load, 'minimumReplicas', workload.average.perSecond),
      maximum,
      load.scaling,
      nodesDecision(load, pool, peak, facts),
      costDecision({ path: load.path, lines: pool.lines, rejected: pool.rejected, facts: pool.facts }),
    ],
  };
}

/** What one kind of pods has to do, and how it is scaled. */
interface PodLoad {
  readonly path: string;
  readonly staffing: Staffing;
  readonly vcpus: number;
  /** Busy vCPU at a rate of payments. */
  readonly busy: (rate: number) => number;
  /** Pods that the work can be split over. */
  readonly most: number;
  readonly requestsPerPod: number;
  readonly lagThreshold: number;
  readonly settleMilliseconds?: number;
  /** The decision on what the autoscaler aims at. */
  readonly scaling: Decision;
  readonly facts: readonly string[];
}

/** Pods that take payments in: the measured CPU of a request and of a payment. */
function apiLoad(workload: Workload, facts: Facts): PodLoad {
  const trail = new FactTrail(facts);
  const path = 'apiPods';
  const utilization = trail.number('target/pods.cpuUtilization');
  const staffing = new Staffing(trail, workload.recoveryTier, utilization);
  const secondsPerRead = (trail.number('payment-api/cpuPerRequest') + trail.number('payment-api/cpuPerTokenCheck')) / 1e6;
  const secondsPerRequest = workload.paymentsPerRequest * trail.number('payment-api/cpuPerPayment') / 1e6 + secondsPerRead;
  const busy = (rate: number): number => rate / workload.paymentsPerRequest * secondsPerRequest + rate * workload.readsPerPayment * secondsPerRead;
  const vcpus = smallestPod(staffing, busy(workload.peak.perSecond));
  const requestsPerPod = Math.max(1, roundDown(utilization * vcpus / secondsPerRequest));
  const scaling = Decision.derive({
    path,
    name: 'requestsPerPod',
    value: requestsPerPod,
    unit: 'requests/s',
    formula: `max(1, floor(${utilization} x ${vcpus} vCPU / ${formatNumber(1e6 * secondsPerRequest)} µs a request)) = ${requestsPerPod}`,
    inputs: { microsecondsPerRequest: 1e6 * secondsPerRequest, utilization, paymentsPerRequest: workload.paymentsPerRequest },
    binding: 'CPU of a pod at its target utilization',
    rejected: [{
      option: 'CPU alone',
      because: `known only after it was used for a while; requests are counted as they come, and the ${formatShare(1 - utilization)} left last until new pods are ready`,
    }],
    limits: { minimum: 1, because: 'a target of an autoscaler' },
    facts: trail.ids(),
  });
  return { path, staffing, vcpus, busy, most: Infinity, requestsPerPod, lagThreshold: 0, scaling, facts: trail.ids() };
}

/** Pods that read a topic: each takes several partitions, none shares one with another. */
function workerLoad(workload: Workload, facts: Facts, partitions: number): PodLoad {
  const trail = new FactTrail(facts);
  const path = 'workerPods';
  const utilization = Math.min(trail.number('target/pods.cpuUtilization'), 1 / trail.number('target/worker.catchUpFactor'));
  const staffing = new Staffing(trail, workload.recoveryTier, utilization);
  const secondsPerPayment = cpuSecondsPerPayment(trail) * (1 + trail.number('consumer-library/cpuShare'));
  const busy = (rate: number): number => rate * secondsPerPayment;
  const vcpus = smallestPod(staffing, busy(workload.peak.perSecond));
  const { paymentsPerSecond } = fetchingLane(workload, trail, vcpus);
  const drainSeconds = workload.latencyTarget.settle.milliseconds / 1000 * trail.number('target/pods.drainShareOfSettle');
  const lagThreshold = Math.max(1, roundDown(paymentsPerSecond * drainSeconds));
  const settleMilliseconds = freeLaneSettleMilliseconds(trail, fetchedMilliseconds(trail), 0);
  const scaling = Decision.derive({
    path,
    name: 'lagThreshold',
    value: lagThreshold,
    unit: 'records',
    formula: `max(1, floor(${formatNumber(paymentsPerSecond)}/s of a pod x ${formatNumber(drainSeconds)} s)) = ${lagThreshold}`,
    inputs: { paymentsPerSecondOfPod: paymentsPerSecond, drainSeconds, settleMillisecondsOfFreePod: settleMilliseconds },
    binding: 'lag that a pod works off within its share of the settle target; the autoscaler counts the lag of all partitions for each replica',
    rejected: [{
      option: '10 records, the default of the autoscaler',
      because: `a pod works that off in ${formatNumber(10 / paymentsPerSecond * 1000)} ms, so that every batch would ask for more pods`,
    }],
    limits: { minimum: 1, because: 'a threshold of 0 asks for pods without end' },
    facts: trail.ids(),
  });
  return { path, staffing, vcpus, busy, most: partitions, requestsPerPod: 0, lagThreshold, settleMilliseconds, scaling, facts: trail.ids() };
}

function smallestPod(staffing: Staffing, busyVcpus: number): number {
  return POD_VCPUS.find((it) => staffing.servers(busyVcpus / it) <= staffing.least) ?? 1;
}

function replicas(load: PodLoad, rate: number): number {
  return load.staffing.servers(load.busy(rate) / load.vcpus);
}

function cpuDecision(load: PodLoad, peak: number): Decision {
  const busy = load.busy(peak);
  return Decision.derive({
    path: load.path,
    name: 'cpuRequest',
    value: load.vcpus,
    unit: 'vCPU',
    formula: `smallest of ${POD_VCPUS.join(', ')} with which ${load.staffing.least} pod(s) carry ${formatNumber(busy)} busy vCPU, or the largest = ${load.vcpus}`,
    inputs: { busyVcpuAtPeak: busy, leastPods: load.staffing.least },
    binding: load.vcpus === 1 ? 'one thread uses one vCPU; more load means more pods' : 'the smallest pod that keeps their number at its least',
    rejected: [{ option: 'a CPU limit', because: `a pod that is held at ${load.vcpus} vCPU answers late although its node has CPU to spare` }],
    facts: load.facts,
  });
}

function replicasDecision(load: PodLoad, name: string, rate: number): Decision {
  const offered = load.busy(rate) / load.vcpus;
  const value = replicas(load, rate);
  return Decision.derive({
    path: load.path,
    name,
    value,
    unit: 'pods',
    formula: `${load.staffing.formula(formatNumber(offered))} = ${value}`,
    inputs: {
      paymentsPerSecond: rate, offeredLoad: offered, vcpus: load.vcpus,
      quality: load.staffing.quality, utilization: load.staffing.utilization,
    },
    binding: load.staffing.binding(offered),
    rejected: [{ option: `${Math.max(1, roundUp(offered))} pods, just the offered load`, because: 'a tier at 100 % utilization has no bound on its waiting time' }],
    demand: offered,
    limits: { minimum: 1, because: 'a tier without pods does nothing' },
    facts: load.facts,
  });
}

function memoryDecision(load: PodLoad, facts: Facts): Decision {
  const trail = new FactTrail(facts);
  const value = trail.number('target/pods.memoryMiB');
  const resident = trail.number('node/residentMemory');
  return Decision.derive({
    path: load.path,
    name: 'memory',
    value,
    unit: 'MiB',
    formula: `design target, of which a started process has ${formatNumber(resident)} MiB = ${value}`,
    inputs: { residentMiB: resident },
    binding: 'request and limit are the same, so that a node is never out of memory',
    rejected: [{ option: 'a limit above the request', because: `pods that use more than ${value} MiB at a time would be killed by the node, not by their own limit` }],
    demand: resident,
    limits: { minimum: resident, because: 'a process that is started' },
    facts: trail.ids(),
  });
}

function maximumDecision(load: PodLoad, rate: number, facts: Facts): Decision {
  const trail = new FactTrail(facts);
  const factor = trail.number('target/pods.scaleOutFactor');
  const peak = replicas(load, rate);
  const wanted = roundUp(peak * factor);
  const value = Math.min(wanted, load.most);
  const bounded = Number.isFinite(load.most);
  return Decision.derive({
    path: load.path,
    name: 'maximumReplicas',
    value,
    unit: 'pods',
    formula: `min(ceil(${peak} at the peak x ${factor})${bounded ? `, ${load.most} partitions` : ''}) = ${value}`,
    inputs: { peakReplicas: peak, factor },
    binding: value < wanted ? 'more pods than partitions would read nothing' : 'room above the stated peak, and a bound on what a runaway load costs',
    rejected: [{ option: `${peak} pods`, because: `the peak is a forecast; at its bound an autoscaler does nothing for what comes above ${formatNumber(rate)} payments/s` }],
    demand: load.busy(rate) / load.vcpus,
    limits: bounded
      ? { minimum: 1, maximum: load.most, because: 'each worker reads partitions of its own' }
      : { minimum: 1, because: 'a tier without pods does nothing' },
    facts: [...trail.ids(), ...load.facts],
  });
}

/** The nodes under the pods, and what they cost. */
interface Nodes {
  readonly chosen: NodePool;
  readonly lines: readonly CostLine[];
  readonly rejected: readonly RejectedOption[];
  readonly facts: readonly string[];
}

function nodesFor(load: PodLoad, peak: number, minimum: number, memoryMiB: number, facts: Facts): Nodes {
  const trail = new FactTrail(facts);
  const { least } = load.staffing;
  const agents = agentRequest(trail);
  const props = (pods: number): NodePoolProps => ({
    pods,
    pod: { vcpus: load.vcpus, memoryMiB },
    agents,
    zones: least,
    leastNodes: least,
  });
  const [chosen, ...others] = nodePools(trail, props(peak));
  const usual = poolOf(chosen.type, props(minimum)).nodes;
  return {
    chosen,
    lines: [hourlyLine(`${chosen.type.name} nodes`, { low: usual, typical: usual, high: chosen.nodes }, chosen.type.hourlyUsd)],
    rejected: others.map((it) => ({
      option: `${it.nodes} x ${it.type.name}`,
      because: `${dollars(it.hourlyUsd)} an hour at the peak against ${dollars(chosen.hourlyUsd)}; ${it.podsPerNode} pods on each`,
    })),
    facts: [...trail.ids(), ...load.facts],
  };
}

function nodesDecision(load: PodLoad, pool: Nodes, peak: number, facts: Facts): Decision {
  const trail = new FactTrail(facts);
  const { chosen } = pool;
  const zones = load.staffing.least;
  return Decision.derive({
    path: load.path,
    name: 'nodes',
    value: chosen.nodes,
    unit: chosen.type.name,
    formula: `${zones} zone(s) x ceil(ceil(${peak} pods / ${zones}) / ${chosen.podsPerNode} on a node) = ${chosen.nodes}`,
    inputs: { pods: peak, podsPerNode: chosen.podsPerNode, vcpusOfNode: chosen.type.vcpus, usdPerHourOfNode: chosen.type.hourlyUsd },
    binding: `least cost of the types that hold a pod of ${load.vcpus} vCPU; a lost node takes ${formatNumber(roundUp(peak / chosen.nodes))} of ${peak} pods`,
    rejected: pool.rejected,
    quota: quotaUse(trail, 'eks/nodesPerManagedNodeGroup', chosen.nodes),
    demand: peak / chosen.podsPerNode,
    limits: { minimum: zones, because: 'a node in each zone' },
    facts: [...pool.facts, ...trail.ids()],
  });
}
