import { Facts } from '../facts';
import { roundUp } from './arithmetic';
import { formatBytes, formatNumber } from './format';
import { BILLED_GB, CostLine, hourlyLine, monthlyCost, storedLine, usageLine } from './monthly-cost';
import { SizingOption } from './sizing-option';

export type MskKind = 'standard' | 'express' | 'serverless';

/** What a cluster has to do. */
export interface MskDemand {
  readonly peakBytesPerSecond: number;
  readonly averageBytesPerSecond: number;
  /** Groups of consumers, each of which reads everything. */
  readonly consumerGroups: number;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly retentionHours: number;
  /** Processes that are connected: producers and consumers. */
  readonly clients: number;
  /** Requests of producers a second. */
  readonly requestsPerSecond: number;
}

/** What one resource of a cluster has to do, and how many brokers that takes. */
export interface BrokerNeed {
  readonly resource: 'ingress' | 'egress' | 'partitions' | 'storage';
  readonly demand: number;
  /** What a broker takes at its target utilization. */
  readonly perBroker: number;
  /** Brokers that would be busy all the time. */
  readonly busyBrokers: number;
  readonly brokers: number;
  /** Demand and capacity with their unit. */
  readonly text: string;
}

/** One kind and size of brokers. */
export interface MskOption extends SizingOption {
  readonly kind: MskKind;
  /** Instance type of a broker, e.g. `kafka.m7g.large`; `serverless` where there is none. */
  readonly brokerType: string;
  /** 0 for serverless. */
  readonly brokers: number;
  readonly storagePerBrokerGiB: number;
  /** The resource that asks for the most brokers. */
  readonly bottleneck: BrokerNeed | undefined;
  readonly lines: readonly CostLine[];
}

const MIB = 1024 * 1024;
const MEGA = 1e6;
const HOUR = 3600;
/** Sizes of brokers whose throughput and price are both known, smallest first. */
const SIZES = ['large', 'xlarge', '2xlarge', '4xlarge', '8xlarge', '16xlarge'];
const LARGEST_CLUSTER = 'msk/brokers.perCluster.kraft';

/** The options of a kind, smallest brokers first. */
export function brokerOptions(kind: MskKind, demand: MskDemand, facts: Facts, settleMilliseconds: number): MskOption[] {
  switch (kind) {
    case 'standard': return SIZES.map((size) => standardOption(size, demand, facts, settleMilliseconds));
    case 'express': return SIZES.map((size) => expressOption(size, demand, facts, settleMilliseconds));
    case 'serverless': return [serverlessOption(demand, facts, settleMilliseconds)];
  }
}

/**
 * A broker with disks of its own. Everything that moves through it is a multiple of what is produced: replication, readers that lag, the move of
 * partitions, all with one of three zones down.
 */
function standardOption(size: string, demand: MskDemand, facts: Facts, settleMilliseconds: number): MskOption {
  const type = `kafka.m7g.${size}`;
  const zones = facts.number('target/msk.availabilityZones');
  const utilization = facts.number('target/msk.utilization.standard');
  const byDisk = facts.number(`msk/${type}.storageMiBps`) / facts.number('msk/standard.storageIoPerIngress');
  const networkFactor = facts.number('msk/standard.networkIoPerIngress') + demand.consumerGroups * zones / (zones - 1);
  const byNetwork = facts.number(`msk/${type}.networkMiBps`) / networkFactor;
  const storage = demand.averageBytesPerSecond * demand.retentionHours * HOUR * demand.replicationFactor
    * facts.number('target/msk.storageHeadroom') / BILLED_GB;
  const perBroker = (resource: 'ingress' | 'egress', mibps: number): BrokerNeed => throughput(resource, demand.peakBytesPerSecond, mibps * MIB, utilization, zones);
  const needs = [
    perBroker('ingress', byDisk),
    perBroker('egress', byNetwork),
    partitionNeed(type, demand, facts, zones),
    need('storage', storage, facts.number('msk/broker.storage.maxGiB'), zones, (it) => `${formatNumber(it)} GiB`),
  ];
  const bottleneck = most(needs);
  const { brokers } = bottleneck;
  const lines = [
    hourlyLine(`${type} brokers`, brokers, facts.number(`msk/${type}.hour`)),
    storedLine('GB of disk', { low: storage, typical: storage, high: storage }, facts.number('msk/storage.gbMonth')),
    crossZoneLine(demand, facts, zones),
  ];
  return {
    kind: 'standard', brokerType: type, brokers, storagePerBrokerGiB: roundUp(storage / brokers), bottleneck, lines,
    name: `${brokers} x ${type}`, monthlyUsd: monthlyCost(lines), settleMilliseconds, excuses: tooMany(brokers, bottleneck, facts),
  };
}

