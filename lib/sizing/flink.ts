import { Duration } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp, roundDown, roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { FactTrail } from './fact-trail';
import { formatBytes, formatNumber, formatShare } from './format';
import { sizeKinesisStream } from './kinesis-stream';
import { CostLine, MonthlyUsd, costDecision, hourlyLine, monthlyCost, storedLine } from './monthly-cost';
import { planned } from './planned';

export interface FlinkProps {
  /**
   * Shards or partitions that the source reads.
   *
   * @default - the shards of a Kinesis stream for the workload
   */
  readonly sourceShards?: number;
  /**
   * Keys that are counted at a time in the longest window.
   *
   * @default - a share of the payments of that window
   */
  readonly keys?: number;
  /**
   * Windows that each key is counted in.
   *
   * @default - from the design targets: a minute, five minutes, an hour
   */
  readonly windows?: number;
}

/** Size of an application on Managed Service for Apache Flink that counts payments by key in windows. */
export interface FlinkSizing {
  /** Subtasks of an operator. */
  readonly parallelism: number;
  readonly parallelismPerKpu: number;
  readonly kpus: number;
  /** Subtasks of the source; more than shards would read nothing. */
  readonly sourceParallelism: number;
  readonly stateBytes: number;
  readonly checkpointInterval: Duration;
  readonly monthlyUsd: MonthlyUsd;
  /** Always empty: there is one way to have it. */
  readonly excuses: readonly string[];
  readonly decisions: readonly Decision[];
}

const PATH = 'flink';
const QUOTA = 'flink/kpu.perApp.default';
const MOST = 'flink/kpu.perApp.max';
const GB = 1e9;

/**
 * Sizes a Flink application that reads every payment.
 *
 * @throws Error for a number of shards, keys or windows below 1, and for more KPUs than an application can have
 */
export function sizeFlink(workload: Workload, facts: Facts = Facts.DEFAULT, props: FlinkProps = {}): FlinkSizing {
  for (const name of ['sourceShards', 'keys', 'windows'] as const) {
    const value = props[name];
    if (value !== undefined && !(Number.isFinite(value) && value >= 1)) {
      throw new Error(`\`${name}\` must be at least 1, got: ${value}`);
    }
  }
  return planned(
    workload, facts,
    (it) => sizeOnce(it, facts, props),
    (sizing) => [{ amount: sizing.kpus, unitCost: facts.number('flink/kpuHour'), facts: ['flink/kpuHour'] }],
  );
}

function sizeOnce(workload: Workload, facts: Facts, props: FlinkProps): FlinkSizing {
  const state = stateDecision(workload, facts, props);
  const stateBytes = state.value as number;
  const kpus = kpusDecision(workload, facts, stateBytes);
  const parallelism = parallelismDecision(facts, kpus.value as number);
  const source = sourceDecision(workload, facts, parallelism.value as number, props.sourceShards);
  const checkpoint = checkpointDecision(workload, facts, stateBytes, kpus.value as number);
  const trail = new FactTrail(facts);
  const lines = costLines(trail, kpus.value as number);
  return {
    parallelism: parallelism.value as number,
    parallelismPerKpu: (parallelism.value as number) / (kpus.value as number),
    kpus: kpus.value as number,
    sourceParallelism: source.value as number,
    stateBytes,
    checkpointInterval: Duration.seconds(checkpoint.value as number),
    monthlyUsd: monthlyCost(lines),
    excuses: [],
    decisions: [kpus, parallelism, source, state, checkpoint, costDecision({ path: PATH, lines, facts: [...trail.ids(), ...kpus.facts] })],
  };
}

function stateDecision(workload: Workload, facts: Facts, props: FlinkProps): Decision {
  const trail = new FactTrail(facts);
  const windows = props.windows ?? trail.number('target/flink.windows');
  const seconds = trail.number('target/flink.longestWindowSeconds');
  const share = trail.number('target/flink.distinctShare');
  const perKey = trail.number('flink/stateBytesPerKey');
  const keys = props.keys ?? workload.peak.perSecond * seconds * share;
  const value = Math.round(keys * windows * perKey);
  return Decision.derive({
    path: PATH,
    name: 'stateBytes',
    value,
    unit: 'B',
    formula: `${formatNumber(keys)} keys x ${windows} windows x ${perKey} B = ${value}`,
    inputs: { keys, windows, bytesPerKey: perKey, longestWindowSeconds: seconds, distinctShare: share },
    binding: props.keys === undefined ? 'payers of the longest window' : 'stated keys',
    rejected: [{ option: 'a window of a day', because: `${formatBytes(value * 24 * 3600 / seconds)} if payers do not come back` }],
    limits: { minimum: 0, because: 'bytes' },
    facts: trail.ids(),
  });
}

