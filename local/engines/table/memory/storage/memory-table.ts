import { stableHash } from '../../stable-hash';
import { compareTexts } from '../values/order';
import type { ItemPlace, KeySchema } from './key-schema';
import { OrderedMap } from './ordered-map';
import type { StoredItem } from './stored-item';

/** Another seed than those that spread keys over shards and partitions. */
const ORDER_SEED = 0x5ca9;

/** Items of one partition key, in the order of their sort keys. */
export type Partition = OrderedMap<StoredItem>;

/** One table: its items by partition and sort key. */
export class MemoryTable {
  /** Partitions in the order of a scan: by a hash of the key, as in the service, so that nobody can rely on another. */
  public readonly partitions: OrderedMap<Partition>;
  private items = 0;
  private itemBytes = 0;

  /** @param createdAt in milliseconds since 1970 */
  constructor(
    public readonly name: string,
    public readonly keys: KeySchema,
    public readonly billing: 'PAY_PER_REQUEST' | 'PROVISIONED',
    public readonly createdAt: number,
  ) {
    const { type } = keys.partitionKey;
    this.partitions = new OrderedMap((left, right) => rankOf(left) - rankOf(right) || compareTexts(type, left, right));
  }

  /** Items in the table. */
  public get size(): number {
    return this.items;
  }

  /** Bytes of all items as the service counts them. */
  public get bytes(): number {
    return this.itemBytes;
  }

  public get({ partition, sort }: ItemPlace): StoredItem | undefined {
    return this.partitions.get(partition)?.get(sort);
  }

  /** Stores an item, or removes the one that is there. @param item undefined to remove */
  public replace(place: ItemPlace, item: StoredItem | undefined): void {
    const before = this.get(place);
    this.items += (item === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
    this.itemBytes += (item?.bytes ?? 0) - (before?.bytes ?? 0);
    if (item !== undefined) {
      this.partitionFor(place.partition).set(place.sort, item);
    } else if (before !== undefined) {
      this.remove(place);
    }
  }

  private remove({ partition, sort }: ItemPlace): void {
    const items = this.partitions.get(partition) as Partition;
    items.delete(sort);
    if (items.size === 0) {
      this.partitions.delete(partition);
    }
  }

  private partitionFor(key: string): Partition {
    let partition = this.partitions.get(key);
    if (partition === undefined) {
      const type = this.keys.sortKey?.type ?? 'S';
      partition = new OrderedMap<StoredItem>((left, right) => compareTexts(type, left, right));
      this.partitions.set(key, partition);
    }
    return partition;
  }
}

function rankOf(partitionKey: string): number {
  return stableHash(partitionKey, ORDER_SEED);
}
