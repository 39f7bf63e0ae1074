import { Duration, Size } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp, roundDown, roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { expectedUnits } from './expected-units';
import { FactTrail } from './fact-trail';
import { formatBytes, formatNumber, formatSeconds } from './format';
import { BILLED_GB, CostLine, MonthlyUsd, PriceTier, costDecision, dollars, monthlyCost, usageLine } from './monthly-cost';
import { planned } from './planned';
import { SizingOption, cheapest, excusesOf, losers } from './sizing-option';
import { packedTraffic } from './stream-traffic';

export type FirehoseSource = 'direct' | 'stream';

export interface FirehoseProps {
  /**
   * Whether producers call Firehose, or it reads a Kinesis stream.
   *
   * @default 'direct'
   */
  readonly source?: FirehoseSource;
  /**
   * Payments of a record in the stream; only for the stream as a source.
   *
   * @default 1
   */
  readonly paymentsPerStreamRecord?: number;
  /**
   * Prefixes that records are sorted into by their content; 1 for none.
   *
   * @default 1
   */
  readonly partitions?: number;
}

/** One way to hand payments to Firehose. */
export interface FirehoseOption extends SizingOption {
  readonly source: FirehoseSource;
  readonly paymentsPerRecord: number;
  readonly recordsPerSecond: number;
  readonly lines: readonly CostLine[];
}

/** Size of a Firehose stream that archives every payment as JSON. */
export interface FirehoseSizing {
  readonly source: FirehoseSource;
  /** Payments that a producer packs into a record. */
  readonly paymentsPerRecord: number;
  /** Calls of PutRecordBatch at the peak; 0 for a stream as the source. */
  readonly callsPerSecond: number;
  readonly bufferSize: Size;
  readonly bufferInterval: Duration;
  readonly dynamicPartitioning: boolean;
  /** Archived at the peak, before anything is rounded. */
  readonly bytesPerSecond: number;
  readonly options: readonly FirehoseOption[];
  readonly monthlyUsd: MonthlyUsd;
  /** Options that do not fit this workload, each with its reason. */
  readonly excuses: readonly string[];
  readonly decisions: readonly Decision[];
}

const PATH = 'firehose';
const MIB = 1024 * 1024;
const RECORDS = 'firehose/directPut.recordsPerSec';
const CALLS = 'firehose/directPut.requestsPerSec';
const MEBIBYTES = 'firehose/directPut.mibPerSec';
const UNIT = 'firehose/billing.recordBytes';
const ACTIVE = 'firehose/dynamicPartitions.active';

/**
 * Sizes a Firehose stream for all payments.
 *
 * Each record is billed as a multiple of 5 KB, so that payments of half a kilobyte are packed with others before they are put.
 *
 * @throws Error for a payload that no record holds, and for fewer than one partition or payment in a record
 */
export function sizeFirehose(workload: Workload, facts: Facts = Facts.DEFAULT, props: FirehoseProps = {}): FirehoseSizing {
  for (const name of ['partitions', 'paymentsPerStreamRecord'] as const) {
    const value = props[name];
    if (value !== undefined && !(value >= 1)) {
      throw new Error(`\`${name}\` must be at least 1, got: ${value}`);
    }
  }
  return planned(
    workload, facts,
    (it) => sizeOnce(it, facts, props),
    (sizing) => [{ amount: 3600 * sizing.bytesPerSecond / BILLED_GB, unitCost: facts.number('firehose/gb.tier1'), facts: ['firehose/gb.tier1'] }],
  );
}

function sizeOnce(workload: Workload, facts: Facts, props: FirehoseProps): FirehoseSizing {
  const source = props.source ?? 'direct';
  const partitions = props.partitions ?? 1;
  const packing = packingDecision(workload, facts, source, props.paymentsPerStreamRecord ?? 1);
  const trail = new FactTrail(facts);
  const options = source === 'direct'
    ? [...new Set([packing.value as number, 1])].map((payments) => directOption(workload, trail, payments, partitions))
    : [streamOption(workload, trail, packing.value as number, partitions)];
  const chosen = cheapest(options) ?? options[0];
  const calls = source === 'direct' ? [callsDecision(workload, chosen, facts), bytesDecision(workload, facts), recordsDecision(workload, chosen, facts)] : [];
  const interval = intervalDecision(workload, facts, partitions);
  const size = bufferSizeDecision(facts, partitions);
  return {
    source,
    paymentsPerRecord: chosen.paymentsPerRecord,
    callsPerSecond: calls.length === 0 ? 0 : calls[0].value as number,
    bufferSize: Size.mebibytes(size.value as number),
    bufferInterval: Duration.seconds(interval.value as number),
    dynamicPartitioning: partitions > 1,
    options,
    bytesPerSecond: workload.peak.perSecond * workload.payloadSize.meanBytes,
    monthlyUsd: chosen.monthlyUsd,
    excuses: excusesOf(options),
    decisions: [
      packing, ...calls, size, interval,
      partitionsDecision(workload, facts, partitions),
      costDecision({ path: PATH, lines: chosen.lines, rejected: losers(options, chosen), facts: [...trail.ids(), ...packing.facts] }),
    ],
  };
}