/** A broker without disks: the service keeps and copies what is produced, and states what each size takes. */
function expressOption(size: string, demand: MskDemand, facts: Facts, settleMilliseconds: number): MskOption {
  const type = `express.m7g.${size}`;
  const zones = facts.number('target/msk.availabilityZones');
  const utilization = facts.number('target/msk.utilization.express');
  const sustained = facts.number(`msk/${type}.ingressMBps`) * MEGA;
  const egress = sustained * facts.number('msk/express.egressPerIngress');
  const stored = demand.averageBytesPerSecond * demand.retentionHours * HOUR / BILLED_GB;
  const needs = [
    throughput('ingress', demand.peakBytesPerSecond, sustained, utilization, zones),
    throughput('egress', demand.peakBytesPerSecond * demand.consumerGroups, egress, utilization, zones),
    partitionNeed(type, demand, facts, zones),
  ];
  const bottleneck = most(needs);
  const { brokers } = bottleneck;
  const lines = [
    hourlyLine(`${type} brokers`, brokers, facts.number(`msk/${type}.hour`)),
    usageLine('GB in', flow(demand), facts.number('msk/express.ingest.gb')),
    storedLine('GB kept', { low: 0, typical: stored, high: stored * demand.peakBytesPerSecond / demand.averageBytesPerSecond }, facts.number('msk/storage.gbMonth')),
    crossZoneLine(demand, facts, zones),
  ];
  return {
    kind: 'express', brokerType: type, brokers, storagePerBrokerGiB: 0, bottleneck, lines,
    name: `${brokers} x ${type}`, monthlyUsd: monthlyCost(lines), settleMilliseconds,
    excuses: [...tooMany(brokers, bottleneck, facts), ...withoutZone(demand, brokers, sustained, facts, zones)],
  };
}

function serverlessOption(demand: MskDemand, facts: Facts, settleMilliseconds: number): MskOption {
  const utilization = facts.number('target/msk.utilization.serverless');
  const stored = demand.averageBytesPerSecond * demand.retentionHours * HOUR / BILLED_GB;
  const megabytesIn = demand.peakBytesPerSecond / MEGA;
  const megabytesOut = megabytesIn * demand.consumerGroups;
  const lines = [
    hourlyLine('cluster', 1, facts.number('msk/serverless.clusterHour')),
    hourlyLine('partitions', demand.partitions, facts.number('msk/serverless.partitionHour')),
    usageLine('GB in', flow(demand), facts.number('msk/serverless.gbIn')),
    usageLine('GB out', flow(demand, demand.consumerGroups), facts.number('msk/serverless.gbOut')),
    storedLine('GB kept', { low: 0, typical: stored, high: stored * demand.peakBytesPerSecond / demand.averageBytesPerSecond }, facts.number('msk/serverless.storage.gbMonth')),
  ];
  const limits: readonly (readonly [what: string, used: number, id: string, share: number])[] = [
    ['MB/s in', megabytesIn, 'msk/serverless.ingressMBps', utilization],
    ['MB/s out', megabytesOut, 'msk/serverless.egressMBps', utilization],
    ['partitions', demand.partitions, 'msk/serverless.partitions', 1],
    ['MB/s in a partition', megabytesIn / demand.partitions, 'msk/serverless.partitionIngressMBps', 1],
    ['MB/s out of a partition', megabytesOut / demand.partitions, 'msk/serverless.partitionEgressMBps', 1],
    ['connected clients', demand.clients, 'msk/serverless.connections', 1],
    ['requests/s', demand.requestsPerSecond, 'msk/serverless.requestsPerSec', 1],
  ];
  return {
    kind: 'serverless', brokerType: 'serverless', brokers: 0, storagePerBrokerGiB: 0, bottleneck: undefined, lines,
    name: 'MSK Serverless', monthlyUsd: monthlyCost(lines), settleMilliseconds,
    excuses: limits
      .map(([what, used, id, share]) => ({ what, used, most: facts.number(id) * share }))
      .filter((it) => it.used > it.most)
      .map((it) => `${formatNumber(it.used)} ${it.what}, a cluster takes ${formatNumber(it.most)}`),
  };
}

