import { Duration } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp, roundDown, roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { deliveryFact, deliveryMilliseconds } from './delivery';
import { formatBytes, formatNumber, formatShare } from './format';
import { AGGREGATE_FRAME_BYTES, LAYOUT_FACTS, PARTITION_KEY_BYTES, paymentLayout, recordBytes } from './payment-layout';
import { planned } from './planned';
import { Remembered } from './remembered';
import { sizeStatelessTier } from './stateless-tier';
import { retentionDecision } from './stream-retention';
import { packedBytes, packedTraffic, StreamTraffic } from './stream-traffic';
import { LANE_FACTS, workerLane } from './worker-lane';

/** How payments are packed into stream records. */
export interface AggregationSizing {
  /** Longest wait of a payment for others to be packed with. */
  readonly linger: Duration;
  /** Upper bound of a packed record. */
  readonly maximumBytes: number;
  /** Payments that a record carries in the mean at the peak. */
  readonly paymentsPerRecord: number;
  /** Payments that fit into a record however short their texts are; a second bound beside the bytes. */
  readonly maximumPayments: number;
}

/** Size of a Kinesis data stream of provisioned shards. */
export interface KinesisStreamSizing {
  readonly shards: number;
  readonly retention: Duration;
  readonly aggregation: AggregationSizing;
  /** Whether the consumer is pushed to over a connection of its own, or polls. */
  readonly enhancedFanOut: boolean;
  readonly decisions: readonly Decision[];
}

const PATH = 'stream';
const BYTES_LIMIT = 'kinesis/shard.writeBytesPerSec';
const RECORDS_LIMIT = 'kinesis/shard.writeRecordsPerSec';
const UTILIZATION = 'target/kinesis.shardUtilization';
const UNIT_BYTES = 'kinesis/putUnit.bytes';
const SHARD_PRICE = 'kinesis/provisioned.shardHour';
/** What every request takes before it is answered, however fast the tasks are. */
const ACCEPT_FLOOR = ['alb/added.p50.default', 'kinesis/putRecord.p50.default'];
const CONSUMER_PRICE = 'kinesis/provisioned.efo.consumerShardHour';

const STREAMS = new Remembered<KinesisStreamSizing>();

/**
 * Sizes the stream that payments are accepted into. Give it the workload of one cell.
 *
 * @throws Error when the accept target is shorter than load balancer and PutRecords take in the median, the settle target shorter than the delivery
 * from stream to function, or one stream cannot have the shards
 */
export function sizeKinesisStream(workload: Workload, facts: Facts = Facts.DEFAULT): KinesisStreamSizing {
  return STREAMS.of(workload, facts, () => planned(workload, facts, (it) => sizeOnce(it, facts), ({ shards, enhancedFanOut }) => {
    const prices = [SHARD_PRICE, ...(enhancedFanOut ? [CONSUMER_PRICE] : [])];
    return [{ amount: shards, unitCost: prices.reduce((sum, id) => sum + facts.number(id), 0), facts: prices }];
  }));
}

function sizeOnce(workload: Workload, facts: Facts): KinesisStreamSizing {
  const fanOut = fanOutDecision(workload, facts);
  const enhancedFanOut = fanOut.value === true;
  const linger = lingerDecision(workload, facts);
  const packing = pack(workload, facts, linger.value as number);
  const shards = shardsDecision(workload, facts, packing, enhancedFanOut);
  const retention = retentionDecision(workload, facts, PATH);

  return {
    shards: shards.value as number,
    retention: Duration.hours(retention.value as number),
    aggregation: {
      linger: Duration.millis(linger.value as number),
      maximumBytes: packing.maximumBytes,
      paymentsPerRecord: publishedPayments(packing),
      maximumPayments: packing.maximumPayments,
    },
    enhancedFanOut,
    decisions: [shards, linger, ...packingDecisions(workload, packing), fanOut, retention],
  };
}

interface Packing extends StreamTraffic {
  readonly lingerMilliseconds: number;
  readonly tasks: number;
  readonly maximumBytes: number;
  /** One payment in a packed record. */
  readonly bytesPerPayment: number;
  /** Payments of mean size that fill a record. */
  readonly paymentsOfFullRecord: number;
  readonly maximumPayments: number;
  readonly paymentsPerRecord: number;
}

/**
 * A record is opened by a request, waits for the linger time, and takes with it what arrives meanwhile at the same task: the mean of a renewal
 * process. It is closed early when it is full.
 */
function pack(workload: Workload, facts: Facts, lingerMilliseconds: number): Packing {
  const rate = workload.peak.perSecond;
  const tasks = sizeStatelessTier(workload, facts).maximumTasks;
  const maximumBytes = facts.number(UNIT_BYTES);
  const layout = paymentLayout(facts);
  const fitting = (bytes: number): number => Math.max(1, roundDown((maximumBytes - AGGREGATE_FRAME_BYTES) / bytes));
  const bytesPerPayment = packedBytes(recordBytes(workload.payloadSize, layout));
  const paymentsOfFullRecord = fitting(bytesPerPayment);
  const paymentsPerRecord = clamp(workload.paymentsPerRequest + lingerMilliseconds / 1000 * rate / tasks, 1, paymentsOfFullRecord);
  return {
    ...packedTraffic(workload, facts, rate, paymentsPerRecord),
    lingerMilliseconds,
    tasks,
    maximumBytes,
    bytesPerPayment,
    paymentsOfFullRecord,
    maximumPayments: Math.max(paymentsOfFullRecord, fitting(packedBytes(layout.shortestRecordBytes))),
    paymentsPerRecord,
  };
}