function kpusDecision(workload: Workload, facts: Facts, stateBytes: number): Decision {
  const trail = new FactTrail(facts);
  const cpu = trail.number('flink/cpuPerEvent') / 1e6;
  const utilization = trail.number('target/flink.kpuUtilization');
  const vcpus = trail.number('flink/kpu.vcpu');
  const storage = trail.number('flink/kpu.storageGB') * GB;
  const stateUtilization = trail.number('target/flink.stateUtilization');
  const maximum = trail.number(MOST);
  const busy = workload.peak.perSecond * cpu / vcpus;
  const byCpu = busy / utilization;
  const byState = stateBytes / (storage * stateUtilization);
  const value = Math.max(1, roundUp(Math.max(byCpu, byState)));
  if (value > maximum) {
    throw new Error(`\`peak\` must need at most ${maximum} KPUs, what an application can have, got: ${value}; split the application by key, or state fewer keys and windows`);
  }
  return Decision.derive({
    path: PATH,
    name: 'kpus',
    value,
    unit: 'KPU',
    formula: `max(1, ceil(max(${formatNumber(workload.peak.perSecond)}/s x ${formatNumber(cpu * 1e6)} µs / ${utilization}, `
      + `${formatBytes(stateBytes)} / (${formatBytes(storage)} x ${stateUtilization})))) = ${value}`,
    inputs: {
      paymentsPerSecond: workload.peak.perSecond, microsecondsPerEvent: cpu * 1e6, busyKpus: busy, stateBytes, utilization, stateUtilization,
    },
    binding: byCpu < 1 && byState < 1 ? 'smallest application' : byCpu >= byState ? 'CPU of an event' : 'state of the windows',
    rejected: [{ option: `${Math.max(1, roundUp(busy))} KPU, just the busy ones`, because: `a restart has to catch up with what came meanwhile, and above ${formatShare(utilization)} it hardly does` }],
    demand: Math.max(busy, stateBytes / storage),
    quota: quotaUse(trail, QUOTA, value),
    limits: { minimum: 1, maximum, because: 'KPUs of an application' },
    facts: trail.ids(),
  });
}

function parallelismDecision(facts: Facts, kpus: number): Decision {
  const trail = new FactTrail(facts);
  const perKpu = trail.number('target/flink.parallelismPerKpu');
  const most = trail.number('flink/parallelismPerKpu.max');
  const memory = trail.number('flink/kpu.memoryGiB');
  const value = kpus * perKpu;
  return Decision.derive({
    path: PATH,
    name: 'parallelism',
    value,
    unit: 'subtasks',
    formula: `${kpus} KPU x ${perKpu} = ${value}`,
    inputs: { kpus, parallelismPerKpu: perKpu },
    binding: 'keyed state has all the memory of its KPU',
    rejected: [{ option: `${most} subtasks a KPU`, because: `each would have ${formatNumber(memory / most)} GiB, and one vCPU is busy with one of them` }],
    limits: { minimum: 1, maximum: kpus * most, because: 'subtasks of a KPU' },
    facts: trail.ids(),
  });
}

function sourceDecision(workload: Workload, facts: Facts, parallelism: number, stated: number | undefined): Decision {
  const trail = new FactTrail(facts);
  const sourceShards = stated ?? sizeKinesisStream(workload, trail).shards;
  const value = Math.min(parallelism, sourceShards);
  return Decision.derive({
    path: PATH,
    name: 'sourceParallelism',
    value,
    unit: 'subtasks',
    formula: `min(${parallelism} subtasks, ${sourceShards} shards) = ${value}`,
    inputs: { parallelism, sourceShards },
    binding: value < parallelism ? 'a shard is read by one subtask; what comes after the key is spread over all of them' : 'each subtask of the source has a shard or more',
    rejected: [{ option: `${Math.max(parallelism, sourceShards) + 1}`, because: `more than ${value} would wait, and a waiting source holds back the time of all windows` }],
    limits: { minimum: 1, maximum: sourceShards, because: 'shards of the source' },
    facts: trail.ids(),
  });
}

/** A restart reads again what came since the last checkpoint; a share of the recovery point may pass between two of them. */
function checkpointDecision(workload: Workload, facts: Facts, stateBytes: number, kpus: number): Decision {
  const trail = new FactTrail(facts);
  const least = trail.number('flink/checkpoint.minSec');
  const longest = trail.number('target/flink.longestCheckpointSeconds');
  const share = trail.number('target/flink.checkpointShareOfRecoveryPoint');
  const recoveryPoint = workload.recoveryTier.recoveryPoint.toSeconds();
  const value = clamp(roundDown(recoveryPoint * share), least, longest);
  return Decision.derive({
    path: PATH,
    name: 'checkpointInterval',
    value,
    unit: 's',
    formula: `max(${least} s, min(floor(${recoveryPoint} s x ${share}), ${longest} s)) = ${value}`,
    inputs: { recoveryPointSeconds: recoveryPoint, share, stateBytesOfKpu: stateBytes / kpus },
    binding: value === longest ? 'what a restart reads again' : `recovery point of tier ${workload.recoveryTier.name}`,
    rejected: [{
      option: `${least} s`,
      because: `up to ${formatBytes(stateBytes / kpus)} of state of each KPU would be under way at any time`,
    }],
    limits: { minimum: least, because: 'interval of checkpoints' },
    facts: trail.ids(),
  });
}

/** Storage is counted in full: of two readings of the price list, whether 50 GB of each KPU are included, the dearer one. */
function costLines(facts: Facts, kpus: number): CostLine[] {
  const storage = kpus * facts.number('flink/kpu.storageGB');
  return [
    hourlyLine('KPU', kpus + facts.number('flink/kpu.orchestration'), facts.number('flink/kpuHour')),
    storedLine('GB of running storage', { low: storage, typical: storage, high: storage }, facts.number('flink/runningStorage.gbMonth')),
  ];
}
