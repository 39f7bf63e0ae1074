import type { Item } from '../aws/dynamodb';
import type { AwsCaller } from '../aws/json-client';
import { RetryPolicy } from '../retry/retry';
import { parkedItems, parkedKey, readParkedItem } from './parked-item';
import type { ParkedEntry, Parking } from './parking';
import { ParkingTable } from './parking-table';

export interface DynamoDbParkingOptions {
  readonly dynamodb: AwsCaller;
  readonly table: string;
  /** @default - RetryPolicy with four attempts: parking has no deadline, and must not use up the time of a batch */
  readonly retry?: RetryPolicy;
}

const IS_NEW = 'attribute_not_exists(pk)';
/**
 * What an operator had put back into the stream comes from a place of its own; then the entry tells so. A redelivery of the place that
 * the entry is from says nothing about it, and another payment with the same key must not drive it out.
 */
const CAME_BACK = 'attribute_exists(retriedAt) AND attribute_not_exists(discardedAt) AND digest = :digest AND #source <> :source';

/** Parked entries in a DynamoDB table with the keys `pk` and `sk`. */
export class DynamoDbParking implements Parking {
  private readonly table: ParkingTable;

  public constructor({ dynamodb, table, retry }: DynamoDbParkingOptions) {
    this.table = new ParkingTable({ dynamodb, table, retry: retry ?? new RetryPolicy({ maximumAttempts: 4 }) });
  }

  public async park(entry: ParkedEntry): Promise<void> {
    const items = parkedItems(entry);
    const first = items.pop() as Item;
    // A condition that does not hold: parked before, by an earlier delivery or by an attempt whose answer was lost.
    for (const part of items) {
      await this.table.write('PutItem', { Item: part, ConditionExpression: IS_NEW });
    }
    await this.table.write('PutItem', {
      Item: first,
      ConditionExpression: `${IS_NEW} OR (${CAME_BACK})`,
      ExpressionAttributeNames: { '#source': 'source' },
      ExpressionAttributeValues: { ':digest': first.digest, ':source': first.source },
    });
  }

  public async find(merchantId: string, idempotencyKey: string): Promise<ParkedEntry | undefined> {
    const key = parkedKey({ merchantId, idempotencyKey });
    const item = await this.table.get(key);
    return item === undefined
      ? undefined
      : { merchantId, idempotencyKey, ...readParkedItem(item), payload: await this.table.payload(key, item) ?? new Uint8Array(0) };
  }
}
