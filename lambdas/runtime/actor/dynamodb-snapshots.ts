import type { Item } from '../aws/dynamodb';
import { AwsServiceError } from '../aws/errors';
import type { AwsCaller } from '../aws/json-client';
import type { Snapshot, SnapshotStore } from './snapshot-store';

export interface DynamoDbSnapshotsOptions<State> {
  readonly dynamodb: AwsCaller;
  /** Name of the table whose keys are the texts `pk` and `sk`. */
  readonly table: string;
  /** Sort key of all snapshots here, so that several kinds share a table. @default 'snapshot' */
  readonly kind?: string;
  /** How a state becomes a text, and back. An item of DynamoDB has a largest size: states stay small. @default - JSON */
  readonly codec?: { readonly encode: (state: State) => string; readonly decode: (text: string) => State };
}

/** Snapshots in a DynamoDB table, an item each. No retries: who stores a snapshot reads it again first. */
export class DynamoDbSnapshots<State> implements SnapshotStore<State> {
  private readonly dynamodb: AwsCaller;
  private readonly table: string;
  private readonly kind: string;
  private readonly codec: NonNullable<DynamoDbSnapshotsOptions<State>['codec']>;

  public constructor(options: DynamoDbSnapshotsOptions<State>) {
    this.dynamodb = options.dynamodb;
    this.table = options.table;
    this.kind = options.kind ?? 'snapshot';
    this.codec = options.codec ?? { encode: (state) => JSON.stringify(state), decode: (text) => JSON.parse(text) as State };
  }

  public async load(key: string): Promise<Snapshot<State> | undefined> {
    const { Item: item } = await this.dynamodb.call<{ Item?: Item }>('GetItem', {
      TableName: this.table, Key: this.key(key), ConsistentRead: true,
    });
    return item && {
      state: this.codec.decode(item.state?.S ?? ''), lastSequence: item.lastSequence?.S ?? '0', version: Number(item.version?.N),
    };
  }

  public async save(key: string, next: Snapshot<State>, readVersion: number | undefined): Promise<'saved' | 'conflict'> {
    try {
      await this.dynamodb.call('PutItem', {
        TableName: this.table,
        Item: {
          ...this.key(key),
          state: { S: this.codec.encode(next.state) }, lastSequence: { S: next.lastSequence }, version: { N: String(next.version) },
        },
        ...(readVersion === undefined ? { ConditionExpression: 'attribute_not_exists(pk)' } : {
          ConditionExpression: '#version = :read',
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':read': { N: String(readVersion) } },
        }),
      });
      return 'saved';
    } catch (error) {
      if (error instanceof AwsServiceError && error.code === 'ConditionalCheckFailedException') {
        return 'conflict';
      }
      throw error;
    }
  }

  private key(key: string): Item {
    return { pk: { S: key }, sk: { S: this.kind } };
  }
}
