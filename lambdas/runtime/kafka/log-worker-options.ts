import { requireWholeNumber } from '../configuration/option-rules';
import type { Logger } from '../observability/logger';
import type { Metrics } from '../observability/metrics';
import { type Clock, type Random, systemClock } from '../retry/clock';
import type { LogRecord, RecordLogGroup } from './record-log';

/**
 * Does records of one partition, in their order.
 *
 * @param deadline time after which no new call starts, in milliseconds since 1970
 * @returns how many of the first records are done; they are never delivered again, all others are
 */
export type SettleRecords = (records: readonly LogRecord[], partition: number, deadline: number) => Promise<number>;

export interface LogWorkerOptions {
  readonly group: RecordLogGroup;
  /** Must be idempotent: what was done and not committed when a worker died or a partition moved is done again, perhaps at the same time. */
  readonly settle: SettleRecords;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Records of one batch at most. A whole number of at least 1. @default 500 */
  readonly batchRecords?: number;
  /**
   * Bytes of one batch at most; a larger record comes alone. It is what a partition can be set back by when a worker dies, and how long one waits for
   * another: where records hold many payments each, a backlog would make a batch of 500 take until its deadline. A membership
   * begins with an eighth of it, and doubles with each batch that is done. A whole number of at least 1.
   *
   * @default 262144
   */
  readonly batchBytes?: number;
  /** Batches under way at once, each of another partition. A whole number of at least 1. @default 4 */
  readonly concurrentBatches?: number;
  /** Records read and not done at most: beyond that nothing is read. A whole number of at least 1. @default 10000 */
  readonly recordsInFlight?: number;
  /** The same in bytes; what is read at once may come on top. A whole number of at least 1. @default 33554432 (32 MiB) */
  readonly bytesInFlight?: number;
  /** Bytes that are read of a partition at once, at most; a larger record comes alone. A whole number of at least 1. @default 1048576 */
  readonly partitionBytes?: number;
  /** How long a read waits for the first record, in milliseconds. A whole number of at least 1. @default 250 */
  readonly fetchMilliseconds?: number;
  /** How long a batch may take, in milliseconds; calls under way then are waited for. A whole number of at least 1. @default 10000 */
  readonly batchMilliseconds?: number;
  /** Offsets are committed at most once in this time, in milliseconds. What is done in it is done again after a crash. @default 100 */
  readonly commitMilliseconds?: number;
  /** Bound of the first wait after a failure, in milliseconds; each further one doubles. @default 100 */
  readonly backoffMilliseconds?: number;
  /**
   * Bound of every such wait, in milliseconds. So long at most a partition stands still after what failed is there again; a ledger that is away is
   * kept from being asked too often by its circuit breaker, not by this. @default 5000
   */
  readonly maximumBackoffMilliseconds?: number;
  /** How long a batch may be under way before the worker counts as stuck, in milliseconds. @default 120000 */
  readonly stuckMilliseconds?: number;
  /** @default - the system clock */
  readonly clock?: Clock;
  /** @default Math.random */
  readonly random?: Random;
}

export type CheckedLogWorkerOptions = Required<LogWorkerOptions>;

/** @throws RangeError when an option is out of its range */
export function checkedOptions(options: LogWorkerOptions): CheckedLogWorkerOptions {
  const checked = {
    batchRecords: 500,
    batchBytes: 256 * 1024,
    concurrentBatches: 4,
    recordsInFlight: 10_000,
    bytesInFlight: 32 * 1024 * 1024,
    partitionBytes: 1024 * 1024,
    fetchMilliseconds: 250,
    batchMilliseconds: 10_000,
    commitMilliseconds: 100,
    backoffMilliseconds: 100,
    maximumBackoffMilliseconds: 5_000,
    stuckMilliseconds: 120_000,
    clock: systemClock,
    random: Math.random,
    ...options,
  };
  for (const [name, value] of Object.entries(checked)) {
    if (typeof value === 'number') {
      requireWholeNumber(name, value, 1);
    }
  }
  return checked;
}

/** A random wait below a bound that doubles with each failure (full jitter). */
export function backoff({ backoffMilliseconds, maximumBackoffMilliseconds, random }: CheckedLogWorkerOptions, failures: number): number {
  return Math.floor(random() * Math.min(maximumBackoffMilliseconds, backoffMilliseconds * 2 ** Math.min(failures - 1, 30))) + 1;
}
