import { setTimeout as delay } from 'node:timers/promises';
import { LocalAwsError } from '../aws/local-aws-client';
import type { Item } from './ledger-row';
import { callRepeatedly } from './repeated-call';

/** A change of a ledger row. */
export interface LedgerChange {
  readonly kind: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly before?: Item;
  readonly after?: Item;
  /** When it was written, in milliseconds since 1970. */
  readonly at: number;
}

/** The client of a table stream, as far as the tail needs it. */
export interface StreamClient {
  call<Output>(operation: string, input: object): Promise<Output>;
}

interface StreamRecord {
  readonly eventName: LedgerChange['kind'];
  readonly dynamodb: {
    readonly SequenceNumber: string;
    readonly OldImage?: Item;
    readonly NewImage?: Item;
    readonly ApproximateCreationDateTime?: number;
  };
}

interface ListedShard {
  readonly ShardId: string;
  readonly ParentShardId?: string | null;
}

interface Page {
  readonly Records: readonly StreamRecord[];
  readonly NextShardIterator?: string | null;
}

const RECORDS_PER_CALL = 1000;
/** Calls until a stream that does not answer is given up: half a minute in all. */
const ATTEMPTS = 35;

/**
 * Follows the stream of one table from its beginning: a reader of its own beside the mappings. Each change is told once, those of an item
 * in order.
 */
export class LedgerTail {
  private stopped = false;
  /** Every shard that was listed, with the end of its being followed. */
  private readonly shards = new Map<string, Promise<void>>();

  /**
   * @param pollMilliseconds pause after a read that did not fill a page.
   * @param onError the stream cannot be followed any further.
   * @param sleep waits for a number of milliseconds. Default: by the machine's timers
   */
  constructor(
    private readonly client: StreamClient,
    private readonly streamArn: string,
    private readonly pollMilliseconds: number,
    private readonly onChange: (change: LedgerChange) => void,
    private readonly onError: (error: Error) => void,
    private readonly sleep: (milliseconds: number) => Promise<unknown> = delay,
  ) {}

  /** Begins to follow every shard. @throws Error when they cannot be listed */
  async start(): Promise<void> {
    await this.followNew();
  }

  /** Ends after the reads that are under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    // Whoever ends may have found another shard just before.
    for (let followed = -1; followed < this.shards.size;) {
      followed = this.shards.size;
      await Promise.all(this.shards.values());
    }
  }

  /** Begins to follow the shards that are not followed yet: each once its parent was read to the end. */
  private async followNew(): Promise<void> {
    for (const { ShardId, ParentShardId } of await this.list()) {
      if (!this.shards.has(ShardId)) {
        // A parent that is not listed is so old that nothing is left of it. The list has parents before their children.
        const parent = this.shards.get(ParentShardId ?? '') ?? Promise.resolve();
        this.shards.set(ShardId, parent.then(() => this.follow(ShardId)).catch((error: Error) => this.failed(error)));
      }
    }
  }

  private failed(error: Error): void {
    if (!this.stopped) {
      this.onError(error);
    }
  }

  private async list(): Promise<ListedShard[]> {
    const shards: ListedShard[] = [];
    let after: string | undefined;
    do {
      const { StreamDescription: description } = await this.call<{
        StreamDescription: { Shards: ListedShard[]; LastEvaluatedShardId?: string | null };
      }>('DescribeStream', { StreamArn: this.streamArn, ...(after !== undefined && { ExclusiveStartShardId: after }) });
      shards.push(...description.Shards);
      after = description.LastEvaluatedShardId ?? undefined;
    } while (after !== undefined);
    return shards;
  }

  private async follow(shardId: string): Promise<void> {
    let last: string | undefined;
    let iterator: string | undefined;
    while (!this.stopped) {
      iterator ??= await this.iteratorAfter(shardId, last);
      const page = await this.read(iterator);
      page?.Records.forEach((record) => this.onChange(changeOf(record)));
      last = page?.Records.at(-1)?.dynamodb.SequenceNumber ?? last;
      iterator = page?.NextShardIterator ?? undefined;
      if (page !== undefined && iterator === undefined) {
        // Others took over the keys of the shard when it was closed.
        await this.followNew();
        return;
      }
      if (page !== undefined && page.Records.length < RECORDS_PER_CALL) {
        await this.sleep(this.pollMilliseconds);
      }
    }
  }

  private async iteratorAfter(shardId: string, last: string | undefined): Promise<string> {
    const { ShardIterator } = await this.call<{ ShardIterator: string }>('GetShardIterator', {
      StreamArn: this.streamArn,
      ShardId: shardId,
      ...(last === undefined ? { ShardIteratorType: 'TRIM_HORIZON' } : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: last }),
    });
    return ShardIterator;
  }

  /** The next page; nothing when the iterator has expired. */
  private async read(iterator: string): Promise<Page | undefined> {
    try {
      return await this.call<Page>('GetRecords', { ShardIterator: iterator, Limit: RECORDS_PER_CALL });
    } catch (error) {
      if (error instanceof LocalAwsError && error.code === 'ExpiredIteratorException') {
        return undefined;
      }
      throw error;
    }
  }

  /** Calls the stream, repeatedly while no answer comes or the stream says that it is not able to answer now. All calls only read. */
  private call<Output>(operation: string, input: object): Promise<Output> {
    return callRepeatedly(() => this.client.call<Output>(operation, input), {
      attempts: ATTEMPTS, isTransient, isStopped: () => this.stopped, sleep: this.sleep,
    });
  }
}

function isTransient(error: unknown): boolean {
  return !(error instanceof LocalAwsError) || error.statusCode >= 500 || /Throttling|LimitExceeded|ThroughputExceeded/.test(error.code);
}

function changeOf({ eventName, dynamodb }: StreamRecord): LedgerChange {
  return { kind: eventName, before: dynamodb.OldImage, after: dynamodb.NewImage, at: (dynamodb.ApproximateCreationDateTime ?? 0) * 1000 };
}
