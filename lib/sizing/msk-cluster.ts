import { Duration } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { freeLaneSettleMilliseconds, knownPercentile } from './consumer-lane';
import { Decision, quotaUse } from './decision';
import { FactTrail } from './fact-trail';
import { formatBytes, formatNumber } from './format';
import { CostLine, HOURS_PER_MONTH, MonthlyUsd, costDecision, dollars } from './monthly-cost';
import { MskDemand, MskKind, MskOption, brokerOptions } from './msk-brokers';
import { fetchedMilliseconds, partitionsDecision, recordKeyDecision, topicRetentionDecision, topicTraffic } from './msk-topic';
import { planned } from './planned';
import { cheapest, excusesOf, losers } from './sizing-option';
import { sizeStatelessTier } from './stateless-tier';

export interface MskClusterProps {
  /**
   * Kind of the cluster.
   *
   * @default 'auto' - the one that fits and costs least
   */
  readonly kind?: MskKind | 'auto';
  /**
   * Processes that produce.
   *
   * @default - the tasks of the API at the peak
   */
  readonly producers?: number;
  /**
   * Groups of consumers, each of which reads everything; at least 1.
   *
   * @default - from the design targets: the worker and the fraud detector
   */
  readonly consumerGroups?: number;
}

/** Size of an MSK cluster with one topic of payments. */
export interface MskClusterSizing {
  readonly kind: MskKind;
  /** Instance type of a broker; `serverless` where there is none. */
  readonly brokerType: string;
  /** 0 for serverless. */
  readonly brokers: number;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly minimumInSyncReplicas: number;
  readonly retention: Duration;
  /** Disk of each broker; 0 where the service keeps the data. */
  readonly storagePerBrokerGiB: number;
  readonly options: readonly MskOption[];
  readonly lines: readonly CostLine[];
  readonly monthlyUsd: MonthlyUsd;
  /** With an own consumer. */
  readonly settleMilliseconds: number;
  /** Options that do not fit this workload, each with its reason. */
  readonly excuses: readonly string[];
  readonly decisions: readonly Decision[];
}

const PATH = 'msk';
const KINDS: readonly MskKind[] = ['standard', 'express', 'serverless'];
const CONNECTIONS = 'msk/broker.iamConnections';
const BROKERS = 'msk/brokers.perCluster.kraft';

/**
 * Sizes a Kafka cluster for the payments. Give it the workload of one cell.
 *
 * @throws Error when the settle target is shorter than the delivery from topic to consumer, for a kind that cannot take the workload, and for
 * fewer than one producer or group of consumers
 */
export function sizeMskCluster(workload: Workload, facts: Facts = Facts.DEFAULT, props: MskClusterProps = {}): MskClusterSizing {
  requireCount('producers', props.producers);
  requireCount('consumerGroups', props.consumerGroups);
  return planned(
    workload, facts,
    (it) => sizeOnce(it, facts, props),
    (sizing) => [{ amount: sizing.monthlyUsd.typical / HOURS_PER_MONTH, unitCost: 1 }],
  );
}

function sizeOnce(workload: Workload, facts: Facts, props: MskClusterProps): MskClusterSizing {
  requireReachable(workload, facts);
  const partitions = partitionsDecision(workload, facts);
  const retention = topicRetentionDecision(workload, facts);
  const replication = replicationDecision(facts);
  const trail = new FactTrail(facts);
  const demand = demandOf(workload, trail, props, {
    partitions: partitions.value as number, replicationFactor: replication.value as number, retentionHours: retention.value as number,
  });
  const settleMilliseconds = freeLaneSettleMilliseconds(trail, fetchedMilliseconds(trail), 0);
  const asked = props.kind ?? 'auto';
  const options = KINDS
    .filter((kind) => asked === 'auto' || asked === kind)
    .flatMap((kind) => brokerOptions(kind, demand, trail, settleMilliseconds));
  const chosen = choose(options, asked);
  const known = [...trail.ids(), ...partitions.facts, ...retention.facts, ...replication.facts];
  return {
    kind: chosen.kind,
    brokerType: chosen.brokerType,
    brokers: chosen.brokers,
    partitions: demand.partitions,
    replicationFactor: demand.replicationFactor,
    minimumInSyncReplicas: facts.number('target/msk.minimumInSyncReplicas'),
    retention: Duration.hours(demand.retentionHours),
    storagePerBrokerGiB: chosen.storagePerBrokerGiB,
    options,
    lines: chosen.lines,
    monthlyUsd: chosen.monthlyUsd,
    settleMilliseconds,
    excuses: excusesOf(options),
    decisions: [
      kindDecision(options, chosen, demand, known),
      partitions,
      recordKeyDecision(workload, facts, demand.partitions),
      replication,
      inSyncDecision(facts, demand.replicationFactor),
      retention,
      ...(chosen.kind === 'serverless' ? [] : [brokersDecision(options, chosen, facts, known), connectionsDecision(demand, facts, known)]),
      ...(chosen.storagePerBrokerGiB > 0 ? [storageDecision(chosen, demand, facts, known)] : []),
      costDecision({ path: PATH, lines: chosen.lines, rejected: losers(options, chosen), facts: known }),
    ],
  };
}

