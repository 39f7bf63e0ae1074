import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp, roundUp } from './arithmetic';
import { refundAttempts, REFUND_ATTEMPT_FACTS } from './refund-attempts';
import { Staffing } from './staffing';
import { ledgerTimeToLiveSeconds } from './stream-retention';

/** Sizes of the instance family db.r7g, smallest first. */
const CLASS_SIZES = ['large', 'xlarge', '2xlarge', '4xlarge', '8xlarge', '12xlarge', '16xlarge'];

/** An instance class, as the facts describe it. */
export interface InstanceClass {
  /** E.g. `db.r7g.xlarge`. */
  readonly name: string;
  readonly vcpus: number;
  readonly memoryBytes: number;
  /** Without burst credits. */
  readonly networkBytesPerSecond: number;
  /** Fact id of its price. */
  readonly priceFact: string;
  /** US dollars an hour. */
  readonly hour: number;
}

export const CLASS_FACTS: readonly string[] = CLASS_SIZES.flatMap((it) => [
  `aurora/shape.db.r7g.${it}`, `aurora/onDemand.db.r7g.${it}.hour`, `ec2/network.r7g.${it}.baselineGbps`,
]);

/** Bytes of a gigabyte as the rule for connections counts it. */
export const MEMORY_GB = 1e9;
const BYTES_PER_GIB = 1024 ** 3;
const BITS_PER_BYTE = 8;
const SECONDS_PER_DAY = 86_400;

/** The classes that a shard may have, smallest first. */
export function instanceClasses(facts: Facts): InstanceClass[] {
  return CLASS_SIZES.map((size) => {
    const shape = String(facts.get(`aurora/shape.db.r7g.${size}`).value);
    const [, vcpus, memory] = /^(\d+) vCPU \/ (\d+) GiB$/.exec(shape) ?? [];
    if (vcpus === undefined) {
      throw new Error(`\`aurora/shape.db.r7g.${size}\` must be a text like '2 vCPU / 16 GiB', got: ${shape}`);
    }
    const priceFact = `aurora/onDemand.db.r7g.${size}.hour`;
    return {
      name: `db.r7g.${size}`,
      vcpus: Number(vcpus),
      memoryBytes: Number(memory) * BYTES_PER_GIB,
      networkBytesPerSecond: facts.number(`ec2/network.r7g.${size}.baselineGbps`) * 1e9 / BITS_PER_BYTE,
      priceFact,
      hour: facts.number(priceFact),
    };
  });
}

/** What all shards together have to do, and what of it one shard is allowed to. */
export interface AuroraLoad {
  /** Rows written per second at the peak: payments, both rows of each attempt of a refund, and repeated payments that are found to be there. */
  readonly rowsPerSecond: number;
  /** The same on average. */
  readonly averageRowsPerSecond: number;
  /** Bytes of write-ahead log of a row. */
  readonly logBytesPerRow: number;
  /** Log that all writers send to the copies of the volumes, in bytes per second. */
  readonly sentBytesPerSecond: number;
  /** Bytes that a payment takes: its row, its key, and their entries in all indexes. */
  readonly rowBytes: number;
  /** What lives at the same time of them, in bytes. */
  readonly storedBytes: number;
  /** Rows with their keys and entries in order that must be in memory, in bytes: those of the last payments. */
  readonly hotBytes: number;
  /** Index over the payers of the partition that is written to, in bytes. They are in no order: each payment needs a page anywhere in it. */
  readonly payerIndexBytes: number;
  /** Index over the keys of all payments that live, in bytes; in no order either. */
  readonly keyIndexBytes: number;
  /** Status reads per second at the peak. */
  readonly readsPerSecond: number;
  /** Busy vCPU of these reads. */
  readonly readVcpus: number;
  /** Whether readers may answer them. */
  readonly readsOnReaders: boolean;
  /** Rows per second that one writer may have. */
  readonly rowsPerWriter: number;
  /** Processes that write. */
  readonly workers: number;
  /** Processes that read. */
  readonly readingProcesses: number;
}

export const LOAD_FACTS: readonly string[] = [
  ...REFUND_ATTEMPT_FACTS, 'postgres/logPerPayment', 'postgres/payloadOfLog', 'postgres/journalOverhead', 'postgres/payerIndexBytes',
  'postgres/keyRowBytes', 'postgres/keyIndexBytes', 'postgres/cpuPerRead',
  'postgres/sustainedPayments', 'aurora/storage.copies', 'aurora/replicaLag.milliseconds', 'target/aurora.hotMinutes', 'target/aurora.partitionShare',
  'target/aurora.partitionDays', 'target/aurora.utilization',
  'target/aurora.workerUtilization', 'payment-worker/cpuPerPayment', 'target/store.paymentsPerProcess',
];

