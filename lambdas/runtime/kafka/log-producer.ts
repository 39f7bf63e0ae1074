import { requireWholeNumber } from '../configuration/option-rules';
import { AggregatePacking, type OpenAggregate } from '../producer/aggregate-packing';
import type { PendingItem } from '../producer/batching-sender';
import type { PaymentStream, Settle } from '../producer/payment-stream';
import { type Clock, type Random, systemClock } from '../retry/clock';
import { type Attempts, RetryPolicy } from '../retry/retry';
import type { LogPlace, OutgoingLogRecord, RecordLogWriter } from './record-log';

export interface LogProducerOptions {
  readonly log: RecordLogWriter;
  /** Names the place of a payment in receipts: `payments-3` and an offset. */
  readonly topic: string;
  /** How long the first payment of a record waits for others, in milliseconds. @default 5 */
  readonly lingerMilliseconds?: number;
  /** Bytes of one aggregated record at most. A whole number of at least 1. @default 25000 */
  readonly maximumRecordBytes?: number;
  /** Payments of one aggregated record at most. A whole number of at least 1. @default 500 */
  readonly maximumRecordPayments?: number;
  /** Bytes of the records that are published together, at most; a larger record goes alone. A whole number of at least 1. @default 900000 */
  readonly maximumRequestBytes?: number;
  /** Payments taken and not yet settled, at most. A whole number of at least 1. @default 20000 */
  readonly maximumPendingPayments?: number;
  /** Bytes of those payments at most. @default 32 MiB */
  readonly maximumPendingBytes?: number;
  /** No attempt begins later than this after a record was complete, in milliseconds. @default 5000 */
  readonly deliveryMilliseconds?: number;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
  /** @default - the system clock */
  readonly clock?: Clock;
  /** @default Math.random */
  readonly random?: Random;
  /** Is told why records could not be stored. @default - nobody is told */
  readonly onError?: (error: Error) => void;
}

/** A record on its way. */
interface SealedRecord extends OutgoingLogRecord {
  readonly items: readonly PendingItem[];
  readonly attempts: Attempts;
}

/** Kafka needs no key to choose a partition; the format of the aggregate wants one. */
const NO_KEY = '-';

/**
 * Packs payments into aggregated records of a log and tells each payment when its record is durable. It takes the place of `KinesisProducer`.
 *
 * Records go to the partitions in turn. One request is under way at a time and takes along all that waits: what a client numbers to leave out
 * repetitions stays in order, and the busier it is, the fuller are requests. What fails is tried again until its time is over, so a payment can be
 * stored twice (a lost answer), but is never called durable without being stored. So a payment is answered
 * at most its linger time, `deliveryMilliseconds` and one `publish` after it came.
 */
export class LogProducer implements PaymentStream {
  private readonly clock: Clock;
  private readonly retry: RetryPolicy;
  private readonly packing: AggregatePacking<SealedRecord>;
  private readonly waiting: SealedRecord[] = [];
  private readonly maximumRequestBytes: number;
  private readonly deliveryMilliseconds: number;
  private partition: number;
  private isSending = false;

  /** @throws RangeError when an option is out of its range */
  public constructor(private readonly options: LogProducerOptions) {
    const {
      clock = systemClock, random = Math.random, lingerMilliseconds = 5, maximumRecordBytes = 25_000, maximumRecordPayments = 500,
      maximumRequestBytes = 900_000, maximumPendingPayments = 20_000, maximumPendingBytes = 32 * 1024 * 1024, deliveryMilliseconds = 5_000,
    } = options;
    const sizes = { lingerMilliseconds, maximumRecordBytes, maximumRecordPayments, maximumRequestBytes, maximumPendingPayments, maximumPendingBytes };
    Object.entries(sizes).forEach(([name, value]) => requireWholeNumber(name, value, name === 'lingerMilliseconds' ? 0 : 1));
    this.clock = clock;
    this.retry = options.retry ?? new RetryPolicy({ clock, random });
    this.maximumRequestBytes = maximumRequestBytes;
    this.deliveryMilliseconds = deliveryMilliseconds;
    // Producers that start together do not march in step.
    this.partition = Math.floor(random() * 1_000);
    this.packing = new AggregatePacking<SealedRecord>({
      clock, lingerMilliseconds, maximumPendingItems: maximumPendingPayments, maximumPendingBytes, maximumRecordBytes, maximumRecordPayments,
      partitionKey: () => NO_KEY,
      seal: (open) => this.seal(open),
      send: (record) => {
        this.waiting.push(record);
        void this.send();
      },
    });
  }

  public get isFull(): boolean {
    return this.packing.isFull;
  }

  /** @throws RangeError when the payment alone is larger than a record may be */
  public offer<Token = undefined>(data: Uint8Array, settle: Settle<Token>, token?: Token): boolean {
    return this.packing.offer(data, settle, token as Token);
  }

  /** Takes no more payments and resolves when all that were taken are settled. The log stays open. */
  public drain(): Promise<void> {
    return this.packing.drain();
  }

  private seal({ builder, items }: OpenAggregate): SealedRecord {
    const deadline = this.clock.now() + this.deliveryMilliseconds;
    return { partition: this.partition++, value: builder.build(), items, attempts: this.retry.begin(deadline) };
  }

  private async send(): Promise<void> {
    if (this.isSending) {
      return;
    }
    this.isSending = true;
    while (this.waiting.length > 0) {
      this.giveUpLate();
      const records = this.waiting.splice(0, this.requestLength());
      if (records.length === 0) {
        break;
      }
      const places = await this.options.log.publish(records);
      records.forEach((record, index) => this.conclude(record, places[index]));
    }
    this.isSending = false;
  }

  /** What waited behind a request for so long that its time is over is not sent at all. */
  private giveUpLate(): void {
    const late = new Set(this.waiting.filter(({ attempts }) => attempts.isLate));
    if (late.size > 0) {
      this.waiting.splice(0, this.waiting.length, ...this.waiting.filter((record) => !late.has(record)));
      const error = new Error(`no request could begin within ${this.deliveryMilliseconds} ms`);
      this.options.onError?.(error);
      late.forEach((record) => this.fail(record, error));
    }
  }

  private fail({ items }: SealedRecord, error: Error): void {
    items.forEach((item) => this.packing.settle(item, { kind: 'unavailable', error }));
  }

  private requestLength(): number {
    let bytes = 0;
    const end = this.waiting.findIndex(({ value }, index) => (bytes += value.length) > this.maximumRequestBytes && index > 0);
    return end < 0 ? this.waiting.length : end;
  }

  private conclude(record: SealedRecord, place: LogPlace | Error): void {
    if (place instanceof Error) {
      this.options.onError?.(place);
      void record.attempts.again().then((again) => {
        if (again) {
          this.waiting.push(record);
          void this.send();
        } else {
          this.fail(record, place);
        }
      });
      return;
    }
    record.attempts.succeeded();
    const { offset, partition } = place;
    const shardId = `${this.options.topic}-${partition}`;
    const sequenceNumber = String(offset);
    record.items.forEach((item, index) => this.packing.settle(item, { kind: 'durable', position: { shardId, sequenceNumber, index } }));
  }
}
