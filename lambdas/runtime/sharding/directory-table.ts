import { forEachConcurrently } from '../aws/concurrency';
import type { Item } from '../aws/dynamodb';
import { AwsServiceError } from '../aws/errors';
import type { AwsCaller } from '../aws/json-client';
import { type Clock, systemClock } from '../retry/clock';
import { RetryPolicy } from '../retry/retry';
import { requireWholeNumber } from '../configuration/option-rules';
import type { DirectoryHead, DirectorySource } from './directory-lease';
import { type BucketGrowth, DirectoryVersion, type OwnerBuckets } from './directory-version';

/** Version under which the newest version is named, and the sort key of rows that are of no owner. */
const HEAD = 'head';
const NO_OWNER = '-';
const WRITES = 8;

export interface DirectoryTableOptions {
  readonly dynamodb: AwsCaller;
  /** Name of the table: partition key `version`, sort key `owner`, both text. */
  readonly table: string;
  /** Buckets of owners that are not in the directory. */
  readonly defaultBuckets: number;
  /** As the workers have it, in milliseconds; 1,000 to 900,000. @default 30000 */
  readonly leaseMilliseconds?: number;
  /** @default systemClock */
  readonly clock?: Clock;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
}

/**
 * The directory in a DynamoDB table. A version is a set of rows that never change: partition key its number, sort key the owner, attributes `buckets`
 * and, while an owner grows, `was` and `until`. The row `head` names the newest (`current`), the one before (`previous`) and when the newest
 * comes into force (`from`).
 */
export class DirectoryTable implements DirectorySource {
  private readonly dynamodb: AwsCaller;
  private readonly table: string;
  private readonly defaultBuckets: number;
  private readonly leaseMilliseconds: number;
  private readonly clock: Clock;
  private readonly retry: RetryPolicy;

  /** @throws RangeError when the lease is out of its range */
  public constructor(options: DirectoryTableOptions) {
    const { leaseMilliseconds = 30_000 } = options;
    requireWholeNumber('leaseMilliseconds', leaseMilliseconds, 1_000, 900_000);
    this.dynamodb = options.dynamodb;
    this.table = options.table;
    this.defaultBuckets = options.defaultBuckets;
    this.leaseMilliseconds = leaseMilliseconds;
    this.clock = options.clock ?? systemClock;
    this.retry = options.retry ?? new RetryPolicy();
  }

  public async head(): Promise<DirectoryHead | undefined> {
    const { Item: item } = await this.call<{ Item?: Item }>('GetItem', { Key: key(HEAD, NO_OWNER), ConsistentRead: true });
    return item && { current: integer(item, 'current'), previous: integer(item, 'previous'), from: integer(item, 'from') };
  }

