import type { Item } from '../aws/dynamodb';
import type { AwsCaller } from '../aws/json-client';
import { RetryPolicy } from '../retry/retry';
import { isEntry, merchantPartition, type ParkedKey, parkedKey, type ParkedName, parkedName, partKey, partsOf, readParkedItem } from './parked-item';
import type { Discard, ParkedEntry } from './parking';
import { keyItem, ParkingTable } from './parking-table';

/** An entry as an operator finds it, without its payload. */
export interface ListedEntry extends Pick<ParkedEntry, 'reason' | 'schema' | 'source' | 'parkedAt' | 'retriedAt' | 'discard'> {
  readonly name: ParkedName;
  readonly payloadBytes: number;
  /** Tells its payload from others. */
  readonly digest: string;
  /** Items that the payload takes. */
  readonly parts: number;
}

/** An entry with its payload; `payload` is undefined when a part of it is gone. */
export interface ReadEntry extends ListedEntry {
  readonly payload: Uint8Array | undefined;
}

export interface ListOptions {
  /** Only entries of this merchant. @default - of all, and those that name no payment */
  readonly merchantId?: string;
  /** Continues behind this entry of an earlier list. @default - from the start */
  readonly after?: ParkedName;
}

/** The parking table as operators use it. Every change is conditional on what they saw. */
export interface ParkedEntries {
  /** Entries in an order of the table's own, discarded ones included. */
  list(options?: ListOptions): AsyncIterable<ListedEntry>;
  /** Reads an entry, consistently. */
  read(name: ParkedName): Promise<ReadEntry | undefined>;
  /** Notes that the entry's payload goes back into the stream. @returns false when it has another payload now, is discarded or is gone */
  markRetried(entry: ListedEntry, at: number): Promise<boolean>;
  /** Removes an entry that the ledger holds. @returns false when it has another payload now, or is discarded */
  remove(entry: ListedEntry): Promise<boolean>;
  /**
   * Marks an entry as discarded. @param whenRetried also what was put back into the stream and has not come back
   * @returns false when it was parked anew, is discarded, is gone, or was put back
   */
  discard(entry: ListedEntry, discard: Discard, whenRetried: boolean): Promise<boolean>;
}

export interface DynamoDbParkedEntriesOptions {
  readonly dynamodb: AwsCaller;
  readonly table: string;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
}

const LISTED = ['pk', 'sk', 'reason', 'schema', 'source', 'parkedAt', 'retriedAt', 'discardedAt', 'discardedBy', 'discardReason', 'payloadBytes', 'digest', 'parts'];
const PROJECTION = {
  ProjectionExpression: LISTED.map((name) => `#${name}`).join(', '),
  ExpressionAttributeNames: Object.fromEntries(LISTED.map((name) => [`#${name}`, name])),
};

const SAME_PAYLOAD = 'digest = :digest AND attribute_not_exists(discardedAt)';

/** What `DynamoDbParking` has parked. */
export class DynamoDbParkedEntries implements ParkedEntries {
  private readonly table: ParkingTable;

  public constructor({ dynamodb, table, retry }: DynamoDbParkedEntriesOptions) {
    this.table = new ParkingTable({ dynamodb, table, retry: retry ?? new RetryPolicy() });
  }

  public async *list({ merchantId, after }: ListOptions = {}): AsyncGenerator<ListedEntry> {
    let start = after === undefined ? undefined : keyItem(parkedKey(after));
    do {
      const from = start === undefined ? PROJECTION : { ...PROJECTION, ExclusiveStartKey: start };
      const page = merchantId === undefined
        ? await this.table.page('Scan', from)
        : await this.table.page('Query', {
          ...from,
          KeyConditionExpression: '#pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: merchantPartition(merchantId) } },
        });
      for (const item of page.Items ?? []) {
        const key = { pk: item.pk.S ?? '', sk: item.sk.S ?? '' };
        if (isEntry(key)) {
          yield listedEntry(key, item);
        }
      }
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
  }

  public async read(name: ParkedName): Promise<ReadEntry | undefined> {
    const key = parkedKey(name);
    const item = await this.table.get(key);
    return item === undefined ? undefined : { ...listedEntry(key, item), payload: await this.table.payload(key, item) };
  }

  public markRetried(entry: ListedEntry, at: number): Promise<boolean> {
    return this.table.write('UpdateItem', {
      Key: keyItem(parkedKey(entry.name)),
      UpdateExpression: 'SET retriedAt = :at',
      ConditionExpression: SAME_PAYLOAD,
      ExpressionAttributeValues: { ':at': { N: String(at) }, ':digest': { S: entry.digest } },
    });
  }

  public async remove(entry: ListedEntry): Promise<boolean> {
    const key = parkedKey(entry.name);
    const removed = await this.table.write('DeleteItem', {
      Key: keyItem(key),
      // Gone already, as after an attempt whose answer was lost, is as good.
      ConditionExpression: `attribute_not_exists(pk) OR (${SAME_PAYLOAD})`,
      ExpressionAttributeValues: { ':digest': { S: entry.digest } },
    });
    // After the entry, so that one that can be seen is complete. A crash in between leaves parts that nothing points at.
    for (let part = 1; removed && part < entry.parts; part++) {
      await this.table.write('DeleteItem', { Key: keyItem(partKey(key, entry.digest, part)) });
    }
    return removed;
  }

  public async discard(entry: ListedEntry, discard: Discard, whenRetried: boolean): Promise<boolean> {
    const { at, by, reason } = discard;
    const written = await this.table.write('UpdateItem', {
      Key: keyItem(parkedKey(entry.name)),
      UpdateExpression: 'SET discardedAt = :at, discardedBy = :by, discardReason = :reason',
      ConditionExpression: `${SAME_PAYLOAD} AND parkedAt = :parkedAt${whenRetried ? '' : ' AND attribute_not_exists(retriedAt)'}`,
      ExpressionAttributeValues: {
        ':at': { N: String(at) }, ':by': { S: by }, ':reason': { S: reason }, ':digest': { S: entry.digest }, ':parkedAt': { N: String(entry.parkedAt) },
      },
    });
    if (written) {
      return true;
    }
    const found = (await this.read(entry.name))?.discard;
    return found?.at === at && found.by === by && found.reason === reason;
  }
}

function listedEntry(key: ParkedKey, item: Item): ListedEntry {
  const entry = readParkedItem(item);
  return {
    ...entry,
    name: parkedName(key, entry.source),
    payloadBytes: Number(item.payloadBytes?.N),
    digest: item.digest?.S ?? '',
    parts: partsOf(item),
  };
}
