import type { AwsCaller } from '../aws/json-client';
import { type Clock, type Random, systemClock } from '../retry/clock';
import { RetryPolicy } from '../retry/retry';
import { HedgedCalls, type HedgeOptions } from '../resilience/hedged-calls';
import type { Delivery } from './payment-stream';
import type { StoredAt } from './put-records';
import { RecordSender } from './record-sender';

/** How records are put into a stream, whatever is in them. */
export interface DeliveryOptions {
  readonly kinesis: AwsCaller;
  readonly streamName: string;
  /** How long the first item of a record or call waits for others, in milliseconds. @default 5 */
  readonly lingerMilliseconds?: number;
  /** Bytes of the items taken and not yet settled, at most. @default 32 MiB */
  readonly maximumPendingBytes?: number;
  /** PutRecords calls under way at most, second ones of a hedge not counted. @default 16 */
  readonly maximumConcurrentCalls?: number;
  /** No attempt begins later than this after a record was complete, in milliseconds. @default 5000 */
  readonly deliveryMilliseconds?: number;
  /**
   * Makes a second call where the first takes longer than nearly all recent ones. Records can then be stored twice without an error in between, so
   * effects must be idempotent.
   *
   * @default - a slow call is waited for: readers pay for each record that is stored twice
   */
  readonly hedge?: HedgeOptions;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
  /** @default - the system clock */
  readonly clock?: Clock;
  /** @default Math.random */
  readonly random?: Random;
  /** Is told of errors that no retry helps against, such as a missing permission. @default - nobody is told */
  readonly onError?: (error: Error) => void;
}

const MAXIMUM_PENDING_BYTES = 32 * 1024 * 1024;

/** Makes what puts records into a stream. @throws RangeError when an option is out of its range */
export function recordSenderOf(options: DeliveryOptions): RecordSender {
  const clock = options.clock ?? systemClock;
  return new RecordSender({
    kinesis: options.kinesis,
    streamName: options.streamName,
    clock,
    random: options.random ?? Math.random,
    retry: options.retry ?? new RetryPolicy({ clock, random: options.random }),
    maximumConcurrentCalls: options.maximumConcurrentCalls ?? 16,
    deliveryMilliseconds: options.deliveryMilliseconds ?? 5_000,
    hedge: options.hedge && new HedgedCalls(options.hedge, clock),
    onError: options.onError ?? (() => undefined),
  });
}

/** Bounds of what is packed, and how long it waits for others. */
export function packingBounds(options: DeliveryOptions): Required<Pick<DeliveryOptions, 'clock' | 'lingerMilliseconds' | 'maximumPendingBytes'>> {
  return {
    clock: options.clock ?? systemClock,
    lingerMilliseconds: options.lingerMilliseconds ?? 5,
    maximumPendingBytes: options.maximumPendingBytes ?? MAXIMUM_PENDING_BYTES,
  };
}

/** What became of the item at a position of a record. */
export function deliveryOf(outcome: StoredAt | Error, index: number): Extract<Delivery, { kind: 'durable' | 'unavailable' }> {
  return outcome instanceof Error
    ? { kind: 'unavailable', error: outcome }
    : { kind: 'durable', position: { shardId: outcome.shardId, sequenceNumber: outcome.sequenceNumber, index } };
}
