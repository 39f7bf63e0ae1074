import { Duration, Size } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp, roundDown, roundUp } from './arithmetic';
import { ConsumerLane, freeLaneSettleMilliseconds } from './consumer-lane';
import { Decision, quotaUse } from './decision';
import { FactTrail } from './fact-trail';
import { formatBytes, formatNumber, formatSeconds } from './format';
import { eventMemoryMiB, lambdaMemories } from './lambda-memory';
import { lambdaLines } from './lambda-usage';
import { CostLine, MonthlyUsd, costDecision, hourlyLine, monthlyCost } from './monthly-cost';
import { MskClusterSizing } from './msk-cluster';
import { mappedLane, mappedMilliseconds, topicTraffic } from './msk-topic';
import { planned } from './planned';

/** Size of a function behind a topic, and of its mapping in provisioned mode. */
export interface KafkaMappingSizing {
  /** Records of an invocation, each of which is a payment. */
  readonly batchSize: number;
  readonly batchingWindow: Duration;
  readonly minimumPollers: number;
  readonly maximumPollers: number;
  /** Invocations at a time; never more than partitions. */
  readonly reservedConcurrency: number;
  readonly memory: Size;
  readonly timeout: Duration;
  readonly settleMilliseconds: number;
  readonly lines: readonly CostLine[];
  readonly monthlyUsd: MonthlyUsd;
  /** Always empty: there is one way to have it. */
  readonly excuses: readonly string[];
  readonly decisions: readonly Decision[];
}

const PATH = 'kafkaMapping';
const PAYLOAD_LIMIT = 'lambda/payload.sync.maxBytes';
const CONCURRENCY_QUOTA = 'lambda/concurrency.accountDefault';
const MEGA = 1e6;
const MIB_PER_GB = 1024;

/**
 * Sizes the mapping of a function to a topic. Give it the workload of one cell and the cluster that was sized for it, or for the high end of its
 * bands: partitions are hard to change later.
 *
 * @throws Error when the settle target is shorter than the delivery from topic to function, or when the topic has fewer partitions than
 * invocations are needed at a time
 */
export function sizeKafkaMapping(workload: Workload, msk: MskClusterSizing, facts: Facts = Facts.DEFAULT): KafkaMappingSizing {
  return planned(
    workload, facts,
    (it) => sizeOnce(it, msk, facts),
    (sizing) => [
      {
        amount: sizing.maximumPollers,
        unitCost: facts.number('lambda/eventPollerUnit.hour') / facts.number('lambda-esm/kafka.epu.pollers'),
        facts: ['lambda/eventPollerUnit.hour', 'lambda-esm/kafka.epu.pollers'],
      },
      {
        amount: sizing.reservedConcurrency * sizing.memory.toMebibytes() / MIB_PER_GB,
        unitCost: 3600 * facts.number('lambda/arm.gbSecond.tier1'),
        facts: ['lambda/arm.gbSecond.tier1'],
      },
    ],
  );
}

function sizeOnce(workload: Workload, msk: MskClusterSizing, facts: Facts): KafkaMappingSizing {
  requireReachable(workload, facts);
  const memory = memoryDecision(workload, msk, facts);
  const memoryMiB = memory.value as number;
  const batch = batchSizeDecision(workload, facts, memoryMiB);
  const concurrency = concurrencyDecision(workload, msk, facts, memoryMiB);
  const pollers = pollersDecision(workload, msk, facts, concurrency.value as number);
  const minimum = minimumPollersDecision(facts, pollers.value as number);
  const timeout = timeoutDecision(workload, facts, memoryMiB);
  const trail = new FactTrail(facts);
  const lines = costLines(workload, msk, trail, memoryMiB, batch.value as number, pollers.value as number);
  return {
    batchSize: batch.value as number,
    batchingWindow: Duration.seconds(0),
    minimumPollers: minimum.value as number,
    maximumPollers: pollers.value as number,
    reservedConcurrency: concurrency.value as number,
    memory: Size.mebibytes(memoryMiB),
    timeout: Duration.seconds(timeout.value as number),
    settleMilliseconds: freeLaneSettleMilliseconds(facts, mappedMilliseconds(facts), facts.number('lambda/invokeOverhead.sync.p99.default')),
    lines,
    monthlyUsd: monthlyCost(lines),
    excuses: [],
    decisions: [
      modeDecision(workload, facts),
      memory, batch, windowDecision(workload, facts), concurrency, pollers, minimum, timeout,
      costDecision({ path: PATH, lines, facts: [...trail.ids(), ...memory.facts, ...batch.facts] }),
    ],
  };
}

