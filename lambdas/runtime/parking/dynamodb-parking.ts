import { hash } from 'node:crypto';
import type { Item } from '../aws/dynamodb';
import { AwsServiceError } from '../aws/errors';
import type { AwsCaller } from '../aws/json-client';
import { MAXIMUM_ITEM_BYTES, MAXIMUM_PARTITION_KEY_BYTES, MAXIMUM_SORT_KEY_BYTES } from '../limits';
import { RetryPolicy } from '../retry/retry';
import type { ParkedEntry, Parking } from './parking';

export interface DynamoDbParkingOptions {
  readonly dynamodb: AwsCaller;
  readonly table: string;
  /** @default - RetryPolicy with four attempts: parking has no deadline, and must not use up the time of a batch */
  readonly retry?: RetryPolicy;
}

/** What an item needs beside its payload, at most. */
const OTHER_BYTES = 50_000;
/**
 * Payload bytes of one item. A stream record may have a multiple of what an item may: a longer payload is cut
 * over several items, because one that cannot be parked would stand in the way of all behind it.
 */
const PART_BYTES = MAXIMUM_ITEM_BYTES - OTHER_BYTES;

/** Parked entries in a DynamoDB table with the keys `pk` and `sk`. */
export class DynamoDbParking implements Parking {
  private readonly dynamodb: AwsCaller;
  private readonly table: string;
  private readonly retry: RetryPolicy;

  public constructor(options: DynamoDbParkingOptions) {
    this.dynamodb = options.dynamodb;
    this.table = options.table;
    this.retry = options.retry ?? new RetryPolicy({ maximumAttempts: 4 });
  }

  public async park(entry: ParkedEntry): Promise<void> {
    const { pk, sk } = parkingKey(entry);
    const { shardId, sequenceNumber, index } = entry.source;
    const payload = Buffer.from(entry.payload.buffer, entry.payload.byteOffset, entry.payload.byteLength);
    const parts = Math.max(1, Math.ceil(payload.length / PART_BYTES));
    // The first part makes the entry; it comes last, so that an entry that can be seen is complete.
    for (let part = parts - 1; part > 0; part--) {
      await this.put({
        pk: { S: partPartitionKey(pk, sk) },
        sk: { S: String(part) },
        payload: { B: payload.toString('base64', part * PART_BYTES, (part + 1) * PART_BYTES) },
      });
    }
    await this.put({
      pk: { S: pk },
      sk: { S: sk },
      reason: { S: entry.reason },
      schema: { S: entry.schema },
      payload: { B: payload.toString('base64', 0, PART_BYTES) },
      parts: { N: String(parts) },
      parkedAt: { N: String(entry.parkedAt) },
      source: { S: `${shardId}:${sequenceNumber}:${index}` },
    });
  }

  public async find(merchantId: string, idempotencyKey: string): Promise<ParkedEntry | undefined> {
    const key = { pk: `merchant#${merchantId}`, sk: idempotencyKey };
    const item = await this.get(key.pk, key.sk);
    if (item === undefined) {
      return undefined;
    }
    const payload = [Buffer.from(item.payload?.B ?? '', 'base64')];
    for (let part = 1; part < Number(item.parts?.N ?? 1); part++) {
      const further = await this.get(partPartitionKey(key.pk, key.sk), String(part));
      payload.push(Buffer.from(further?.payload?.B ?? '', 'base64'));
    }
    return {
      merchantId,
      idempotencyKey,
      reason: item.reason?.S ?? '',
      schema: item.schema?.S ?? '',
      payload: payload.length === 1 ? payload[0] : Buffer.concat(payload),
      source: parseSource(item.source?.S ?? ''),
      parkedAt: Number(item.parkedAt?.N),
    };
  }

  private async put(item: Item): Promise<void> {
    try {
      await this.retry.run(() => this.dynamodb.call('PutItem', {
        TableName: this.table, Item: item, ConditionExpression: 'attribute_not_exists(pk)',
      }));
    } catch (error) {
      // Parked before, by an earlier delivery or by an attempt whose answer was lost.
      if (!(error instanceof AwsServiceError && error.code === 'ConditionalCheckFailedException')) {
        throw error;
      }
    }
  }

  private async get(pk: string, sk: string): Promise<Item | undefined> {
    const input = { TableName: this.table, Key: { pk: { S: pk }, sk: { S: sk } }, ConsistentRead: true };
    const { Item: item } = await this.retry.run(() => this.dynamodb.call<{ Item?: Item }>('GetItem', input));
    return item;
  }
}

/** By merchant and key where both can be read and fit a table key, else by the place in the source. */
function parkingKey({ merchantId, idempotencyKey, source }: ParkedEntry): { readonly pk: string; readonly sk: string } {
  if (merchantId && idempotencyKey) {
    const pk = `merchant#${merchantId}`;
    if (Buffer.byteLength(pk) <= MAXIMUM_PARTITION_KEY_BYTES && Buffer.byteLength(idempotencyKey) <= MAXIMUM_SORT_KEY_BYTES) {
      return { pk, sk: idempotencyKey };
    }
  }
  return { pk: `unreadable#${source.shardId}`, sk: `${source.sequenceNumber}#${source.index}` };
}

/** Parts lie beside the entries, out of the way of both kinds of key. */
function partPartitionKey(pk: string, sk: string): string {
  return `part#${hash('sha256', `${pk.length}#${pk}${sk}`)}`;
}

function parseSource(text: string): ParkedEntry['source'] {
  // A shard or queue name may hold colons; the other two cannot.
  const match = /^(.*):([^:]*):(\d+)$/s.exec(text);
  return { shardId: match?.[1] ?? '', sequenceNumber: match?.[2] ?? '', index: Number(match?.[3] ?? 0) };
}
