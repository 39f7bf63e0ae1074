import { AggregateBuilder } from '../aggregate/kpl-aggregate';
import { AwsCaller } from '../aws/json-client';
import { Clock, Random, systemClock } from '../retry/clock';
import { RetryPolicy } from '../retry/retry';
import { BatchingSender, PendingPayment } from './batching-sender';
import { EvenPartitionKeys } from './even-partition-keys';
import { Delivery, PaymentStream } from './payment-stream';
import { OutgoingRecord, putRecords, PutResult, recordsOfCall } from './put-records';

export interface KinesisProducerOptions {
  readonly kinesis: AwsCaller;
  readonly streamName: string;
  /** How long the first payment of a record waits for others, in milliseconds. @default 5 */
  readonly lingerMilliseconds?: number;
  /** Bytes of one aggregated record at most. @default 25000 */
  readonly maximumRecordBytes?: number;
  /** Payments of one aggregated record at most. @default 500 */
  readonly maximumRecordPayments?: number;
  /** Payments taken and not yet settled, at most. @default 20000 */
  readonly maximumPendingPayments?: number;
  /** Bytes of those payments at most. @default 32 MiB */
  readonly maximumPendingBytes?: number;
  /** PutRecords calls under way, waits between attempts included, at most. @default 16 */
  readonly maximumConcurrentCalls?: number;
  /** No attempt begins later than this after a record's first one, in milliseconds. @default 5000 */
  readonly deliveryMilliseconds?: number;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
  /** @default - the system clock */
  readonly clock?: Clock;
  /** @default Math.random */
  readonly random?: Random;
  /** Is told of errors that no retry helps against, such as a missing permission. @default - nobody is told */
  readonly onError?: (error: Error) => void;
}

/** A record being filled. */
interface OpenRecord {
  readonly partitionKey: string;
  readonly builder: AggregateBuilder;
  readonly payments: PendingPayment[];
}

/** A record on its way. */
interface SealedRecord extends OutgoingRecord {
  readonly payments: readonly PendingPayment[];
}

/**
 * Packs payments into aggregated Kinesis records and tells each payment when its record is durable.
 *
 * Payments that come within the linger time travel in one record, up to its size. Records spread evenly over the
 * shards; one that a shard refuses is tried again on another, so no order is kept. A payment can be stored twice (a lost
 * answer, then a retry), but it is never called durable without being stored.
 */
export class KinesisProducer implements PaymentStream {
  private readonly kinesis: AwsCaller;
  private readonly streamName: string;
  private readonly maximumRecordBytes: number;
  private readonly maximumRecordPayments: number;
  private readonly deliveryMilliseconds: number;
  private readonly retry: RetryPolicy;
  private readonly clock: Clock;
  private readonly keys: EvenPartitionKeys;
  private readonly onError: (error: Error) => void;
  private readonly sender: BatchingSender<OpenRecord, SealedRecord>;

  public constructor(options: KinesisProducerOptions) {
    this.kinesis = options.kinesis;
    this.streamName = options.streamName;
    this.maximumRecordBytes = options.maximumRecordBytes ?? 25_000;
    this.maximumRecordPayments = options.maximumRecordPayments ?? 500;
    this.deliveryMilliseconds = options.deliveryMilliseconds ?? 5_000;
    this.clock = options.clock ?? systemClock;
    this.retry = options.retry ?? new RetryPolicy({ clock: this.clock, random: options.random });
    this.keys = new EvenPartitionKeys(options.random);
    this.onError = options.onError ?? (() => undefined);
    this.sender = new BatchingSender<OpenRecord, SealedRecord>({
      clock: this.clock,
      lingerMilliseconds: options.lingerMilliseconds ?? 5,
      maximumPendingPayments: options.maximumPendingPayments ?? 20_000,
      maximumPendingBytes: options.maximumPendingBytes ?? 32 * 1024 * 1024,
      maximumConcurrentSends: options.maximumConcurrentCalls ?? 16,
      open: () => ({ partitionKey: this.keys.next(), builder: new AggregateBuilder(this.maximumRecordBytes), payments: [] }),
      seal: ({ partitionKey, builder, payments }) => (payments.length === 0 ? undefined : { partitionKey, data: builder.build(), payments }),
      batchesOfSend: recordsOfCall,
      send: (records) => this.deliver(records),
    });
  }

  public get isFull(): boolean {
    return this.sender.isFull;
  }

  /** @throws RangeError when the payment alone is larger than a record may be */
  public offer(data: Uint8Array, settle: (delivery: Delivery) => void): boolean {
    if (this.isFull) {
      return false;
    }
    let record = this.sender.batch();
    if (!record.builder.tryAdd(record.partitionKey, data)) {
      this.sender.seal();
      record = this.sender.batch();
      if (!record.builder.tryAdd(record.partitionKey, data)) {
        // Empty as it is, it is dropped.
        this.sender.seal();
        throw new RangeError(`a payment of ${data.length} bytes does not fit into a record of ${this.maximumRecordBytes} bytes`);
      }
    }
    const payment = { data, settle };
    record.payments.push(payment);
    this.sender.taken(payment);
    if (record.payments.length >= this.maximumRecordPayments) {
      this.sender.seal();
    }
    return true;
  }

  public drain(): Promise<void> {
    return this.sender.drain();
  }

  /** Tries until every record is durable or no further attempt is allowed. Never throws. */
  private async deliver(records: readonly SealedRecord[]): Promise<void> {
    const attempts = this.retry.begin(this.clock.now() + this.deliveryMilliseconds);
    let left = records;
    for (;;) {
      const result = await this.attempt(left);
      if (result.left.length === 0) {
        attempts.succeeded();
        return;
      }
      left = result.left;
      if (!result.mayRetry || !(await attempts.again())) {
        for (const record of left) {
          this.settle(record, () => ({ kind: 'unavailable', error: result.error }));
        }
        return;
      }
      if (result.refused) {
        left = left.map((record) => this.movedElsewhere(record));
      }
    }
  }

  /** One PutRecords call. Settles the records that are durable and returns the others. */
  private async attempt(records: readonly SealedRecord[]): Promise<Attempt> {
    const { stored, ...result } = await putRecords(this.kinesis, this.streamName, records);
    if (!result.mayRetry) {
      this.onError(result.error);
    }
    const left = records.filter((record, index) => {
      const place = stored[index];
      if (place === undefined) {
        return true;
      }
      const { shardId, sequenceNumber } = place;
      this.settle(record, (position) => ({ kind: 'durable', position: { shardId, sequenceNumber, index: position } }));
      return false;
    });
    return { left, ...result };
  }

  /** The same payments under another key. All keys are of one length, so that they fit again. */
  private movedElsewhere({ payments }: SealedRecord): SealedRecord {
    const partitionKey = this.keys.next();
    const builder = new AggregateBuilder(this.maximumRecordBytes);
    for (const { data } of payments) {
      builder.tryAdd(partitionKey, data);
    }
    return { partitionKey, data: builder.build(), payments };
  }

  private settle({ payments }: SealedRecord, delivery: (index: number) => Delivery): void {
    payments.forEach((payment, index) => this.sender.settle(payment, delivery(index)));
  }
}

interface Attempt extends Omit<PutResult, 'stored'> {
  /** Records that are not known to be durable. */
  readonly left: readonly SealedRecord[];
}