/** Three significant digits, as the formula prints them. */
function publishedPayments(packing: Packing): number {
  return Number(packing.paymentsPerRecord.toPrecision(3));
}

function shardsDecision(workload: Workload, facts: Facts, packing: Packing, enhancedFanOut: boolean): Decision {
  const tier = workload.recoveryTier.name;
  const blastRadius = `target/kinesis.blastRadius.${tier}`;
  const utilization = facts.number(UTILIZATION);
  const bytesLimit = facts.number(BYTES_LIMIT);
  const recordsLimit = facts.number(RECORDS_LIMIT);
  const maximum = facts.number('kinesis/updateShardCount.maxShards');
  const rate = workload.peak.perSecond;

  const byBytes = packing.bytesPerSecond / bytesLimit;
  const byRecords = packing.recordsPerSecond / recordsLimit;
  const traffic = roundUp(Math.max(byBytes, byRecords) / utilization);
  const least = roundUp(1 / facts.number(blastRadius));
  const lane = workerLane(workload, facts, facts.number('lambda/memory.mbPerVcpu'), enhancedFanOut);
  const lanes = roundUp(rate * facts.number('target/worker.catchUpFactor') / lane.paymentsPerSecond);
  const shards = Math.max(traffic, least, lanes);
  if (shards > maximum) {
    throw new Error(`\`peak\` must leave one stream at most ${formatNumber(maximum)} shards, the most that it can have, got: ${formatNumber(shards)}; `
      + 'state more `cells`, each of which has a stream of its own');
  }

  const trafficText = `ceil(max(${formatBytes(packing.bytesPerSecond)}/s / ${formatBytes(bytesLimit)}/s, `
    + `${formatNumber(packing.recordsPerSecond)} records/s / ${formatNumber(recordsLimit)}) / ${utilization})`;
  return Decision.derive({
    path: PATH,
    name: 'shards',
    value: shards,
    unit: 'shards',
    formula: shards === traffic && traffic > Math.max(least, lanes)
      ? `${trafficText} = ${shards}`
      : `max(${trafficText} = ${traffic}, blast radius ${least}, worker lanes ${lanes}) = ${shards}`,
    inputs: {
      paymentsPerSecond: rate,
      bytesPerPayment: packing.bytesPerPayment,
      paymentsPerRecord: packing.paymentsPerRecord,
      recordsPerSecond: packing.recordsPerSecond,
      bytesPerSecond: packing.bytesPerSecond,
      utilization,
      worstShareBehindOneShard: facts.number(blastRadius),
      paymentsPerSecondOfOneLane: lane.paymentsPerSecond,
    },
    binding: shards === traffic
      ? `${byBytes >= byRecords ? 'bytes' : 'records'} written to a shard at ${formatShare(utilization)} of its limit`
      : shards === least ? `a shard in trouble holds up at most ${formatShare(facts.number(blastRadius))} of the stream (recovery tier ${tier})`
      : 'payments that one lane of the worker settles while it catches up',
    rejected: rejectedStreams(workload, facts, packing, utilization),
    demand: Math.max(byBytes, byRecords),
    quota: quotaUse(facts, 'kinesis/shardQuota.account', shards),
    limits: { minimum: 1, maximum, because: `a stream has 1 to ${formatNumber(maximum)} shards` },
    facts: [BYTES_LIMIT, RECORDS_LIMIT, UTILIZATION, blastRadius, UNIT_BYTES, 'target/worker.catchUpFactor', 'kinesis/shardQuota.account',
      'kinesis/updateShardCount.maxShards', 'kinesis/onDemand.initialWriteBytesPerSec', ...LAYOUT_FACTS, ...LANE_FACTS],
  });
}

function rejectedStreams(workload: Workload, facts: Facts, packing: Packing, utilization: number): { option: string; because: string }[] {
  const rate = workload.peak.perSecond;
  const singleBytes = rate * (packing.bytesPerPayment + PARTITION_KEY_BYTES);
  const single = roundUp(Math.max(rate / facts.number(RECORDS_LIMIT), singleBytes / facts.number(BYTES_LIMIT)) / utilization);
  const hottest = workload.keySkew.maximumShare() * packing.bytesPerSecond / facts.number(BYTES_LIMIT);
  const initial = facts.number('kinesis/onDemand.initialWriteBytesPerSec');
  return [
    { option: 'one record a payment', because: `${formatNumber(single)} shards and ${formatNumber(packing.paymentsPerRecord)} times the PUT units` },
    {
      option: 'merchant as partition key',
      because: `the hottest merchant alone writes ${formatNumber(hottest)} shards' worth of bytes to one shard`
        + (hottest > utilization ? '' : ', and payments of several merchants could not share a record'),
    },
    {
      option: 'on-demand capacity',
      because: packing.bytesPerSecond > initial
        ? `a new stream takes ${formatBytes(initial)}/s, the peak is ${formatBytes(packing.bytesPerSecond)}/s`
        : 'billed by volume with every record rounded up, and without a bound on its shards the concurrency of the worker has none either',
    },
  ];
}