function requireReachable(workload: Workload, facts: Facts): void {
  const { milliseconds, percentile } = workload.latencyTarget.settle;
  const delivery = mappedMilliseconds(facts);
  if (milliseconds <= delivery) {
    throw new Error(`\`latencyTarget\` to settle must be above ${delivery} ms at p${percentile}, what a topic takes to reach a function, got: ${milliseconds} ms; `
      + 'a consumer that reads the topic by itself is faster');
  }
}

function modeDecision(workload: Workload, facts: Facts): Decision {
  const trail = new FactTrail(facts);
  const { milliseconds, percentile } = workload.latencyTarget.settle;
  const delivery = mappedMilliseconds(trail);
  const window = trail.number('lambda-esm/kafka.defaultWindowMs');
  return Decision.derive({
    path: PATH,
    name: 'provisionedMode',
    value: true,
    formula: `p${percentile} from topic to function ${formatNumber(delivery)} ms < settle target ${formatNumber(milliseconds)} ms, and a failed batch is split and retried = true`,
    inputs: { settleMilliseconds: milliseconds, deliveryMilliseconds: delivery },
    binding: 'only pollers of its own let a mapping answer for part of a batch, split it, bound its retries and give up into a failure destination',
    rejected: [{
      option: 'on-demand mode',
      because: `no partial answers and no end of retries; its pollers follow the lag once a minute, within 3 more, and it waits ${formatNumber(window)} ms for a batch unless told otherwise`,
    }, {
      option: 'on-demand mode in front of Lambda Managed Instances',
      because: `such a mapping takes ${formatBytes(trail.number('lambda-managed-instances/kafkaMapping.bytesPerSec'))}/s, and no raise is granted`,
    }],
    facts: trail.ids(),
  });
}

function laneNeed(workload: Workload, facts: Facts): number {
  return workload.peak.perSecond * facts.number('target/worker.catchUpFactor');
}

function memoryDecision(workload: Workload, msk: MskClusterSizing, facts: Facts): Decision {
  const trail = new FactTrail(facts);
  const memories = lambdaMemories(trail);
  const needed = laneNeed(workload, trail);
  const forEvent = eventMemoryMiB(trail, trail.number(PAYLOAD_LIMIT));
  const capacity = (memoryMiB: number): number => msk.partitions * lane(workload, trail, memoryMiB).paymentsPerSecond;
  const memoryMiB = memories.find((it) => it >= forEvent && capacity(it) >= needed);
  if (memoryMiB === undefined) {
    const largest = memories[memories.length - 1];
    throw new Error(`\`partitions\` must be at least ${roundUp(needed / lane(workload, trail, largest).paymentsPerSecond)}, `
      + `one for each invocation at a time, got: ${msk.partitions}; size the cluster for this workload`);
  }
  return Decision.derive({
    path: PATH,
    name: 'memory',
    value: memoryMiB,
    unit: 'MiB',
    formula: `smallest of ${memories.join(', ')} that holds ${formatNumber(forEvent)} MiB and with which ${msk.partitions} partitions settle `
      + `${formatNumber(needed)}/s = ${memoryMiB}`,
    inputs: { partitions: msk.partitions, paymentsPerSecond: needed, capacity: capacity(memoryMiB), memoryForEvent: forEvent },
    binding: memoryMiB === memories[0] ? 'smallest size that is offered' : 'CPU share that the partitions need to catch up',
    rejected: memories.filter((it) => it < memoryMiB).map((it) => ({ option: `${it} MiB`, because: `${msk.partitions} partitions settle ${formatNumber(capacity(it))}/s` })),
    demand: memoryMiB * workload.peak.perSecond / capacity(memoryMiB),
    limits: { minimum: trail.number('lambda/memory.minMB'), maximum: trail.number('lambda/memory.maxMB'), because: 'memory of a function' },
    facts: trail.ids(),
  });
}