/** Payments of a record: what arrives at a producer while it waits, up to a size at which the rounding hardly matters. */
function packingDecision(workload: Workload, facts: Facts, source: FirehoseSource, paymentsPerStreamRecord: number): Decision {
  const trail = new FactTrail(facts);
  const { meanBytes, p99Bytes } = workload.payloadSize;
  const largest = trail.number('firehose/record.maxBytes');
  if (p99Bytes > largest) {
    throw new Error(`\`payload.p99\` must be at most ${formatNumber(largest)} B, what a record of Firehose holds, got: ${formatNumber(p99Bytes)} B`);
  }
  const unit = trail.number(UNIT);
  if (source === 'stream') {
    return Decision.derive({
      path: PATH,
      name: 'paymentsPerRecord',
      value: paymentsPerStreamRecord,
      unit: 'payments',
      formula: `as the stream has them = ${paymentsPerStreamRecord}`,
      inputs: { paymentsPerStreamRecord, billedUnitBytes: unit },
      binding: 'records of the stream are taken as they are, so that readers of the archive unpack them',
      rejected: [{ option: 'more', because: `each record is billed as a multiple of ${formatNumber(unit)} B; packing is up to whoever writes the stream` }],
      facts: trail.ids(),
    });
  }
  const target = trail.number('target/firehose.packedRecordBytes');
  const linger = trail.number('target/firehose.packLingerSeconds');
  const producers = trail.number('target/firehose.producers');
  const fitting = Math.max(1, roundDown(target / meanBytes));
  const arriving = workload.average.perSecond * linger / producers;
  const value = Math.max(1, Math.min(fitting, roundDown(arriving)));
  const alone = expectedUnits(workload.payloadSize, 0, 1, unit) * unit / meanBytes;
  return Decision.derive({
    path: PATH,
    name: 'paymentsPerRecord',
    value,
    unit: 'payments',
    formula: `max(1, min(floor(${formatNumber(target)} / ${formatNumber(meanBytes)} B), floor(${formatNumber(workload.average.perSecond)}/s x ${linger} s / ${producers} producers))) = ${value}`,
    inputs: { meanBytes, arrivingWhileWaiting: arriving, billedUnitBytes: unit, billedOverOwnBytesAlone: alone },
    binding: value === fitting ? 'a record at which the rounding hardly matters' : 'what arrives at a producer while it waits',
    rejected: [{ option: 'one payment a record', because: `each is billed as at least ${formatNumber(unit)} B, ${formatNumber(alone)} times its own` }],
    limits: { minimum: 1, because: 'a record' },
    facts: trail.ids(),
  });
}

/** Mean billed bytes of a record of so many payments; half a unit is lost on a packed one. */
function billedBytes(workload: Workload, facts: Facts, payments: number): number {
  const unit = facts.number(UNIT);
  const bytes = payments * workload.payloadSize.meanBytes;
  return unit * (payments < 2 ? expectedUnits(workload.payloadSize, 0, 1, unit) : Math.max(1, bytes / unit + 0.5));
}

function directOption(workload: Workload, facts: Facts, payments: number, partitions: number): FirehoseOption {
  const lines = costLines(workload, facts, (rate) => rate / payments * billedBytes(workload, facts, payments), partitions);
  return {
    source: 'direct', paymentsPerRecord: payments, recordsPerSecond: workload.peak.perSecond / payments, lines,
    name: payments === 1 ? 'direct put, one payment a record' : `direct put, ${payments} payments a record`,
    monthlyUsd: monthlyCost(lines), excuses: [],
  };
}

