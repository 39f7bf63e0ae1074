import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { KinesisStreamSizing } from './kinesis-stream';
import { BILLED_GB, CostLine, LoadRange, hourlyLine, storedLine, usageLine } from './monthly-cost';
import { StreamTraffic, packedTraffic, roundedUnits } from './stream-traffic';

/** Rounding of the on-demand modes: each record is billed as a multiple of 1 KB. */
const ON_DEMAND_UNIT_BYTES = 1024;
const HOURS_OF_A_WEEK = 168;

export interface BilledTraffic extends StreamTraffic {
  /** PUT units of provisioned shards. */
  readonly putUnitsPerSecond: number;
  /** Bytes that the on-demand modes bill. */
  readonly billedBytesPerSecond: number;
}

/** What is written at the two rates, with the roundings of the bill. */
export interface ModeTraffic {
  readonly average: BilledTraffic;
  readonly peak: BilledTraffic;
}

export function modeTraffic(workload: Workload, facts: Facts, stream: KinesisStreamSizing): ModeTraffic {
  const { paymentsPerRecord } = stream.aggregation;
  const putUnitBytes = facts.number('kinesis/putUnit.bytes');
  const at = (rate: number): BilledTraffic => {
    const packed = packedTraffic(workload, facts, rate, paymentsPerRecord);
    const rounded = (unit: number): number => roundedUnits(workload.payloadSize, paymentsPerRecord, packed.bytesPerRecord, unit);
    // Packing stops at one unit, so that only a record of a single payment can be larger.
    const putUnits = paymentsPerRecord < 2 ? rounded(putUnitBytes) : 1;
    return {
      ...packed,
      putUnitsPerSecond: packed.recordsPerSecond * putUnits,
      billedBytesPerSecond: packed.recordsPerSecond * rounded(ON_DEMAND_UNIT_BYTES) * ON_DEMAND_UNIT_BYTES,
    };
  };
  return { average: at(workload.average.perSecond), peak: at(workload.peak.perSecond) };
}

export function provisionedLines(stream: KinesisStreamSizing, traffic: ModeTraffic, facts: Facts): CostLine[] {
  const hours = stream.retention.toHours();
  return [
    hourlyLine('shards', stream.shards, facts.number('kinesis/provisioned.shardHour')),
    usageLine('PUT units', gauge(traffic, (it) => it.putUnitsPerSecond), facts.number('kinesis/provisioned.putPayloadUnit')),
    ...(stream.enhancedFanOut ? [
      hourlyLine('consumer-shards', stream.shards, facts.number('kinesis/provisioned.efo.consumerShardHour')),
      usageLine('GB pushed', gauge(traffic, gigabytes), facts.number('kinesis/provisioned.efo.gb')),
    ] : []),
    ...(hours > facts.number('kinesis/retention.minHours') ? [hourlyLine('shards kept longer', stream.shards, facts.number('kinesis/provisioned.retention7d.shardHour'))] : []),
    ...(hours > HOURS_OF_A_WEEK
      ? [storedLine('GB kept beyond a week', stored(traffic, hours - HOURS_OF_A_WEEK, gigabytes), facts.number('kinesis/provisioned.retentionLong.gbMonth'))]
      : []),
  ];
}

export function standardLines(stream: KinesisStreamSizing, traffic: ModeTraffic, facts: Facts): CostLine[] {
  return [
    hourlyLine('stream', 1, facts.number('kinesis/onDemandStandard.streamHour')),
    usageLine('GB in', gauge(traffic, billedGigabytes), facts.number('kinesis/onDemandStandard.gbIn')),
    usageLine('GB out', gauge(traffic, gigabytes), facts.number(`kinesis/onDemandStandard.${stream.enhancedFanOut ? 'efo.gb' : 'gbOut'}`)),
    ...keptLines(stream, traffic, facts.number('kinesis/retention.minHours'), facts.number('kinesis/onDemandStandard.retention7d.gbMonth')),
  ];
}

/** The account is committed to a least throughput in and out, which is billed even where nothing flows; its streams share it. */
export function advantageLines(stream: KinesisStreamSizing, traffic: ModeTraffic, facts: Facts, streams: number): CostLine[] {
  const least = facts.number('kinesis/advantage.minBilledBytesPerSec') / BILLED_GB / streams;
  const committed = (name: string, of: (it: BilledTraffic) => number, price: number): CostLine => {
    const flow = usageLine(name, { typical: Math.max(least, of(traffic.average)), high: Math.max(least, of(traffic.peak)) }, price);
    const floor = usageLine(name, { typical: least, high: least }, price).monthlyUsd.typical;
    return { ...flow, monthlyUsd: { ...flow.monthlyUsd, low: floor } };
  };
  return [
    committed('GB in', billedGigabytes, facts.number('kinesis/onDemandAdvantage.gbIn')),
    committed('GB out', gigabytes, facts.number('kinesis/onDemandAdvantage.gbOut')),
    ...keptLines(stream, traffic, facts.number('kinesis/retention.minHours'), facts.number('kinesis/onDemandAdvantage.retention7d.gbMonth')),
  ];
}

function keptLines(stream: KinesisStreamSizing, traffic: ModeTraffic, includedHours: number, price: number): CostLine[] {
  const beyond = roundUp(stream.retention.toHours() - includedHours);
  return beyond > 0 ? [storedLine('GB kept beyond a day', stored(traffic, beyond, gigabytes), price)] : [];
}

function stored(traffic: ModeTraffic, hours: number, perSecond: (it: BilledTraffic) => number): LoadRange {
  const { typical, high } = gauge(traffic, perSecond);
  return { low: 0, typical: typical * hours * 3600, high: high * hours * 3600 };
}

function gauge(traffic: ModeTraffic, of: (it: BilledTraffic) => number): { typical: number; high: number } {
  return { typical: of(traffic.average), high: of(traffic.peak) };
}

function gigabytes(it: BilledTraffic): number {
  return it.bytesPerSecond / BILLED_GB;
}

function billedGigabytes(it: BilledTraffic): number {
  return it.billedBytesPerSecond / BILLED_GB;
}