  public async version(number: number): Promise<DirectoryVersion> {
    const owners = new Map<string, OwnerBuckets>();
    let startKey: Item | undefined;
    do {
      const page: { Items?: Item[]; LastEvaluatedKey?: Item } = await this.call('Query', {
        ConsistentRead: true,
        KeyConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':version': { S: String(number) } },
        ExclusiveStartKey: startKey,
      });
      for (const item of page.Items ?? []) {
        if (item.owner.S !== NO_OWNER) {
          const growth: BucketGrowth | undefined = item.was && { was: integer(item, 'was'), until: integer(item, 'until') };
          owners.set(item.owner.S ?? '', { buckets: integer(item, 'buckets'), ...(growth && { growth }) });
        }
      }
      startKey = page.LastEvaluatedKey;
    } while (startKey !== undefined);
    return new DirectoryVersion(number, this.defaultBuckets, owners);
  }

  /**
   * Publishes a version in which owners have other numbers of buckets. It comes into force two leases from now.
   *
   * @param changes number of buckets by owner
   * @param windowMilliseconds how long a row counts after it was written; for so long from then on both buckets of a key are asked
   * @returns the new head
   * @throws Error when the version before is not in force yet, one of the owners still grows, a number of buckets is not between 1 and
   * 4096, or somebody else has published at the same time
   */
  public async publish(changes: ReadonlyMap<string, number>, windowMilliseconds: number): Promise<DirectoryHead> {
    requireWholeNumber('windowMilliseconds', windowMilliseconds, 1);
    const head = await this.head();
    const now = this.clock.now();
    if (head !== undefined && head.from > now) {
      throw new Error(`version ${head.current} of the shard directory is not in force before ${new Date(head.from).toISOString()}`);
    }
    const from = now + 2 * this.leaseMilliseconds;
    const current = await this.version(head?.current ?? 0);
    const owners = new Map([...current.owners].map(([owner, { buckets, growth }]): [string, OwnerBuckets] => (
      [owner, growth !== undefined && growth.until > from ? { buckets, growth } : { buckets }])));
    for (const [owner, buckets] of changes) {
      const growth = owners.get(owner)?.growth;
      if (growth !== undefined) {
        throw new Error(`\`${owner}\` still has rows in its ${growth.was} buckets of before ${new Date(growth.until).toISOString()}`);
      }
      if (owner === '' || owner === NO_OWNER) {
        throw new Error(`an owner must have a name other than '${NO_OWNER}', got: ${JSON.stringify(owner)}`);
      }
      owners.set(owner, { buckets, growth: { was: current.buckets(owner), until: from + windowMilliseconds } });
    }
    // Judges the numbers before anything is written.
    new DirectoryVersion(0, this.defaultBuckets, owners);
    const next: DirectoryHead = { current: await this.claim((head?.current ?? 0) + 1), previous: head?.current ?? 0, from };
    await forEachConcurrently([...owners], WRITES, async ([owner, content]) => {
      await this.call('PutItem', { Item: { ...key(String(next.current), owner), ...attributes(content) } });
    });
    await this.moveHead(head, next);
    return next;
  }

  /** Takes the first number from `least` on that nobody has: rows that a publisher left who died are never mixed with others. */
  private async claim(least: number): Promise<number> {
    for (let number = least; ; number++) {
      try {
        await this.call('PutItem', {
          Item: { ...key(String(number), NO_OWNER), claim: { S: `${this.clock.now()}` } },
          ConditionExpression: 'attribute_not_exists(#owner)',
          ExpressionAttributeNames: { '#owner': 'owner' },
        });
        return number;
      } catch (error) {
        requireConditionFailed(error);
      }
    }
  }

  private async moveHead(read: DirectoryHead | undefined, next: DirectoryHead): Promise<void> {
    try {
      await this.call('UpdateItem', {
        Key: key(HEAD, NO_OWNER),
        UpdateExpression: 'SET #current = :current, #previous = :previous, #from = :from',
        ConditionExpression: read === undefined ? 'attribute_not_exists(#current)' : '#current = :read',
        ExpressionAttributeNames: { '#current': 'current', '#previous': 'previous', '#from': 'from' },
        ExpressionAttributeValues: {
          ':current': { N: String(next.current) }, ':previous': { N: String(next.previous) }, ':from': { N: String(next.from) },
          ...(read && { ':read': { N: String(read.current) } }),
        },
      });
    } catch (error) {
      requireConditionFailed(error);
      // The answer to an earlier attempt may have been lost.
      const now = await this.head();
      if (now?.current !== next.current) {
        throw new Error(`somebody else has published version ${now?.current} of the shard directory: look at it and publish again`, { cause: error });
      }
    }
  }

  private call<Output>(operation: string, input: object): Promise<Output> {
    return this.retry.run(() => this.dynamodb.call<Output>(operation, { TableName: this.table, ...input }));
  }
}

function key(version: string, owner: string): Item {
  return { version: { S: version }, owner: { S: owner } };
}

function attributes({ buckets, growth }: OwnerBuckets): Item {
  return { buckets: { N: String(buckets) }, ...(growth && { was: { N: String(growth.was) }, until: { N: String(growth.until) } }) };
}

function integer(item: Item, name: string): number {
  return Number(item[name]?.N);
}

function requireConditionFailed(error: unknown): void {
  if (!(error instanceof AwsServiceError) || error.code !== 'ConditionalCheckFailedException') {
    throw error;
  }
}