function streamOption(workload: Workload, facts: Facts, payments: number, partitions: number): FirehoseOption {
  const unit = facts.number(UNIT);
  const { bytesPerRecord } = packedTraffic(workload, facts, 1, payments);
  const billed = payments < 2 ? billedBytes(workload, facts, 1) : unit * Math.max(1, bytesPerRecord / unit + 0.5);
  const lines = costLines(workload, facts, (rate) => rate / payments * billed, partitions);
  return {
    source: 'stream', paymentsPerRecord: payments, recordsPerSecond: workload.peak.perSecond / payments, lines,
    name: `from the stream, ${formatNumber(payments)} payments a record`,
    monthlyUsd: monthlyCost(lines), excuses: [],
  };
}

function costLines(workload: Workload, facts: Facts, billedPerSecond: (rate: number) => number, partitions: number): CostLine[] {
  const tiers: PriceTier[] = [
    { upTo: facts.number('firehose/gb.tier1.upTo'), usd: facts.number('firehose/gb.tier1') },
    { upTo: facts.number('firehose/gb.tier2.upTo'), usd: facts.number('firehose/gb.tier2') },
    { upTo: Infinity, usd: facts.number('firehose/gb.tier3') },
  ];
  const [average, peak] = [workload.average.perSecond, workload.peak.perSecond];
  const own = (rate: number): number => rate * workload.payloadSize.meanBytes / BILLED_GB;
  // Each partition delivers when its buffer is full, or when the longest interval is over.
  const objects = (rate: number): number => Math.max(
    rate * workload.payloadSize.meanBytes / (facts.number('target/firehose.objectMiB') * MIB), partitions / facts.number('firehose/buffer.maxSec'),
  );
  return [
    usageLine('GB', { typical: billedPerSecond(average) / BILLED_GB, high: billedPerSecond(peak) / BILLED_GB }, tiers),
    ...(partitions > 1 ? [
      usageLine('GB partitioned', { typical: own(average), high: own(peak) }, facts.number('firehose/dynamicPartitioning.gb')),
      usageLine('objects', { typical: objects(average), high: objects(peak) }, facts.number('firehose/dynamicPartitioning.object1k') / 1000),
    ] : []),
  ];
}

function callsDecision(workload: Workload, chosen: FirehoseOption, facts: Facts): Decision {
  const trail = new FactTrail(facts);
  const records = trail.number('firehose/putRecordBatch.maxRecords');
  const bytes = trail.number('firehose/putRecordBatch.maxBytes');
  const bytesPerSecond = workload.peak.perSecond * workload.payloadSize.meanBytes;
  const byRecords = chosen.recordsPerSecond / records;
  const byBytes = bytesPerSecond / bytes;
  const value = Math.max(1, roundUp(Math.max(byRecords, byBytes)));
  return Decision.derive({
    path: PATH,
    name: 'callsPerSecond',
    value,
    unit: 'calls/s',
    formula: `max(1, ceil(max(${formatNumber(chosen.recordsPerSecond)} records/s / ${formatNumber(records)}, ${formatBytes(bytesPerSecond)}/s / ${formatBytes(bytes)}))) = ${value}`,
    inputs: { recordsPerSecond: chosen.recordsPerSecond, bytesPerSecond },
    binding: byBytes > byRecords ? 'bytes of a call' : 'records of a call',
    rejected: [{ option: 'a call for each record', because: `${formatNumber(chosen.recordsPerSecond)} calls/s` }],
    quota: quotaUse(trail, CALLS, value),
    facts: trail.ids(),
  });
}

function bytesDecision(workload: Workload, facts: Facts): Decision {
  const trail = new FactTrail(facts);
  const used = workload.peak.perSecond * workload.payloadSize.meanBytes / MIB;
  const most = trail.number(MEBIBYTES);
  const value = Math.max(1, roundUp(used));
  return Decision.derive({
    path: PATH,
    name: 'mebibytesPerSecond',
    value,
    unit: 'MiB/s',
    formula: `max(1, ceil(${formatNumber(workload.peak.perSecond)}/s x ${formatNumber(workload.payloadSize.meanBytes)} B / ${formatNumber(MIB)})) = ${value}`,
    inputs: { paymentsPerSecond: workload.peak.perSecond, meanBytes: workload.payloadSize.meanBytes },
    binding: value > most ? 'more than a new stream takes: ask for it before the first day, or read the payments from a Kinesis stream, which has no such bound'
    : 'a new stream takes it',
    rejected: value > most ? [{ option: 'no request', because: `a new stream takes ${formatNumber(most)} MiB/s and grows only while it refuses records` }] : [],
    quota: quotaUse(trail, MEBIBYTES, value),
    facts: trail.ids(),
  });
}

