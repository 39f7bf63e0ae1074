import type { LocalAwsClient } from '../aws/local-aws-client';
import type { Item } from './ledger-row';

/** A change of a ledger row. */
export interface LedgerChange {
  readonly kind: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly before?: Item;
  readonly after?: Item;
  /** When it was written, in milliseconds since 1970. */
  readonly at: number;
}

interface StreamRecord {
  readonly eventName: LedgerChange['kind'];
  readonly dynamodb: { readonly OldImage?: Item; readonly NewImage?: Item; readonly ApproximateCreationDateTime?: number };
}

const RECORDS_PER_CALL = 1000;

/** Follows the stream of one table from its beginning: a reader of its own beside the mappings. */
export class LedgerTail {
  private stopped = false;
  private readonly shards = new Map<string, Promise<void>>();

  constructor(
    private readonly client: LocalAwsClient,
    private readonly streamArn: string,
    private readonly pollMilliseconds: number,
    private readonly onChange: (change: LedgerChange) => void,
    private readonly onError: (error: Error) => void,
  ) {}

  async start(): Promise<void> {
    const description = await this.client.call<{ StreamDescription: { Shards: { ShardId: string }[] } }>('DescribeStream', {
      StreamArn: this.streamArn,
    });
    for (const { ShardId } of description.StreamDescription.Shards) {
      this.shards.set(ShardId, this.follow(ShardId).catch((error: Error) => this.onError(error)));
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.shards.values());
  }

  private async follow(shardId: string): Promise<void> {
    const first = await this.client.call<{ ShardIterator: string }>('GetShardIterator', {
      StreamArn: this.streamArn,
      ShardId: shardId,
      ShardIteratorType: 'TRIM_HORIZON',
    });
    let iterator: string | undefined = first.ShardIterator;
    while (iterator !== undefined && !this.stopped) {
      const page: { Records: StreamRecord[]; NextShardIterator?: string } = await this.client.call('GetRecords', {
        ShardIterator: iterator,
        Limit: RECORDS_PER_CALL,
      });
      for (const record of page.Records) {
        this.onChange({
          kind: record.eventName,
          before: record.dynamodb.OldImage,
          after: record.dynamodb.NewImage,
          at: (record.dynamodb.ApproximateCreationDateTime ?? 0) * 1000,
        });
      }
      iterator = page.NextShardIterator;
      if (page.Records.length < RECORDS_PER_CALL) {
        await new Promise((resolve) => setTimeout(resolve, this.pollMilliseconds));
      }
    }
  }
}