function lingerDecision(workload: Workload, facts: Facts): Decision {
  const share = facts.number('target/aggregation.lingerShareOfAccept');
  const longest = facts.number('target/aggregation.maximumLingerMilliseconds');
  const { milliseconds: accept, percentile } = workload.latencyTarget.accept;
  const floor = ACCEPT_FLOOR.reduce((sum, id) => sum + facts.latency(id), 0);
  if (accept <= floor) {
    throw new Error(`\`latencyTarget\` to accept must be above ${formatNumber(floor)} ms at p${percentile}, what load balancer and PutRecords alone take in the median, `
      + `got: ${accept} ms`);
  }
  const milliseconds = clamp(roundDown(accept * share), 1, longest);
  return Decision.derive({
    path: PATH,
    name: 'aggregationLinger',
    value: milliseconds,
    unit: 'ms',
    formula: `min(${formatNumber(accept)} ms x ${share}, ${longest} ms) = ${milliseconds}`,
    inputs: { acceptMilliseconds: accept, share, longest },
    binding: milliseconds === longest ? 'longer waits pack no better' : `${formatShare(share)} of the accept target`,
    facts: ['target/aggregation.lingerShareOfAccept', 'target/aggregation.maximumLingerMilliseconds', ...ACCEPT_FLOOR],
    limits: { minimum: 0, because: 'a time' },
  });
}

function packingDecisions(workload: Workload, packing: Packing): Decision[] {
  const rate = workload.peak.perSecond;
  const arriving = packing.lingerMilliseconds / 1000 * rate / packing.tasks;
  return [
    Decision.derive({
      path: PATH,
      name: 'aggregationMaximumBytes',
      value: packing.maximumBytes,
      unit: 'B',
      formula: `one PUT unit = ${formatNumber(packing.maximumBytes)}`,
      inputs: { unitBytes: packing.maximumBytes },
      binding: 'a larger record costs a second PUT unit and repeats more when it is retried',
      facts: [UNIT_BYTES],
      limits: { minimum: 1, maximum: 1_048_576, because: 'a record of a stream with the default record size' },
    }),
    Decision.derive({
      path: PATH,
      name: 'paymentsPerRecord',
      value: publishedPayments(packing),
      unit: 'payments',
      formula: `min(${formatNumber(workload.paymentsPerRequest)} a request + ${packing.lingerMilliseconds} ms x ${formatNumber(rate)}/s / ${packing.tasks} tasks, `
        + `(${formatNumber(packing.maximumBytes)} - ${AGGREGATE_FRAME_BYTES}) / ${formatNumber(packing.bytesPerPayment)} B) `
        + `= ${formatNumber(packing.paymentsPerRecord)}`,
      inputs: {
        paymentsPerRequest: workload.paymentsPerRequest,
        arrivingInLinger: arriving,
        tasks: packing.tasks,
        bytesPerPayment: packing.bytesPerPayment,
        paymentsOfFullRecord: packing.paymentsOfFullRecord,
      },
      binding: packing.paymentsPerRecord >= packing.paymentsOfFullRecord ? 'a record is full' : 'what arrives at one task within the linger time',
      facts: [UNIT_BYTES, ...LAYOUT_FACTS],
    }),
  ];
}

function fanOutDecision(workload: Workload, facts: Facts): Decision {
  const { milliseconds, percentile } = workload.latencyTarget.settle;
  const polling = deliveryMilliseconds(workload, facts, false);
  const pushed = deliveryMilliseconds(workload, facts, true);
  if (milliseconds <= pushed) {
    throw new Error(`\`latencyTarget\` to settle must be above ${pushed} ms at p${percentile}, what a stream takes to reach a function, got: ${milliseconds} ms`);
  }
  const enhanced = polling >= milliseconds;
  return Decision.derive({
    path: PATH,
    name: 'enhancedFanOut',
    value: enhanced,
    formula: `p${percentile} from stream to function: polling ${formatNumber(polling)} ms ${enhanced ? '>=' : '<'} settle target ${formatNumber(milliseconds)} ms`
      + ` = ${enhanced}`,
    inputs: { settleMilliseconds: milliseconds, percentile, pollingMilliseconds: polling, enhancedMilliseconds: pushed },
    binding: enhanced ? 'the settle target is shorter than the delivery by polling' : 'polling is fast enough for the settle target',
    rejected: [enhanced
      ? { option: 'polling', because: `delivers within ${formatNumber(polling)} ms at p${percentile}, too late` }
      : { option: 'enhanced fan-out', because: `costs a consumer-shard-hour and each byte; ${formatNumber(pushed)} ms at p${percentile} are not asked for` }],
    facts: [deliveryFact(workload, false), deliveryFact(workload, true)],
  });
}