function recordsDecision(workload: Workload, chosen: FirehoseOption, facts: Facts): Decision {
  const trail = new FactTrail(facts);
  const value = Math.max(1, roundUp(chosen.recordsPerSecond));
  return Decision.derive({
    path: PATH,
    name: 'recordsPerSecond',
    value,
    unit: 'records/s',
    formula: `max(1, ceil(${formatNumber(workload.peak.perSecond)}/s / ${formatNumber(chosen.paymentsPerRecord)} payments)) = ${value}`,
    inputs: { paymentsPerSecond: workload.peak.perSecond, paymentsPerRecord: chosen.paymentsPerRecord },
    binding: 'payments that are packed into a record',
    quota: quotaUse(trail, RECORDS, value),
    facts: trail.ids(),
  });
}

function bufferSizeDecision(facts: Facts, partitions: number): Decision {
  const trail = new FactTrail(facts);
  const wanted = trail.number('target/firehose.objectMiB');
  const least = trail.number(partitions > 1 ? 'firehose/buffer.minMiB.dynamic' : 'firehose/buffer.minMiB');
  const most = trail.number('firehose/buffer.maxMiB');
  const value = clamp(wanted, least, most);
  return Decision.derive({
    path: PATH,
    name: 'bufferSize',
    value,
    unit: 'MiB',
    formula: `max(${least}, min(${wanted} of an object, ${most})) = ${value}`,
    inputs: { objectMiB: wanted },
    binding: value === wanted ? 'size of an archived object' : value === least ? 'smallest buffer with partitions' : 'largest buffer',
    rejected: [{ option: '5 MiB, the default', because: `${formatNumber(value / 5)} times the objects, each of which is written, listed and opened by itself` }],
    limits: { minimum: least, maximum: most, because: 'buffer of an S3 destination' },
    facts: trail.ids(),
  });
}

/** Long enough to fill the buffer at the average rate, so that objects have their size; the bound of how late the archive is. */
function intervalDecision(workload: Workload, facts: Facts, partitions: number): Decision {
  const trail = new FactTrail(facts);
  const bytes = trail.number('target/firehose.objectMiB') * MIB;
  const most = trail.number('firehose/buffer.maxSec');
  const least = trail.number('firehose/buffer.minSec.dynamic');
  const perSecond = workload.average.perSecond * workload.payloadSize.meanBytes / partitions;
  const value = clamp(roundUp(bytes / perSecond), least, most);
  return Decision.derive({
    path: PATH,
    name: 'bufferInterval',
    value,
    unit: 's',
    formula: `max(${least} s, min(ceil(${formatBytes(bytes)} / ${formatBytes(perSecond)}/s), ${most} s)) = ${value}`,
    inputs: { objectBytes: bytes, bytesPerSecondOfPartition: perSecond, partitions },
    binding: value === most ? `longest interval; objects have ${formatBytes(perSecond * most)} then` : value === least
      ? 'objects are full before it ends' : 'time in which an object fills at the average rate',
    rejected: value > least ? [{ option: formatSeconds(least), because: `objects of ${formatBytes(perSecond * least)}` }] : [],
    limits: { minimum: 0, maximum: most, because: 'buffer of a Firehose stream' },
    facts: trail.ids(),
  });
}

function partitionsDecision(workload: Workload, facts: Facts, partitions: number): Decision {
  const trail = new FactTrail(facts);
  const most = trail.number(ACTIVE);
  const price = trail.number('firehose/dynamicPartitioning.gb');
  const merchants = workload.keySkew.keys;
  return Decision.derive({
    path: PATH,
    name: 'partitions',
    value: partitions,
    unit: 'partitions',
    formula: partitions > 1 ? `as stated = ${partitions}` : 'by the hour of arrival alone = 1',
    inputs: { merchants },
    binding: partitions > 1 ? 'stated' : 'a reader of the archive asks for a time, and finds a merchant by an index',
    rejected: partitions > 1 ? [] : [{
      option: 'a prefix for each merchant',
      because: `${formatNumber(merchants)} of them at a time, a stream has ${formatNumber(most)} before its quota is raised; and ${dollars(price)} a GB`,
    }],
    quota: quotaUse(trail, ACTIVE, partitions),
    limits: { minimum: 1, because: 'objects have a prefix' },
    facts: trail.ids(),
  });
}