function throughput(resource: 'ingress' | 'egress', bytesPerSecond: number, perBroker: number, utilization: number, zones: number): BrokerNeed {
  return need(resource, bytesPerSecond, perBroker, zones, (it) => `${formatBytes(it)}/s`, utilization);
}

function partitionNeed(type: string, demand: MskDemand, facts: Facts, zones: number): BrokerNeed {
  const perBroker = facts.number(`msk/${type}.partitions.recommended`);
  return need('partitions', demand.partitions * demand.replicationFactor, perBroker, zones, (it) => `${formatNumber(it)} partitions with their copies`);
}

/** Brokers come in equal numbers in each zone. */
function need(
  resource: BrokerNeed['resource'], demand: number, capacity: number, zones: number, text: (amount: number) => string, utilization: number = 1,
): BrokerNeed {
  const perBroker = capacity * utilization;
  return {
    resource,
    demand,
    perBroker,
    busyBrokers: demand / capacity,
    brokers: zones * Math.max(1, roundUp(demand / perBroker / zones)),
    text: `${resource}: ${text(demand)}, a broker takes ${text(perBroker)}`,
  };
}

function most(needs: readonly BrokerNeed[]): BrokerNeed {
  return needs.reduce((worst, it) => (it.demand / it.perBroker > worst.demand / worst.perBroker ? it : worst));
}

function tooMany(brokers: number, bottleneck: BrokerNeed, facts: Facts): string[] {
  const largest = facts.number(LARGEST_CLUSTER);
  return brokers > largest ? [`needs ${formatNumber(brokers)} brokers, a cluster has ${formatNumber(largest)} (${bottleneck.text})`] : [];
}

/** Above the sustained throughput a broker goes on for a while, above this one it throttles. */
function withoutZone(demand: MskDemand, brokers: number, sustained: number, facts: Facts, zones: number): string[] {
  const left = brokers * (zones - 1) / zones;
  const throttled = left * sustained * facts.number('msk/express.throttlePerSustained');
  return demand.peakBytesPerSecond > throttled
    ? [`without one zone its brokers throttle at ${formatBytes(throttled)}/s, the peak is ${formatBytes(demand.peakBytesPerSecond)}/s`]
    : [];
}

/** Producers reach a leader in another zone for most records; readers fetch from the replica in their own. Both directions are billed. */
function crossZoneLine(demand: MskDemand, facts: Facts, zones: number): CostLine {
  return usageLine('GB between zones', flow(demand, (zones - 1) / zones), 2 * facts.number('vpc/interAz.gb'));
}

function flow(demand: MskDemand, times: number = 1): { typical: number; high: number } {
  return { typical: times * demand.averageBytesPerSecond / BILLED_GB, high: times * demand.peakBytesPerSecond / BILLED_GB };
}