function demandOf(
  workload: Workload, facts: Facts, props: MskClusterProps, topic: Pick<MskDemand, 'partitions' | 'replicationFactor' | 'retentionHours'>,
): MskDemand {
  const { peakBytesPerSecond, averageBytesPerSecond } = topicTraffic(workload, facts);
  const consumerGroups = props.consumerGroups ?? facts.number('target/msk.consumerGroups');
  const producers = props.producers ?? sizeStatelessTier(workload, facts).maximumTasks;
  const flushes = producers * 1000 / facts.number('target/msk.lingerMilliseconds');
  return {
    ...topic,
    peakBytesPerSecond,
    averageBytesPerSecond,
    consumerGroups,
    clients: producers + consumerGroups * topic.partitions,
    // A client sends when its linger time is over; with little to do a request of the API alone makes it send.
    requestsPerSecond: Math.min(workload.peak.perSecond / workload.paymentsPerRequest, flushes),
  };
}

/** The cheapest that fits; of brokers of which a cluster cannot have enough, the largest, whose quota is then shown as too small. */
function choose(options: readonly MskOption[], asked: MskKind | 'auto'): MskOption {
  const best = cheapest(options);
  if (best !== undefined) {
    return best;
  }
  if (asked === 'serverless') {
    throw new Error(`\`kind\` must be standard or express for this workload, got: serverless (${options[0].excuses.join('; ')})`);
  }
  return options.filter((it) => it.brokers > 0).reduce((fewest, it) => (it.brokers < fewest.brokers ? it : fewest));
}

function kindDecision(options: readonly MskOption[], chosen: MskOption, demand: MskDemand, facts: readonly string[]): Decision {
  const text = KINDS.map((kind) => cheapest(options.filter((it) => it.kind === kind))).filter((it) => it !== undefined)
    .map((it) => `${it.name} ${dollars(it.monthlyUsd.typical)}`).join(', ');
  return Decision.derive({
    path: PATH,
    name: 'kind',
    value: chosen.kind,
    formula: `for ${formatBytes(demand.peakBytesPerSecond)}/s at the peak and ${formatNumber(demand.partitions)} partitions, a month: ${text} = ${chosen.kind}`,
    inputs: {
      peakBytesPerSecond: demand.peakBytesPerSecond, averageBytesPerSecond: demand.averageBytesPerSecond,
      consumerGroups: demand.consumerGroups, partitions: demand.partitions, clients: demand.clients, requestsPerSecond: demand.requestsPerSecond,
    },
    binding: chosen.excuses.length === 0 ? 'least cost of the kinds that take the peak with one zone lost' : `fewest brokers: ${chosen.excuses.join('; ')}`,
    rejected: KINDS.filter((kind) => kind !== chosen.kind).flatMap((kind) => {
      const ofKind = options.filter((it) => it.kind === kind);
      return ofKind.length === 0 ? [] : losers([chosen, cheapest(ofKind) ?? ofKind[ofKind.length - 1]], chosen);
    }),
    facts,
  });
}

function brokersDecision(options: readonly MskOption[], chosen: MskOption, facts: Facts, known: readonly string[]): Decision {
  const trail = new FactTrail(facts);
  const zones = trail.number('target/msk.availabilityZones');
  const bottleneck = chosen.bottleneck!;
  return Decision.derive({
    path: PATH,
    name: 'brokers',
    value: chosen.brokers,
    unit: chosen.brokerType,
    formula: `${zones} zones x max(1, ceil(${formatNumber(bottleneck.demand)} / ${formatNumber(bottleneck.perBroker)} / ${zones})) = ${chosen.brokers}`,
    inputs: { bottleneck: bottleneck.resource, demand: bottleneck.demand, perBroker: bottleneck.perBroker, zones },
    binding: bottleneck.demand / bottleneck.perBroker <= zones ? `one broker in each of ${zones} zones` : bottleneck.text,
    rejected: options.filter((it) => it !== chosen && it.kind === chosen.kind).map((it) => ({
      option: it.name, because: `${dollars(it.monthlyUsd.typical)} a month; ${it.excuses.join('; ') || it.bottleneck!.text}`,
    })),
    demand: bottleneck.busyBrokers,
    quota: quotaUse(trail, BROKERS, chosen.brokers),
    limits: { minimum: zones, because: 'a broker in each zone' },
    facts: [...known, ...trail.ids()],
  });
}