export function auroraLoad(workload: Workload, facts: Facts): AuroraLoad {
  const rowsOf = (rate: number): number => rate * (1 - workload.refundShare + workload.clientRetryShare
    + 2 * workload.refundShare * refundAttempts(workload, facts));
  const peak = workload.peak.perSecond;
  const payload = workload.payloadSize.meanBytes;
  const journalBytes = payload + facts.number('postgres/journalOverhead');
  const keyBytes = facts.number('postgres/keyRowBytes');
  const [payerEntry, keyEntry] = [facts.number('postgres/payerIndexBytes'), facts.number('postgres/keyIndexBytes')];
  const rowBytes = journalBytes + keyBytes + keyEntry;
  const timeToLive = ledgerTimeToLiveSeconds(workload);
  const partition = partitionDays(timeToLive / SECONDS_PER_DAY, facts) * SECONDS_PER_DAY;
  // Old rows go by dropping a partition, so up to one more is there.
  const living = workload.average.perSecond * (timeToLive + partition);
  const logBytesPerRow = facts.number('postgres/logPerPayment') + Math.max(0, payload - facts.number('postgres/payloadOfLog'));
  const readsPerSecond = peak * workload.readsPerPayment;
  const { status } = workload.consistency;
  const lag = facts.number('aurora/replicaLag.milliseconds');
  return {
    rowsPerSecond: rowsOf(peak),
    averageRowsPerSecond: rowsOf(workload.average.perSecond),
    logBytesPerRow,
    sentBytesPerSecond: rowsOf(peak) * logBytesPerRow * facts.number('aurora/storage.copies'),
    rowBytes,
    storedBytes: living * rowBytes,
    hotBytes: peak * 60 * facts.number('target/aurora.hotMinutes') * (journalBytes - payerEntry + keyBytes),
    payerIndexBytes: workload.average.perSecond * partition * payerEntry,
    keyIndexBytes: living * keyEntry,
    readsPerSecond,
    readVcpus: readsPerSecond * facts.number('postgres/cpuPerRead') / 1e6,
    readsOnReaders: status.staleness !== undefined && status.staleness.toMilliseconds() >= lag,
    rowsPerWriter: facts.number('postgres/sustainedPayments') * facts.number('target/aurora.utilization'),
    workers: workload.cells * workersOfCell(workload, facts),
    readingProcesses: Math.max(1, roundUp(peak / facts.number('target/store.paymentsPerProcess'))),
  };
}

/** Days of a partition of the journal: entries stay about a hundredth longer than they are kept, and a week at most, as in the task `daily`. */
export function partitionDays(keepDays: number, facts: Facts): number {
  return clamp(Math.ceil(keepDays * facts.number('target/aurora.partitionShare')), 1, facts.number('target/aurora.partitionDays'));
}

/** Workers of one cell, with a vCPU each. */
function workersOfCell(workload: Workload, facts: Facts): number {
  const busy = workload.cellShare().peak.perSecond * facts.number('payment-worker/cpuPerPayment') / 1e6;
  return new Staffing(facts, workload.recoveryTier, facts.number('target/aurora.workerUtilization')).servers(busy);
}

/** How rows come together to batches, and what that costs a shard. */
export interface AuroraBatches {
  /** Processes that write to a shard at the same time. */
  readonly writersPerShard: number;
  /** Rows of a call. */
  readonly rowsPerBatch: number;
  /** Calls per second and shard. */
  readonly batchesPerSecond: number;
  /** Busy vCPU of the writer for them. */
  readonly vcpus: number;
}

/** What batches follow from, with the load and the number of workers. */
export function batchFacts({ recoveryTier: { name } }: Workload): string[] {
  return [
    ...LOAD_FACTS, 'target/aurora.batchMilliseconds', 'target/aurora.batchPayments', 'target/aurora.cpuFactor', 'postgres/cpuPerPayment',
    'postgres/cpuPerBatch', 'target/fargate.availabilityZones', `target/fargate.zonesLost.${name}`, `target/staffing.quality.${name}`,
  ];
}

/** Partitions hold payments of all shards, so every worker writes to every shard; it collects for a call what all of its partitions have. */
export function auroraBatches(load: AuroraLoad, shards: number, facts: Facts): AuroraBatches {
  const writersPerShard = load.workers;
  const rows = load.rowsPerSecond / shards;
  const collected = rows / writersPerShard * facts.number('target/aurora.batchMilliseconds') / 1000;
  const rowsPerBatch = clamp(collected, 1, facts.number('target/aurora.batchPayments'));
  const microseconds = facts.number('postgres/cpuPerPayment') + facts.number('postgres/cpuPerBatch') / rowsPerBatch;
  return {
    writersPerShard,
    rowsPerBatch,
    batchesPerSecond: rows / rowsPerBatch,
    vcpus: rows * microseconds / 1e6 * facts.number('target/aurora.cpuFactor'),
  };
}
