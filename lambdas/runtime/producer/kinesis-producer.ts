import { AggregateBuilder } from '../aggregate/kpl-aggregate';
import { AggregatePacking, OpenAggregate } from './aggregate-packing';
import { PendingItem } from './batching-sender';
import { DeliveryOptions, deliveryOf, packingBounds, recordSenderOf } from './delivery-options';
import { EvenPartitionKeys } from './even-partition-keys';
import { PaymentStream, Settle } from './payment-stream';
import { RecordSender, SentRecord } from './record-sender';

export interface KinesisProducerOptions extends DeliveryOptions {
  /** Bytes of one aggregated record at most. @default 25000 */
  readonly maximumRecordBytes?: number;
  /** Payments of one aggregated record at most. @default 500 */
  readonly maximumRecordPayments?: number;
  /** Payments taken and not yet settled, at most. @default 20000 */
  readonly maximumPendingPayments?: number;
}

/** Keys that are looked at for one whose shard takes something now. */
const KEYS_TRIED = 16;

/**
 * Packs payments into aggregated Kinesis records and tells each payment when its record is durable.
 *
 * Payments that come within the linger time travel in one record, up to its size. Records spread evenly over the
 * shards; one that a shard refuses is tried again on another, and a shard that throttles is sent less, so no order is kept. A payment can be
 * stored twice (a lost answer, then a retry; a hedged call), but it is never called durable without being stored.
 */
export class KinesisProducer implements PaymentStream {
  private readonly maximumRecordBytes: number;
  private readonly keys: EvenPartitionKeys;
  private readonly sender: RecordSender;
  private readonly packing: AggregatePacking<SentRecord>;

  /** @throws RangeError when an option is out of its range */
  public constructor(options: KinesisProducerOptions) {
    this.maximumRecordBytes = options.maximumRecordBytes ?? 25_000;
    this.keys = new EvenPartitionKeys(options.random);
    this.sender = recordSenderOf(options);
    this.packing = new AggregatePacking<SentRecord>({
      ...packingBounds(options),
      maximumPendingItems: options.maximumPendingPayments ?? 20_000,
      maximumRecordBytes: this.maximumRecordBytes,
      maximumRecordPayments: options.maximumRecordPayments ?? 500,
      partitionKey: () => this.nextKey(),
      seal: (open) => this.seal(open),
      send: (record) => this.sender.send([record]),
    });
  }

  public get isFull(): boolean {
    return this.packing.isFull;
  }

  /** @throws RangeError when the payment alone is larger than a record may be */
  public offer<Token = undefined>(data: Uint8Array, settle: Settle<Token>, token?: Token): boolean {
    return this.packing.offer(data, settle, token as Token);
  }

  public drain(): Promise<void> {
    return this.packing.drain();
  }

  private seal({ partitionKey, builder, items }: OpenAggregate): SentRecord {
    return this.sent(partitionKey, builder.build(), items);
  }

  private sent(partitionKey: string, data: Uint8Array, items: readonly PendingItem[]): SentRecord {
    return {
      partitionKey,
      data,
      settle: (outcome) => {
        for (let index = 0; index < items.length; index++) {
          this.packing.settle(items[index], deliveryOf(outcome, index));
        }
      },
      elsewhere: () => this.movedElsewhere(items),
    };
  }

  /** The same content under another key. All keys are of one length, so that it fits again. */
  private movedElsewhere(items: readonly PendingItem[]): SentRecord {
    const partitionKey = this.nextKey();
    const builder = new AggregateBuilder(this.maximumRecordBytes);
    for (const { data } of items) {
      builder.tryAdd(partitionKey, data);
    }
    return this.sent(partitionKey, builder.build(), items);
  }

  private nextKey(): string {
    let partitionKey = this.keys.next();
    for (let tries = 1; tries < KEYS_TRIED && this.sender.rates.mustWait({ partitionKey }); tries++) {
      partitionKey = this.keys.next();
    }
    return partitionKey;
  }
}
