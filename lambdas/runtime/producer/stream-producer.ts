import { wholeFrom } from '../configuration/option-rules';
import { BoundedBuffer, type OverflowPolicy } from '../resilience/bounded-buffer';
import type { DeliveryOptions } from './delivery-options';
import { EvenPartitionKeys } from './even-partition-keys';
import { KinesisProducer } from './kinesis-producer';
import type { Delivery } from './payment-stream';
import { PlainRecords, type RecordPlace } from './plain-records';

/** What became of an item. */
export type PutOutcome =
  /** It is durable in the stream. */
  | Extract<Delivery, { kind: 'durable' }>
  /** It was refused, or its fate is unknown: it may be in the stream. */
  | Extract<Delivery, { kind: 'unavailable' }>
  /** There was no room for it, or it came after `drain`: it is not in the stream. */
  | { readonly kind: 'dropped' };

export interface StreamProducerOptions<Item> extends DeliveryOptions {
  /** Writes an item as bytes, which are left unchanged from then on. @default - items are bytes */
  readonly encode?: (item: Item) => Uint8Array;
  /**
   * Where an item goes: items with the same key go to the same shard, each as a record of its own.
   *
   * @default - items are spread evenly over the shards
   */
  readonly placeOf?: (item: Item) => RecordPlace;
  /**
   * Whether items that are spread travel many a record, in the format of the Kinesis Producer Library. Readers must take such records apart, as the
   * Kinesis Client Library and `deaggregate` do. Items with a place are never put together.
   *
   * @default true
   */
  readonly aggregate?: boolean;
  /** Bytes of one aggregated record at most. @default 25000 */
  readonly maximumRecordBytes?: number;
  /** Items of one aggregated record at most. @default 500 */
  readonly maximumRecordItems?: number;
  /** Items packed or on their way at most. A whole number of at least 1. @default 20000 */
  readonly maximumPendingItems?: number;
  /** Items that wait for a place among those, at most. A whole number of at least 1. @default 10000 */
  readonly bufferedItems?: number;
  /** What happens to an item when the buffer is full. @default 'block' */
  readonly overflow?: OverflowPolicy;
}

/** An item that waits for a place. */
interface Waiting {
  readonly data: Uint8Array;
  readonly place: RecordPlace | undefined;
  readonly settle: (outcome: PutOutcome) => void;
}

/** What packs items and puts them into the stream. */
interface Packer {
  readonly isFull: boolean;
  offer(data: Uint8Array, settle: (delivery: Delivery) => void, place: RecordPlace | undefined): boolean;
  drain(): Promise<void>;
}

const DROPPED: PutOutcome = { kind: 'dropped' };

/**
 * Puts items of any kind into a Kinesis stream, and tells of each what became of it.
 *
 * Items are packed by bytes, count and time; records that fail are tried again alone; a shard that throttles is sent less while the others get what
 * they got; what comes faster than the stream takes it waits in a buffer with a bound, and beyond that the oldest or the newest is dropped or whoever
 * puts waits; and what was taken is settled before `drain` ends. An item can be stored twice and never is called durable without being stored.
 */
export class StreamProducer<Item = Uint8Array> {
  private readonly encode: (item: Item) => Uint8Array;
  private readonly placeOf: ((item: Item) => RecordPlace) | undefined;
  private readonly packer: Packer;
  private readonly buffer: BoundedBuffer<Waiting>;
  private closed = false;
  private whenEmpty: (() => void)[] = [];

  /** @throws RangeError when an option is out of its range */
  public constructor(options: StreamProducerOptions<Item>) {
    this.encode = options.encode ?? ((item) => item as Uint8Array);
    const { aggregate = options.placeOf === undefined, maximumRecordItems: maximumRecordPayments } = options;
    if (aggregate && options.placeOf !== undefined) {
      throw new RangeError('`aggregate` must be false with `placeOf`, got: true');
    }
    const maximumPendingItems = wholeFrom('maximumPendingItems', options.maximumPendingItems ?? 20_000, 1);
    this.packer = aggregate
      ? new KinesisProducer({ ...options, maximumRecordPayments, maximumPendingPayments: maximumPendingItems })
      : new PlainRecords({ ...options, maximumPendingItems }) as Packer;
    this.placeOf = aggregate ? undefined : options.placeOf ?? evenPlaces(new EvenPartitionKeys(options.random));
    this.buffer = new BoundedBuffer({
      capacity: wholeFrom('bufferedItems', options.bufferedItems ?? 10_000, 1),
      overflow: options.overflow,
      onDrop: ({ settle }) => settle(DROPPED),
    });
  }

  /** Items that wait for a place, those of callers that are blocked included. */
  public get waiting(): number {
    return this.buffer.size + this.buffer.waiting;
  }

  /**
   * Hands an item over.
   *
   * @param settle is told once what became of it, possibly before `offer` returns
   * @returns a promise only where the caller is to wait before it hands over another one: the buffer is full, and blocks
   */
  public offer(item: Item, settle: (outcome: PutOutcome) => void): void | Promise<void> {
    if (this.closed) {
      settle(DROPPED);
      return undefined;
    }
    const waiting: Waiting = { data: this.encode(item), place: this.placeOf?.(item), settle };
    if (this.waiting === 0 && !this.packer.isFull) {
      this.pack(waiting);
      return undefined;
    }
    const inside = this.buffer.put(waiting);
    return typeof inside === 'boolean' ? undefined : inside.then((taken) => {
      if (!taken) {
        settle(DROPPED);
      }
    });
  }

  /** Hands an item over. @returns what became of it */
  public put(item: Item): Promise<PutOutcome> {
    return new Promise((resolve) => { void this.offer(item, resolve); });
  }

  /** Takes no more items, drops those of blocked callers, and resolves when all that were taken are settled. */
  public async drain(): Promise<void> {
    this.closed = true;
    this.buffer.close();
    if (this.buffer.size > 0) {
      await new Promise<void>((resolve) => { this.whenEmpty.push(resolve); });
    }
    await this.packer.drain();
  }

  private pack({ data, place, settle }: Waiting): void {
    try {
      this.packer.offer(data, (delivery) => {
        settle(delivery as PutOutcome);
        this.refill();
      }, place);
    } catch (error) {
      settle({ kind: 'unavailable', error: error as Error });
    }
  }

  /** Packs what waits while there are places. */
  private refill(): void {
    while (this.buffer.size > 0 && !this.packer.isFull) {
      this.pack(this.buffer.take() as Waiting);
    }
    if (this.buffer.size === 0) {
      this.whenEmpty.splice(0).forEach((resolve) => resolve());
    }
  }
}

function evenPlaces(keys: EvenPartitionKeys): () => RecordPlace {
  return () => ({ partitionKey: keys.next() });
}
