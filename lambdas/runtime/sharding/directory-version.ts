import { requireWholeNumber } from '../configuration/option-rules';
import { partitionKey, ShardDirectory } from './shard-directory';

/** How many buckets an owner had before, for as long as rows may lie in them. */
export interface BucketGrowth {
  readonly was: number;
  /** When no row that was written before counts any more, in milliseconds since 1970. */
  readonly until: number;
}

/** What a version says of an owner that differs from the default. */
export interface OwnerBuckets {
  readonly buckets: number;
  /** @default - it has had so many for long */
  readonly growth?: BucketGrowth;
}

/** Where the row of a key belongs, and where it may lie from earlier. */
export interface Placement {
  /** Partition key. */
  readonly pk: string;
  /** Partition key of the bucket that the key had before. @default - it was the same, or no row of then counts any more */
  readonly earlier?: string;
}

/** One version of the directory; it never changes. */
export class DirectoryVersion {
  private readonly directory: ShardDirectory;
  private readonly before: ShardDirectory;

  /**
   * @param number from 1; 0 is the one before the first, without owners
   * @throws Error when a number of buckets is not between 1 and 4096
   */
  public constructor(
    public readonly number: number, defaultBuckets: number, public readonly owners: ReadonlyMap<string, OwnerBuckets> = new Map(),
  ) {
    requireWholeNumber('number', number, 0);
    this.directory = new ShardDirectory(defaultBuckets, new Map([...owners].map(([owner, { buckets }]) => [owner, buckets])));
    this.before = new ShardDirectory(defaultBuckets, new Map([...owners].map(([owner, { buckets, growth }]) => [owner, growth?.was ?? buckets])));
  }

  /** Number of buckets of an owner. */
  public buckets(owner: string): number {
    return this.directory.buckets(owner);
  }

  /** @param now in milliseconds since 1970 */
  public place(owner: string, key: string, now: number): Placement {
    const pk = partitionKey(this.directory, owner, key);
    const growth = this.owners.get(owner)?.growth;
    if (growth === undefined || now >= growth.until) {
      return { pk };
    }
    const earlier = partitionKey(this.before, owner, key);
    return earlier === pk ? { pk } : { pk, earlier };
  }
}