function replicationDecision(facts: Facts): Decision {
  const trail = new FactTrail(facts);
  const zones = trail.number('target/msk.availabilityZones');
  return Decision.derive({
    path: PATH,
    name: 'replicationFactor',
    value: zones,
    unit: 'copies',
    formula: `one copy in each of ${zones} zones = ${zones}`,
    inputs: { zones },
    binding: 'a zone may be lost and another broker be down, and every record is still there',
    rejected: [{ option: '2 copies', because: 'with one zone lost a topic that waits for 2 of them stops taking records' }],
    limits: { minimum: 1, maximum: zones, because: 'a second copy in the same zone is lost with it' },
    facts: trail.ids(),
  });
}

function inSyncDecision(facts: Facts, replicationFactor: number): Decision {
  const trail = new FactTrail(facts);
  const value = trail.number('target/msk.minimumInSyncReplicas');
  return Decision.derive({
    path: PATH,
    name: 'minimumInSyncReplicas',
    value,
    unit: 'copies',
    formula: `design target, of ${replicationFactor} copies = ${value}`,
    inputs: { replicationFactor },
    binding: 'an acknowledged record outlives the loss of a broker, and one broker may be down while records are taken',
    rejected: [
      { option: `${replicationFactor} copies`, because: 'the restart of 1 broker would stop all writes' },
      { option: '1 copy', because: 'an acknowledged payment could be lost with 1 broker' },
    ],
    limits: { minimum: 1, maximum: replicationFactor, because: 'copies of a record' },
    facts: trail.ids(),
  });
}

function storageDecision(chosen: MskOption, demand: MskDemand, facts: Facts, known: readonly string[]): Decision {
  const trail = new FactTrail(facts);
  const headroom = trail.number('target/msk.storageHeadroom');
  const maximum = trail.number('msk/broker.storage.maxGiB');
  const value = chosen.storagePerBrokerGiB;
  return Decision.derive({
    path: PATH,
    name: 'storagePerBroker',
    value,
    unit: 'GiB',
    formula: `ceil(${formatBytes(demand.averageBytesPerSecond)}/s x ${demand.retentionHours} h x ${demand.replicationFactor} copies x ${headroom} / ${chosen.brokers} brokers) = ${value}`,
    inputs: {
      averageBytesPerSecond: demand.averageBytesPerSecond, retentionHours: demand.retentionHours, copies: demand.replicationFactor, headroom,
    },
    binding: 'what is kept at the average rate, and room for a month of more',
    rejected: [{
      option: `${formatNumber(value / headroom)} GiB`,
      because: `the ${demand.retentionHours} h that are kept would fill it, and a full disk stops its broker with every partition that it leads`,
    }],
    demand: value / headroom,
    quota: quotaUse(trail, 'msk/broker.storage.maxGiB', value),
    limits: { minimum: 1, maximum, because: 'disk of a broker' },
    facts: [...known, ...trail.ids()],
  });
}

/** Every client is connected to every broker, so that more brokers do not lower the connections of one. */
function connectionsDecision(demand: MskDemand, facts: Facts, known: readonly string[]): Decision {
  const trail = new FactTrail(facts);
  const perSecond = trail.number('msk/broker.iamConnectionRate');
  const seconds = demand.clients / perSecond;
  return Decision.derive({
    path: PATH,
    name: 'connectionsPerBroker',
    value: demand.clients,
    unit: 'connections',
    formula: `${formatNumber(demand.clients - demand.consumerGroups * demand.partitions)} producers + ${demand.consumerGroups} groups x ${demand.partitions} consumers = ${demand.clients}`,
    inputs: { clients: demand.clients, connectionsPerSecondOfBroker: perSecond, secondsToReconnect: seconds },
    binding: 'each client keeps a connection to each broker',
    rejected: [{
      option: 'all of them back at once after a restart',
      because: `a broker takes ${formatNumber(perSecond)} new connections a second, so that the last is back after ${formatNumber(seconds)} s; clients must back off at random`,
    }],
    quota: quotaUse(trail, CONNECTIONS, demand.clients),
    facts: [...known, ...trail.ids()],
  });
}

/** Only the 99th percentile of the delivery is known; a target for the median is not held against it. */
function requireReachable(workload: Workload, facts: Facts): void {
  const { milliseconds, percentile } = workload.latencyTarget.settle;
  const delivery = fetchedMilliseconds(facts);
  if (knownPercentile(percentile) === 'p99' && milliseconds <= delivery) {
    throw new Error(`\`latencyTarget\` to settle must be above ${delivery} ms at p${percentile}, what a topic takes to reach a consumer, got: ${milliseconds} ms`);
  }
}

function requireCount(property: string, value: number | undefined): void {
  if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
    throw new Error(`\`${property}\` must be a whole number of at least 1, got: ${value}`);
  }
}
