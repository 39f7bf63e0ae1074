import type { Item } from '../aws/dynamodb';
import { AwsServiceError } from '../aws/errors';
import type { AwsCaller } from '../aws/json-client';
import type { Commit, EventStore } from './event-store';

/** Sort keys are texts: versions are padded so that they sort like numbers. */
const VERSION_DIGITS = 16;
const KIND = 'commit#';

export interface DynamoDbEventsOptions<Event> {
  readonly dynamodb: AwsCaller;
  /** Name of the table whose keys are the texts `pk` and `sk`. */
  readonly table: string;
  /** How the events of a commit become a text, and back. @default - JSON */
  readonly codec?: { readonly encode: (events: readonly Event[]) => string; readonly decode: (text: string) => readonly Event[] };
}

/**
 * Events in a DynamoDB table: an item a commit, partition key the stream, sort key `commit#` and the version. That a commit is new is a
 * condition of its write, so of two writers of one version one is refused. An item has a largest size, and a partition a largest rate: a stream is
 * one order, one account, one booking.
 */
export class DynamoDbEvents<Event> implements EventStore<Event> {
  private readonly dynamodb: AwsCaller;
  private readonly table: string;
  private readonly codec: NonNullable<DynamoDbEventsOptions<Event>['codec']>;

  public constructor(options: DynamoDbEventsOptions<Event>) {
    this.dynamodb = options.dynamodb;
    this.table = options.table;
    this.codec = options.codec ?? { encode: (events) => JSON.stringify(events), decode: (text) => JSON.parse(text) as Event[] };
  }

  public async append(stream: string, { version, id, events }: Commit<Event>): Promise<'appended' | 'conflict'> {
    try {
      await this.dynamodb.call('PutItem', {
        TableName: this.table,
        Item: { pk: { S: stream }, sk: { S: sortKey(version) }, id: { S: id }, events: { S: this.codec.encode(events) } },
        ConditionExpression: 'attribute_not_exists(pk)',
      });
      return 'appended';
    } catch (error) {
      if (error instanceof AwsServiceError && error.code === 'ConditionalCheckFailedException') {
        return 'conflict';
      }
      throw error;
    }
  }

  public async read(stream: string, after: number): Promise<readonly Commit<Event>[]> {
    const commits: Commit<Event>[] = [];
    let startKey: Item | undefined;
    do {
      const page: { Items?: Item[]; LastEvaluatedKey?: Item } = await this.dynamodb.call('Query', {
        TableName: this.table,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :stream AND sk BETWEEN :first AND :last',
        ExpressionAttributeValues: {
          ':stream': { S: stream }, ':first': { S: sortKey(after + 1) }, ':last': { S: sortKey(Number.MAX_SAFE_INTEGER) },
        },
        ExclusiveStartKey: startKey,
      });
      for (const { sk, id, events } of page.Items ?? []) {
        commits.push({ version: Number(sk.S?.slice(KIND.length)), id: id?.S ?? '', events: this.codec.decode(events?.S ?? '[]') });
      }
      startKey = page.LastEvaluatedKey;
    } while (startKey !== undefined);
    return commits;
  }
}

function sortKey(version: number): string {
  return KIND + String(version).padStart(VERSION_DIGITS, '0');
}
