import { AggregateBuilder } from '../aggregate/kpl-aggregate';
import { BatchingSender, type BatchingSenderProps, type PendingItem } from './batching-sender';
import type { Delivery, Settle } from './payment-stream';

/** A record being filled. */
export interface OpenAggregate {
  readonly partitionKey: string;
  readonly builder: AggregateBuilder;
  readonly items: PendingItem[];
}

/** How payments are packed into records, and what becomes of a record. */
export interface AggregatePackingProps<Sealed> extends Omit<BatchingSenderProps<OpenAggregate, Sealed>, 'open' | 'seal'> {
  /** Bytes of one record at most. */
  readonly maximumRecordBytes: number;
  /** Payments of one record at most. */
  readonly maximumRecordPayments: number;
  /** Names the key of the next record. */
  readonly partitionKey: () => string;
  /** Ends a record, which holds at least one payment. */
  readonly seal: (open: OpenAggregate) => Sealed;
}

/** Packs payments that come within the linger time into one aggregated record, up to its size. */
export class AggregatePacking<Sealed> {
  private readonly sender: BatchingSender<OpenAggregate, Sealed>;

  public constructor(private readonly props: AggregatePackingProps<Sealed>) {
    this.sender = new BatchingSender<OpenAggregate, Sealed>({
      ...props,
      open: () => ({ partitionKey: props.partitionKey(), builder: new AggregateBuilder(props.maximumRecordBytes), items: [] }),
      // An empty one is dropped.
      seal: (open) => (open.items.length === 0 ? undefined : props.seal(open)),
    });
  }

  /** Whether no payment must be taken now. */
  public get isFull(): boolean {
    return this.sender.isFull;
  }

  /**
   * @param token is told to `settle`
   * @returns whether the payment was taken
   * @throws RangeError when the payment alone is larger than a record may be
   */
  public offer<Token>(data: Uint8Array, settle: Settle<Token>, token: Token): boolean {
    const { sender } = this;
    if (sender.isFull) {
      return false;
    }
    let record = sender.batch();
    if (!record.builder.tryAdd(record.partitionKey, data)) {
      sender.seal();
      record = sender.batch();
      if (!record.builder.tryAdd(record.partitionKey, data)) {
        sender.seal();
        throw new RangeError(`a payment of ${data.length} bytes does not fit into a record of ${this.props.maximumRecordBytes} bytes`);
      }
    }
    const payment: PendingItem = { data, settle: settle as Settle<unknown>, token };
    record.items.push(payment);
    sender.taken(payment);
    if (record.items.length >= this.props.maximumRecordPayments) {
      sender.seal();
    }
    return true;
  }

  /** Tells a payment what became of it. */
  public settle(item: PendingItem, delivery: Delivery): void {
    this.sender.settle(item, delivery);
  }

  /** Takes no more payments and resolves when all that were taken are settled. */
  public drain(): Promise<void> {
    return this.sender.drain();
  }
}
