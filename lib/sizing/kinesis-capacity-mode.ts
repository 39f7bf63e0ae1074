import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { freeLaneSettleMilliseconds } from './consumer-lane';
import { Decision, QuotaUse, quotaUse } from './decision';
import { FactTrail } from './fact-trail';
import { formatBytes, formatNumber, formatSeconds, formatShare } from './format';
import { ModeTraffic, advantageLines, modeTraffic, provisionedLines, standardLines } from './kinesis-mode-cost';
import { KinesisStreamSizing, sizeKinesisStream } from './kinesis-stream';
import { CostLine, HOURS_PER_MONTH, MonthlyUsd, costDecision, dollars, monthlyCost } from './monthly-cost';
import { planned } from './planned';
import { SizingOption, cheapest, excusesOf, losers } from './sizing-option';

export type KinesisCapacityMode = 'provisioned' | 'on-demand-standard' | 'on-demand-advantage';

/** One capacity mode of a stream. */
export interface KinesisModeOption extends SizingOption {
  readonly mode: KinesisCapacityMode;
  readonly lines: readonly CostLine[];
}

export interface KinesisCapacityModeProps {
  /**
   * The stream with provisioned shards.
   *
   * @default - sized for the workload
   */
  readonly stream?: KinesisStreamSizing;
  /**
   * Streams of this size in the account, e.g. one a cell. They share the least throughput that On-demand Advantage bills.
   *
   * @default 1
   */
  readonly streams?: number;
}

/** How a stream is paid for, and what each way costs. */
export interface KinesisCapacityModeSizing {
  readonly mode: KinesisCapacityMode;
  readonly options: readonly KinesisModeOption[];
  readonly monthlyUsd: MonthlyUsd;
  readonly settleMilliseconds: number;
  /** Write throughput that On-demand Advantage keeps warm for the peak. */
  readonly warmThroughputMiBps: number;
  /** Share of what the provisioned shards take that the average must stay below for On-demand Standard to cost less; 0 where it never does. */
  readonly breakEvenUtilization: number;
  /** Options that do not fit this workload, each with its reason. */
  readonly excuses: readonly string[];
  readonly decisions: readonly Decision[];
}

const PATH = 'stream';
const MIB = 1024 * 1024;
const INITIAL = 'kinesis/onDemand.initialWriteBytesPerSec';
const MOST_WRITTEN = 'kinesis/onDemand.maxWriteBytesPerSec';
const MOST_WARM = 'kinesis/advantage.maxWarmMiBps';
const SHARD_BYTES = 'kinesis/shard.writeBytesPerSec';
const LEAST_SAVING = 'target/kinesis.leastModeSavingUsd';

/**
 * Compares provisioned shards with the two on-demand modes and picks one. Give it the workload of one cell.
 *
 * Without load a stream of shards costs the same as under load, one on demand nearly nothing; so the share of its shards that a stream uses on
 * average decides, beside what a new stream takes on its first day.
 *
 * @throws Error as `sizeKinesisStream` does, and for fewer than one stream
 */
export function sizeKinesisCapacityMode(
  workload: Workload, facts: Facts = Facts.DEFAULT, props: KinesisCapacityModeProps = {},
): KinesisCapacityModeSizing {
  const streams = props.streams ?? 1;
  if (!(Number.isInteger(streams) && streams >= 1)) {
    throw new Error(`\`streams\` must be a whole number of at least 1, got: ${streams}`);
  }
  return planned(
    workload, facts,
    (it) => sizeOnce(it, facts, props.stream ?? sizeKinesisStream(it, facts), streams),
    // Of the modes the one whose cost follows the load without steps.
    (sizing) => [{ amount: sizing.options[0].monthlyUsd.typical / HOURS_PER_MONTH, unitCost: 1 }],
  );
}

