import { bisect, type Batch, RecordQueue } from './batch';
import type { EventSourceConfiguration } from './configuration';
import type { InvocationFailure } from './protocol';
import type { RandomSource } from './random';
import type { PendingRecord } from './record';
import { mayRetry, retryDelay } from './retry';
import type { BatchOutcome } from './response';

/** What became of a batch. */
export interface Settlement {
  /** Records that are processed. */
  readonly processed: readonly PendingRecord[];
  /** A batch whose retries are exhausted. */
  readonly exhausted?: Batch;
  /** The batch was cut or halved. */
  readonly split: boolean;
}

type LaneSettings = Pick<EventSourceConfiguration, 'bisectBatchOnFunctionError' | 'maximumRetryAttempts' | 'retryBackoff' | 'batchingWindowMilliseconds'>;

/**
 * One lane of a shard: the records of some partition keys, of which at most one batch is with the function at any time.
 * What has to be tried again stands before what is new, so that the first delivery is in order.
 */
export class Lane {
  /** Records that the function has not been handed yet. */
  readonly queue = new RecordQueue();
  private readonly retries: Batch[] = [];
  private running: Batch | undefined;
  private retryAt = 0;
  private failures = 0;
  private gatheringSince = -Infinity;

  constructor(readonly index: number, private readonly settings: LaneSettings, private readonly random: RandomSource) {}

  get inFlight(): Batch | undefined {
    return this.running;
  }

  /** Nothing is with the function, waiting for a retry or new. */
  get idle(): boolean {
    return this.running === undefined && this.retries.length === 0 && this.queue.length === 0;
  }

  /** When the batch that has to be tried again is due, undefined without one. */
  get nextRetryAt(): number | undefined {
    return this.retries.length > 0 ? this.retryAt : undefined;
  }

  /** When the batching window of the new records is over. */
  get gatheredAt(): number {
    return this.gatheringSince + this.settings.batchingWindowMilliseconds;
  }

  /** A batching window begins with the end of an invocation; when it passed without a record, the next record begins another. */
  enqueue(pending: PendingRecord, now: number): void {
    if (this.queue.length === 0 && now >= this.gatheredAt) {
      this.gatheringSince = now;
    }
    this.queue.push(pending);
  }

  /** Takes the batch that has to be tried again. */
  takeRetry(): Batch {
    return this.retries.shift()!;
  }

  /** Puts a batch back that was taken and not begun. */
  postpone(batch: Batch, now: number): void {
    this.retries.unshift(batch);
    this.retryAt = now;
  }

  /** Hands a batch to the function. */
  begin(batch: Batch): void {
    this.running = batch;
    for (const pending of batch.records) {
      pending.deliveries += 1;
    }
  }

  /** Takes the function's verdict on the batch in flight. */
  settle(outcome: BatchOutcome, now: number): Settlement {
    const batch = this.running!;
    this.running = undefined;
    this.gatheringSince = now;
    switch (outcome.kind) {
      case 'success':
        this.failures = 0;
        return { processed: batch.records, split: false };
      case 'throttled':
        this.retries.unshift(batch);
        this.backOff(now);
        return { processed: [], split: false };
      case 'partial': {
        const failed = failedOnce(batch, 'answered');
        return outcome.from === 0 ? this.fail(failed, now) : this.cut(failed, outcome.from, now);
      }
      case 'failed':
        return this.fail(failedOnce(batch, outcome.functionError ? 'thrown' : 'answered'), now);
    }
  }

  /** The records before the cut are processed; the rest is a batch of its own, whose first record has failed once. */
  private cut(batch: Batch, from: number, now: number): Settlement {
    const processed = batch.records.slice(0, from);
    const split = this.settings.bisectBatchOnFunctionError;
    const rest: Batch = { ...batch, records: batch.records.slice(from), attempts: split ? batch.attempts : 1 };
    this.failures = 0;
    return { ...this.retryOrGiveUp(rest, now), processed, split };
  }

  /** Nothing is processed: halve the batch, or count the attempt. */
  private fail(batch: Batch, now: number): Settlement {
    if (this.settings.bisectBatchOnFunctionError && batch.records.length > 1) {
      this.retries.unshift(...bisect(batch));
      this.backOff(now);
      return { processed: [], split: true };
    }
    return this.retryOrGiveUp({ ...batch, attempts: batch.attempts + 1 }, now);
  }

  private retryOrGiveUp(batch: Batch, now: number): Settlement {
    if (mayRetry(batch.attempts, this.settings.maximumRetryAttempts)) {
      this.retries.unshift(batch);
      this.backOff(now);
      return { processed: [], split: false };
    }
    this.failures = 0;
    return { processed: [], exhausted: batch, split: false };
  }

  private backOff(now: number): void {
    this.failures += 1;
    this.retryAt = now + retryDelay(this.settings.retryBackoff, this.failures, this.random);
  }
}

function failedOnce(batch: Batch, lastFailure: InvocationFailure): Batch {
  return { ...batch, invocations: batch.invocations + 1, lastFailure };
}

/**
 * The lane of a partition key: FNV-1a (32 bits) over the key's UTF-16 code units with a final avalanche, modulo the number of lanes.
 * The same key always has the same lane.
 */
export function laneOf(partitionKey: string, lanes: number): number {
  if (lanes === 1) {
    return 0;
  }
  let hash = 0x811c9dc5;
  for (let index = 0; index < partitionKey.length; index += 1) {
    const unit = partitionKey.charCodeAt(index);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return (hash >>> 0) % lanes;
}