function batchSizeDecision(workload: Workload, facts: Facts, memoryMiB: number): Decision {
  const trail = new FactTrail(facts);
  const { bytesPerRecord } = topicTraffic(workload, trail);
  const { paymentsPerBatch, budgetMilliseconds } = lane(workload, trail, memoryMiB);
  const eventBytes = Math.ceil(bytesPerRecord / 3) * 4 + trail.number('lambda-esm/kafka.recordMetadata.bytes');
  const limit = trail.number(PAYLOAD_LIMIT);
  const largest = trail.number('lambda-esm/stream.batchSize.max');
  const byPayload = roundDown(limit / eventBytes);
  const batchSize = clamp(Math.min(paymentsPerBatch, byPayload), 1, largest);
  return Decision.derive({
    path: PATH,
    name: 'batchSize',
    value: batchSize,
    unit: 'records',
    formula: `min(${formatNumber(paymentsPerBatch)} payments in ${formatNumber(budgetMilliseconds)} ms, ${formatBytes(limit)} / ${formatBytes(eventBytes)}, `
      + `${formatNumber(largest)}) = ${formatNumber(batchSize)}`,
    inputs: { paymentsPerInvocation: paymentsPerBatch, budgetMilliseconds, eventBytesPerRecord: eventBytes },
    binding: batchSize === paymentsPerBatch || batchSize === 1 ? 'time that the settle target leaves to one invocation'
    : batchSize === byPayload ? 'payload of an invocation' : 'largest batch of a mapping',
    rejected: batchSize < largest ? [{ option: `${formatNumber(largest)} records`, because: `an event holds ${formatNumber(byPayload)}, and the target leaves time for ${formatNumber(paymentsPerBatch)}` }] : [],
    limits: { minimum: 1, maximum: largest, because: 'batch of a mapping' },
    facts: trail.ids(),
  });
}

function windowDecision(workload: Workload, facts: Facts): Decision {
  const trail = new FactTrail(facts);
  const standard = trail.number('lambda-esm/kafka.defaultWindowMs');
  return Decision.derive({
    path: PATH,
    name: 'batchingWindow',
    value: 0,
    unit: 's',
    formula: `${formatNumber(workload.latencyTarget.settle.milliseconds)} ms to settle, nothing of it for waiting = 0`,
    inputs: { settleMilliseconds: workload.latencyTarget.settle.milliseconds, defaultMilliseconds: standard },
    binding: 'a mapping hands over what it has at once; while an invocation runs the next batch fills by itself',
    rejected: [{ option: 'no statement', because: `${formatNumber(standard)} ms of waiting by default, and once another value was set that one cannot be had back` }],
    limits: { minimum: 0, maximum: trail.number('lambda-esm/batchWindow.maxSec'), because: 'window of a mapping' },
    facts: trail.ids(),
  });
}

function concurrencyDecision(workload: Workload, msk: MskClusterSizing, facts: Facts, memoryMiB: number): Decision {
  const trail = new FactTrail(facts);
  const needed = laneNeed(workload, trail);
  const perLane = lane(workload, trail, memoryMiB).paymentsPerSecond;
  return Decision.derive({
    path: PATH,
    name: 'reservedConcurrency',
    value: msk.partitions,
    unit: 'executions',
    formula: `${msk.partitions} partitions x 1 batch at a time = ${msk.partitions}`,
    inputs: { partitions: msk.partitions, executionsNeeded: needed / perLane },
    binding: 'one execution environment for each partition: batches of one partition follow each other',
    rejected: [
      { option: 'no reservation', because: `another function of the account could take the environments, and ${msk.partitions} partitions would stand still` },
      { option: `${msk.partitions + 1} or more`, because: `no more than ${msk.partitions} are ever used` },
    ],
    demand: workload.peak.perSecond / perLane,
    quota: quotaUse(trail, CONCURRENCY_QUOTA, msk.partitions),
    limits: { minimum: 1, because: '0 stops the function' },
    facts: trail.ids(),
  });
}