function sizeOnce(workload: Workload, facts: Facts, stream: KinesisStreamSizing, streams: number): KinesisCapacityModeSizing {
  const trail = new FactTrail(facts);
  const traffic = modeTraffic(workload, trail, stream);
  const warm = roundUp(traffic.peak.bytesPerSecond / trail.number('target/kinesis.shardUtilization') / MIB);
  const settleMilliseconds = freeLaneSettleMilliseconds(
    trail, trail.number(`lambda-esm/kinesis.${stream.enhancedFanOut ? 'efo' : 'standard'}.p99`), trail.number('lambda/invokeOverhead.sync.p99.default'),
  );
  const option = (mode: KinesisCapacityMode, name: string, lines: readonly CostLine[], excuses: readonly string[]): KinesisModeOption =>
    ({ mode, name, lines, monthlyUsd: monthlyCost(lines), settleMilliseconds, excuses });
  const options = [
    option('provisioned', `${stream.shards} provisioned shards`, provisionedLines(stream, traffic, trail), []),
    option('on-demand-standard', 'On-demand Standard', standardLines(stream, traffic, trail), standardExcuses(traffic, trail)),
    option('on-demand-advantage', 'On-demand Advantage', advantageLines(stream, traffic, trail, streams), advantageExcuses(warm, trail)),
  ];
  const chosen = choose(options, trail.number(LEAST_SAVING));
  const quota = quotaOf(chosen.mode, traffic, warm, trail);
  const breakEven = breakEvenDecision(workload, facts, stream, options);
  return {
    mode: chosen.mode,
    options,
    monthlyUsd: chosen.monthlyUsd,
    settleMilliseconds,
    warmThroughputMiBps: warm,
    breakEvenUtilization: breakEven.value as number,
    excuses: excusesOf(options),
    decisions: [
      modeDecision(options, chosen, traffic, quota, trail),
      breakEven,
      fanOutCostDecision(workload, facts, stream),
      costDecision({ path: PATH, lines: chosen.lines, rejected: losers(options, chosen), facts: trail.ids() }),
    ],
  };
}

/** Provisioned shards, unless another mode saves enough. */
function choose(options: readonly KinesisModeOption[], leastSaving: number): KinesisModeOption {
  const [provisioned] = options;
  const best = cheapest(options) ?? provisioned;
  return provisioned.monthlyUsd.typical - best.monthlyUsd.typical >= leastSaving ? best : provisioned;
}

function modeDecision(
  options: readonly KinesisModeOption[], chosen: KinesisModeOption, traffic: ModeTraffic, quota: QuotaUse | undefined, trail: FactTrail,
): Decision {
  const [provisioned, standard, advantage] = options.map((it) => it.monthlyUsd.typical);
  const best = cheapest(options) ?? chosen;
  const leastSaving = trail.number(LEAST_SAVING);
  return Decision.derive({
    path: PATH,
    name: 'capacityMode',
    value: chosen.mode,
    formula: `${options[0].name} ${dollars(provisioned)}, On-demand Standard ${dollars(standard)}, On-demand Advantage ${dollars(advantage)} a month `
      + `at ${formatBytes(traffic.average.bytesPerSecond)}/s = ${chosen.mode}`,
    inputs: {
      peakBytesPerSecond: traffic.peak.bytesPerSecond,
      averageBytesPerSecond: traffic.average.bytesPerSecond,
      billedBytesPerSecondOnDemand: traffic.average.billedBytesPerSecond,
      leastSaving,
    },
    binding: best === chosen ? 'least cost of the modes that take the peak from the first day'
    : `a bound on shards and concurrency; ${best.name} would save ${dollars(provisioned - best.monthlyUsd.typical)}, less than the ${dollars(leastSaving)} that is asked for`,
    rejected: losers(options, chosen),
    quota,
    facts: trail.ids(),
  });
}

function quotaOf(mode: KinesisCapacityMode, traffic: ModeTraffic, warm: number, trail: FactTrail): QuotaUse | undefined {
  switch (mode) {
    case 'provisioned': return undefined;
    case 'on-demand-standard': return quotaUse(trail, MOST_WRITTEN, traffic.peak.bytesPerSecond);
    case 'on-demand-advantage': return quotaUse(trail, MOST_WARM, warm);
  }
}

