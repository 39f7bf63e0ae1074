import { randomUUID } from 'node:crypto';
import { chunksOf, forEachConcurrently } from '../aws/concurrency';
import { batchExecute, type Item, quotedTable, type Statement } from '../aws/dynamodb';
import { AwsServiceError } from '../aws/errors';
import type { AwsCaller } from '../aws/json-client';
import { STATEMENTS_PER_CALL } from '../limits';
import { type Clock, systemClock } from '../retry/clock';
import { RetryPolicy } from '../retry/retry';
import { requireWholeNumber } from '../configuration/option-rules';
import type { DirectoryHead, DirectorySource } from './directory-lease';
import { type BucketGrowth, DirectoryVersion, type OwnerBuckets } from './directory-version';
import { requireBuckets } from './shard-directory';

/** Version under which the newest version is named, and the sort key of rows that are of no owner. */
const HEAD = 'head';
const NO_OWNER = '-';
/** Under which what was refused is kept. */
const REFUSED = 'refused';
const WRITES = 8;

/** Thrown for a change of the directory that must not be made, or not yet: nothing has changed. */
export class DirectoryRefusedError extends Error {
  public constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'DirectoryRefusedError';
  }
}

/** A change of the directory that is not published yet. */
export interface DirectoryChange {
  /** What it follows; undefined for the first version. */
  readonly head: DirectoryHead | undefined;
  /** When it would come into force if it were published now, in milliseconds since 1970. */
  readonly from: number;
  /** What the version would say of each owner that differs from the default. */
  readonly owners: ReadonlyMap<string, OwnerBuckets>;
}

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
 * The directory in a DynamoDB table. A version is a set of rows that never change: partition key its number, sort key the owner, attributes
 * `buckets`, `past` (every number of buckets before, oldest first) and, while an owner grows, `was` and `until`. The row `head` names the
 * newest (`current`), the one before (`previous`) and when the newest comes into force (`from`). A version's claim row (owner `-`) says who took
 * its number first, so that rows of two operators never mix.
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
          const past = item.past?.L?.map(({ N: was }) => Number(was));
          owners.set(item.owner.S ?? '', { buckets: integer(item, 'buckets'), ...(growth && { growth }), ...(past && { past }) });
        }
      }
      startKey = page.LastEvaluatedKey;
    } while (startKey !== undefined);
    return new DirectoryVersion(number, this.defaultBuckets, owners);
  }

  /**
   * What publishing would do now; nothing is written.
   *
   * @param changes number of buckets by owner
   * @param windowMilliseconds how long a row counts after it was written; for so long from then on both buckets of a key are asked
   * @throws DirectoryRefusedError as `publish`
   */
  public async preview(changes: ReadonlyMap<string, number>, windowMilliseconds: number): Promise<DirectoryChange> {
    requireWholeNumber('windowMilliseconds', windowMilliseconds, 1);
    const head = await this.head();
    const now = this.clock.now();
    if (head !== undefined && head.from > now) {
      throw new DirectoryRefusedError(`version ${head.current} of the shard directory is not in force before ${new Date(head.from).toISOString()}`);
    }
    const from = now + 2 * this.leaseMilliseconds;
    const current = await this.version(head?.current ?? 0);
    const owners = new Map([...current.owners].map(([owner, { growth, ...others }]): [string, OwnerBuckets] => (
      [owner, growth !== undefined && growth.until > from ? { ...others, growth } : others])));
    for (const [owner, buckets] of changes) {
      owners.set(owner, this.grown(owner, buckets, current, owners.get(owner), from + windowMilliseconds));
    }
    return { head, from, owners };
  }

  /**
   * Publishes a version in which owners have more buckets. It comes into force two leases from now.
   *
   * @param changes number of buckets by owner
   * @param windowMilliseconds how long a row counts after it was written; for so long from then on both buckets of a key are asked
   * @param by who publishes; kept with the version
   * @returns the new head
   * @throws DirectoryRefusedError when the version before is not in force yet, one of the owners still grows, a number of buckets is not more than
   * before or not between 1 and 4096, or somebody else has published at the same time
   */
  public async publish(changes: ReadonlyMap<string, number>, windowMilliseconds: number, by?: string): Promise<DirectoryHead> {
    const { head, from, owners } = await this.preview(changes, windowMilliseconds);
    const next: DirectoryHead = { current: await this.claim((head?.current ?? 0) + 1, by), previous: head?.current ?? 0, from };
    const statements = [...owners].map(([owner, content]) => this.insertStatement(key(String(next.current), owner), attributes(content)));
    await forEachConcurrently(chunksOf(statements, STATEMENTS_PER_CALL), WRITES, async (chunk) => {
      // A row that is there already is of an attempt whose answer was lost: the number is ours alone.
      await this.insertAll(chunk);
    });
    await this.moveHead(head, next);
    return next;
  }

  /** Keeps what was refused, and to whom: a row of its own that no version knows. */
  public async recordRefusal(by: string, owner: string, buckets: number, reason: string): Promise<void> {
    const row = key(REFUSED, `${new Date(this.clock.now()).toISOString()} ${randomUUID()}`);
    const content = { refusedOwner: { S: owner }, buckets: { N: String(buckets) }, by: { S: by }, reason: { S: reason } };
    await this.insertAll([this.insertStatement(row, content)]);
  }

  /** What an owner is told in a version in which it has more buckets. */
  private grown(owner: string, buckets: number, current: DirectoryVersion, carried: OwnerBuckets | undefined, until: number): OwnerBuckets {
    const growth = carried?.growth;
    const was = current.buckets(owner);
    if (owner === '' || owner === NO_OWNER) {
      throw new DirectoryRefusedError(`an owner must have a name other than '${NO_OWNER}', got: ${JSON.stringify(owner)}`);
    }
    if (growth !== undefined) {
      throw new DirectoryRefusedError(`\`${owner}\` still has rows in its ${growth.was} buckets of before ${new Date(growth.until).toISOString()}`);
    }
    try {
      requireBuckets(`merchants.${owner}`, buckets);
    } catch (error) {
      throw new DirectoryRefusedError((error as Error).message);
    }
    if (buckets <= was) {
      throw new DirectoryRefusedError(`\`${owner}\` must get more than the ${was} buckets that it has, got: ${buckets}`);
    }
    return { buckets, growth: { was, until }, past: [...(carried?.past ?? []), was] };
  }

  /** Takes the first number from `least` on that nobody has: rows that a publisher left who died are never mixed with others. */
  private async claim(least: number, by: string | undefined): Promise<number> {
    for (let number = least; ; number++) {
      const claim = { claim: { S: new Date(this.clock.now()).toISOString() }, ...(by === undefined ? undefined : { by: { S: by } }) };
      const [isNew] = await this.insertAll([this.insertStatement(key(String(number), NO_OWNER), claim)]);
      if (isNew) {
        return number;
      }
    }
  }

  /** PartiQL, because nobody is let replace a row: IAM tells an `INSERT` from a `PutItem`, which could. */
  private insertStatement(rowKey: Item, content: Item): Statement {
    const members = Object.entries({ ...rowKey, ...content });
    return {
      Statement: `INSERT INTO ${quotedTable(this.table)} VALUE {${members.map(([name]) => `'${name}': ?`).join(', ')}}`,
      Parameters: members.map(([, value]) => value),
    };
  }

  /** @returns whether each row is new */
  private insertAll(statements: readonly Statement[]): Promise<boolean[]> {
    return this.retry.run(async () => {
      const responses = await batchExecute(this.dynamodb, statements);
      return responses.map(({ Error: error }) => {
        if (error !== undefined && error.Code !== 'DuplicateItem') {
          throw new AwsServiceError(error.Code ?? 'UnknownError', 200, error.Message ?? '');
        }
        return error === undefined;
      });
    });
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
        throw new DirectoryRefusedError(`somebody else has published version ${now?.current} of the shard directory: look at it and publish again`, error);
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

function attributes({ buckets, growth, past }: OwnerBuckets): Item {
  return {
    buckets: { N: String(buckets) },
    ...(growth && { was: { N: String(growth.was) }, until: { N: String(growth.until) } }),
    ...(past && { past: { L: past.map((was) => ({ N: String(was) })) } }),
  };
}

function integer(item: Item, name: string): number {
  return Number(item[name]?.N);
}

function requireConditionFailed(error: unknown): void {
  if (!(error instanceof AwsServiceError) || error.code !== 'ConditionalCheckFailedException') {
    throw error;
  }
}