/** A poller carries bytes and invocations; the partitions bound both. */
function pollersDecision(workload: Workload, msk: MskClusterSizing, facts: Facts, concurrency: number): Decision {
  const trail = new FactTrail(facts);
  const perPoller = trail.number('lambda-esm/kafka.poller.bytesPerSec');
  const invocations = trail.number('lambda-esm/kafka.poller.concurrentInvokes');
  const maximum = trail.number('lambda-esm/kafka.maximumPollers.max');
  const bytes = topicTraffic(workload, trail).peakBytesPerSecond * trail.number('target/worker.catchUpFactor');
  const byBytes = bytes / perPoller;
  const byInvocations = concurrency / invocations;
  const wanted = roundUp(Math.max(1, byBytes, byInvocations));
  if (wanted > maximum) {
    throw new Error(`\`peak\` must need at most ${formatNumber(maximum)} pollers of one mapping, got: ${formatNumber(wanted)}; state more \`cells\``);
  }
  const pollers = Math.min(wanted, msk.partitions);
  return Decision.derive({
    path: PATH,
    name: 'maximumPollers',
    value: pollers,
    unit: 'pollers',
    formula: `min(ceil(max(1, ${formatNumber(bytes / MEGA)} MB/s / ${formatNumber(perPoller / MEGA)}, ${concurrency} invocations / ${invocations})), ${msk.partitions} partitions) = ${pollers}`,
    inputs: { bytesPerSecondWhileCatchingUp: bytes, invocations: concurrency, partitions: msk.partitions },
    binding: pollers < wanted ? 'no more pollers than partitions'
    : byBytes > byInvocations ? 'bytes that a poller carries while it catches up' : 'invocations that a poller has at a time',
    rejected: [{ option: 'the default of 200', because: `no more than ${msk.partitions} ever run, one for each partition, and the bill follows those that do` }],
    demand: Math.min(pollers, Math.max(byBytes / trail.number('target/worker.catchUpFactor'), workload.peak.perSecond / laneNeed(workload, trail) * byInvocations)),
    limits: { minimum: 1, maximum, because: 'pollers of a mapping' },
    facts: trail.ids(),
  });
}

/** Pollers that come and go move partitions between them, and each move stops the group for a moment. */
function minimumPollersDecision(facts: Facts, pollers: number): Decision {
  const trail = new FactTrail(facts);
  const most = trail.number('lambda-esm/kafka.minimumPollers.max');
  const value = Math.min(pollers, most);
  return Decision.derive({
    path: PATH,
    name: 'minimumPollers',
    value,
    unit: 'pollers',
    formula: `min(${pollers} at most, ${most}) = ${value}`,
    inputs: { maximumPollers: pollers },
    binding: value === pollers ? 'as many as at most, so that no partition ever moves because of the load'
    : 'the most that can be kept ready; beyond it partitions move when the load changes',
    rejected: [{ option: '1 poller', because: `it grows to ${pollers} with the load, and each step moves partitions while they stand still` }],
    limits: { minimum: 1, maximum: most, because: 'pollers that a mapping keeps ready' },
    facts: trail.ids(),
  });
}

function timeoutDecision(workload: Workload, facts: Facts, memoryMiB: number): Decision {
  const trail = new FactTrail(facts);
  const factor = trail.number('target/worker.timeoutFactor');
  const least = trail.number('target/worker.minimumTimeoutSeconds');
  const longest = trail.number('lambda-esm/kafka.timeout.maxSec');
  const { milliseconds } = lane(workload, trail, memoryMiB);
  const seconds = clamp(roundUp(factor * milliseconds / 1000), least, longest);
  return Decision.derive({
    path: PATH,
    name: 'timeout',
    value: seconds,
    unit: 's',
    formula: `min(max(${least} s, ${factor} x ${formatNumber(milliseconds)} ms), ${longest} s) = ${seconds}`,
    inputs: { batchMilliseconds: milliseconds, factor, least, longest },
    binding: seconds === least ? 'room for the retries of a slow dependency'
    : seconds === longest ? 'longest timeout behind a topic' : 'time of the largest batch',
    rejected: [{ option: 'the timeout that other functions may have', because: `behind a topic it is at most ${formatSeconds(longest)}` }],
    limits: { minimum: 1, maximum: longest, because: 'timeout of a function behind a topic' },
    facts: trail.ids(),
  });
}

function costLines(workload: Workload, msk: MskClusterSizing, facts: Facts, memoryMiB: number, batchSize: number, pollers: number): CostLine[] {
  const { averageBytesPerSecond } = topicTraffic(workload, facts);
  const units = roundUp(Math.max(pollers / facts.number('lambda-esm/kafka.epu.pollers'), averageBytesPerSecond / facts.number('lambda-esm/kafka.epu.bytesPerSec')));
  return [
    hourlyLine('event poller units', units, facts.number('lambda/eventPollerUnit.hour')),
    ...lambdaLines(facts, { average: workload.average.perSecond, peak: workload.peak.perSecond }, {
      lanes: msk.partitions, memoryMiB, paymentsPerBatch: batchSize, paymentsPerRecord: 1,
    }),
  ];
}

function lane(workload: Workload, facts: Facts, memoryMiB: number): ConsumerLane {
  return mappedLane(workload, facts, memoryMiB / facts.number('lambda/memory.mbPerVcpu'));
}