/** A new stream takes little, and doubles what it saw only by and by. */
function standardExcuses({ peak }: ModeTraffic, facts: Facts): string[] {
  const initial = facts.number(INITIAL);
  const most = facts.number(MOST_WRITTEN);
  const records = initial / facts.number(SHARD_BYTES) * facts.number('kinesis/shard.writeRecordsPerSec');
  const times = Math.max(peak.bytesPerSecond / initial, peak.recordsPerSecond / records);
  const doublings = roundUp(Math.log2(times));
  const ramp = doublings * facts.number('kinesis/onDemand.scalingSec');
  return [
    ...(times > 1 ? [`a new stream takes ${formatBytes(initial)}/s or ${formatNumber(records)} records/s; the peak is ${formatNumber(times)} times that, `
      + `${doublings} doublings or at least ${formatSeconds(ramp)} away, and nothing warms it before the first day`] : []),
    ...(peak.bytesPerSecond > most ? [`the peak is ${formatBytes(peak.bytesPerSecond)}/s, a stream grows to ${formatBytes(most)}/s`] : []),
  ];
}

function advantageExcuses(warm: number, facts: Facts): string[] {
  const most = facts.number(MOST_WARM);
  return warm > most ? [`needs a warm throughput of ${formatNumber(warm)} MiB/s, at most ${formatNumber(most)} can be set`] : [];
}

/** Both modes have a fixed part and one by volume; they meet where the average uses this share of the shards. */
function breakEvenDecision(workload: Workload, facts: Facts, stream: KinesisStreamSizing, options: readonly KinesisModeOption[]): Decision {
  const trail = new FactTrail(facts);
  const traffic = modeTraffic(workload, trail, stream);
  const lines = [provisionedLines(stream, traffic, trail), standardLines(stream, traffic, trail)].map(monthlyCost);
  const [shards, standard] = lines;
  const utilization = traffic.average.bytesPerSecond / (stream.shards * trail.number(SHARD_BYTES));
  const perUtilization = [shards, standard].map((it) => (it.typical - it.low) / utilization);
  const share = Math.max(0, (shards.low - standard.low) / (perUtilization[1] - perUtilization[0]));
  const value = Number(share.toPrecision(3));
  return Decision.derive({
    path: PATH,
    name: 'breakEvenUtilization',
    value,
    unit: 'share',
    formula: `max(0, (${dollars(shards.low)} - ${dollars(standard.low)}) / (${dollars(perUtilization[1])} - ${dollars(perUtilization[0])} a month at full use)) = ${value}`,
    inputs: { utilization, fixedUsdOfShards: shards.low, fixedUsdOnDemand: standard.low },
    binding: utilization > share
      ? `the average uses ${formatShare(utilization)} of what the shards take, so that they cost less than On-demand Standard`
      : `the average uses only ${formatShare(utilization)} of what the shards take, so that On-demand Standard costs less`,
    rejected: options.slice(2).map((it) => ({ option: it.name, because: `commits the whole account to at least ${dollars(it.monthlyUsd.low)} a month, so that no share of one stream decides` })),
    facts: trail.ids(),
  });
}

/** What the push to the consumer costs, beside the same stream with polling. */
function fanOutCostDecision(workload: Workload, facts: Facts, stream: KinesisStreamSizing): Decision {
  const trail = new FactTrail(facts);
  const traffic = modeTraffic(workload, trail, stream);
  const polled = monthlyCost(provisionedLines({ ...stream, enhancedFanOut: false }, traffic, trail)).typical;
  const pushed = monthlyCost(provisionedLines({ ...stream, enhancedFanOut: true }, traffic, trail)).typical;
  const value = stream.enhancedFanOut ? Number((pushed - polled).toFixed(2)) : 0;
  return Decision.derive({
    path: PATH,
    name: 'enhancedFanOutMonthlyUsd',
    value,
    unit: 'USD/month',
    formula: stream.enhancedFanOut ? `${dollars(pushed)} with - ${dollars(polled)} without = ${value}` : `polling: no charge of its own, 1 consumer = ${value}`,
    inputs: { monthlyUsdPushed: pushed, monthlyUsdPolled: polled, shards: stream.shards },
    binding: stream.enhancedFanOut ? 'consumer-shard-hours and the bytes that are pushed' : 'polling is fast enough for the settle target',
    rejected: stream.enhancedFanOut ? [] : [{ option: 'enhanced fan-out', because: `${dollars(pushed - polled)} a month more` }],
    facts: trail.ids(),
  });
}
