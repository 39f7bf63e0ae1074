import { requireWholeNumber } from '../configuration/option-rules';
import { partitionKey, requireBuckets, ShardDirectory } from './shard-directory';

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
  /**
   * Every number of buckets that it had before, oldest first: a row without a time to live, a hold say, may lie in any of them.
   *
   * @default - only what `growth` names
   */
  readonly past?: readonly number[];
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
  /** A directory that nobody changes while the system runs, as a version: nobody grows in it. */
  public static fixed(directory: ShardDirectory): DirectoryVersion {
    return new DirectoryVersion(0, directory.defaultBuckets, new Map([...directory.merchants].map(([owner, buckets]) => [owner, { buckets }])));
  }

  /** Owners that may have rows in buckets of before. Empty in most versions, so that one look tells that there is nothing to look for. */
  public readonly growing: ReadonlyMap<string, BucketGrowth>;
  /** Over how many buckets each owner's keys are spread. */
  public readonly directory: ShardDirectory;

  /**
   * @param number from 1; 0 is the one before the first, without owners
   * @throws Error when a number of buckets is not between 1 and 4096
   */
  public constructor(
    public readonly number: number, defaultBuckets: number, public readonly owners: ReadonlyMap<string, OwnerBuckets> = new Map(),
  ) {
    requireWholeNumber('number', number, 0);
    this.directory = new ShardDirectory(defaultBuckets, new Map([...owners].map(([owner, { buckets }]) => [owner, buckets])));
    this.growing = new Map([...owners].flatMap(([owner, { growth }]): [string, BucketGrowth][] => (growth === undefined ? [] : [[owner, growth]])));
    owners.forEach(({ growth, past = [] }, owner) => {
      [...past, ...(growth ? [growth.was] : [])].forEach((was) => requireBuckets(`merchants.${owner}`, was));
    });
  }

  /** Number of buckets of an owner. */
  public buckets(owner: string): number {
    return this.directory.buckets(owner);
  }

  /** @param now in milliseconds since 1970 */
  public place(owner: string, key: string, now: number): Placement {
    const pk = partitionKey(this.directory, owner, key);
    const growth = this.growing.get(owner);
    if (growth === undefined || now >= growth.until) {
      return { pk };
    }
    const earlier = partitionKey(growth.was, owner, key);
    return earlier === pk ? { pk } : { pk, earlier };
  }

  /** Partition keys of all buckets in which a row of the key may lie that never expires: first that of now, then those of before, latest first. */
  public everyPlace(owner: string, key: string): string[] {
    const { growth, past = growth === undefined ? [] : [growth.was] } = this.owners.get(owner) ?? { buckets: 1 };
    return [...new Set([partitionKey(this.directory, owner, key), ...past.map((was) => partitionKey(was, owner, key)).reverse()])];
  }
}
