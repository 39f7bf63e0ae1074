import type { CancellationReason, Item } from '../aws/dynamodb';
import { AwsServiceError } from '../aws/errors';
import type { AwsCaller } from '../aws/json-client';
import { RetryPolicy } from '../retry/retry';
import { bucketMark, markedPlace } from './bucket-mark';
import type { GrowingTable, Stored } from './growing-rows';

const ROW_IS_NEW = 'attribute_not_exists(pk)';

export interface DynamoDbGrowingTableOptions {
  readonly dynamodb: AwsCaller;
  /** Name of the table whose keys are the texts `pk` and `sk`. */
  readonly table: string;
  /** What a mark has besides its keys, its `type` (`moved`) and `movedTo`; a time to live, say. @default - nothing */
  readonly markAttributes?: () => Item;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
}

/**
 * Growing rows in a DynamoDB table. An insert whose answer was lost is tried again and then finds its own row: it answers `exists`, and who
 * must know compares what is stored.
 *
 * A mark is an item, and comes through the table's stream as a new row of type `moved`.
 */
export class DynamoDbGrowingTable implements GrowingTable<Item> {
  private readonly dynamodb: AwsCaller;
  private readonly table: string;
  private readonly markAttributes: () => Item;
  private readonly retry: RetryPolicy;

  public constructor(options: DynamoDbGrowingTableOptions) {
    this.dynamodb = options.dynamodb;
    this.table = options.table;
    this.markAttributes = options.markAttributes ?? (() => ({}));
    this.retry = options.retry ?? new RetryPolicy();
  }

  public insert(pk: string, sk: string, row: Item): Promise<'inserted' | 'exists'> {
    return this.write('PutItem', this.put(pk, sk, row));
  }

  public insertMarked(pk: string, earlier: string, sk: string, row: Item): Promise<'inserted' | 'exists'> {
    const mark = { ...this.markAttributes(), ...bucketMark(pk) };
    return this.write('TransactWriteItems', { TransactItems: [{ Put: this.put(pk, sk, row) }, { Put: this.put(earlier, sk, mark) }] });
  }

  public async find(pk: string, sk: string): Promise<Stored<Item> | undefined> {
    const input = { TableName: this.table, Key: { pk: { S: pk }, sk: { S: sk } }, ConsistentRead: true };
    const { Item: item } = await this.retry.run(() => this.dynamodb.call<{ Item?: Item }>('GetItem', input));
    if (item === undefined) {
      return undefined;
    }
    const other = markedPlace(item);
    return other === undefined ? { kind: 'row', row: item } : { kind: 'moved', pk: other };
  }

  private put(pk: string, sk: string, content: Item): object {
    return { TableName: this.table, Item: { ...content, pk: { S: pk }, sk: { S: sk } }, ConditionExpression: ROW_IS_NEW };
  }

  private async write(operation: string, input: object): Promise<'inserted' | 'exists'> {
    try {
      await this.retry.run(() => this.dynamodb.call(operation, input).catch((error: unknown) => { throw retryableCancellation(error); }));
      return 'inserted';
    } catch (error) {
      if (error instanceof AwsServiceError && error.code === 'ConditionalCheckFailedException') {
        return 'exists';
      }
      throw error;
    }
  }
}

/** A cancelled transaction says why for each item: what stood in the way besides conditions passes, and decides nothing. */
function retryableCancellation(error: unknown): unknown {
  if (!(error instanceof AwsServiceError) || error.code !== 'TransactionCanceledException') {
    return error;
  }
  const reasons = (error.body.CancellationReasons ?? []) as CancellationReason[];
  const codes = reasons.map(({ Code: code }) => code ?? 'None').filter((code) => code !== 'None');
  if (codes.includes('ConditionalCheckFailed')) {
    return new AwsServiceError('ConditionalCheckFailedException', error.statusCode, error.message, error.body);
  }
  return new AwsServiceError(codes[0] ?? error.code, error.statusCode, error.message, error.body);
}
