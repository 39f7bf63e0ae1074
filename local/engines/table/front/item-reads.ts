import type { Item } from '../attribute-value';
import { imageOf } from '../item-image';
import { type Answer, success } from './answer';
import { arrayMember, type FrontCall, type FrontContext, type Json, objectMember } from './front-context';
import type { ItemKey, ServedTable } from './served-table';
import { ServiceError } from './service-error';

/** One key of a batch that was let through. */
interface KeyRead {
  readonly key: ItemKey;
  readonly table: ServedTable;
  readonly consistent: boolean;
  readonly units: number;
}

const KEY_EQUALITY = /(?:^|[\s(])(#?[\w.-]+)\s*=\s*(:\w+)/g;

/** GetItem, BatchGetItem, Query, Scan, DescribeTable and DescribeTimeToLive. */
export class ItemReadOperations {
  constructor(private readonly context: FrontContext) {}

  /** GetItem. @throws ServiceError */
  public async get(call: FrontCall): Promise<Answer> {
    const table = this.context.table(call.input.TableName);
    const read = keyRead(table, objectMember(call.input, 'Key') as Item, call.input.ConsistentRead === true);
    const bound = table.reads.take(read.units, read.key.partitionKey);
    if (bound !== undefined) {
      throw table.throttled('Read', bound);
    }
    table.itemsRead++;
    const answer = await this.context.engine.forward(call.operation, call.body);
    if (answer.status === 200) {
      settleRead(read, JSON.parse(answer.body).Item);
    }
    return answer;
  }

  /** BatchGetItem: what is over a limit comes back as unprocessed. @throws ServiceError when that is everything. */
  public async getBatch(call: FrontCall): Promise<Answer> {
    const reads = new Map<string, KeyRead>();
    const forwarded: Record<string, Json> = {};
    const unprocessed: Record<string, Json> = {};
    let refusal: ServiceError | undefined;
    const requestItems = objectMember(call.input, 'RequestItems');
    for (const name of Object.keys(requestItems)) {
      const table = this.context.table(name);
      const request = objectMember(requestItems, name);
      for (const attributes of arrayMember(request, 'Keys') as Item[]) {
        const read = keyRead(table, attributes, request.ConsistentRead === true);
        const bound = table.reads.take(read.units, read.key.partitionKey);
        if (bound === undefined) {
          table.itemsRead++;
          reads.set(read.key.id, read);
        } else {
          refusal ??= table.throttled('Read', bound);
        }
        const target = (bound === undefined ? forwarded : unprocessed)[name] ??= { ...request, Keys: [] };
        (target.Keys as Item[]).push(attributes);
      }
    }
    if (reads.size === 0 && refusal !== undefined) {
      throw refusal;
    }
    const body = refusal === undefined ? call.body : JSON.stringify({ ...call.input, RequestItems: forwarded });
    const answer = await this.context.engine.forward(call.operation, body);
    if (answer.status !== 200) {
      return answer;
    }
    const output = JSON.parse(answer.body);
    this.settleBatch(output.Responses, reads);
    if (refusal === undefined) {
      return answer;
    }
    for (const [name, request] of Object.entries(unprocessed)) {
      const left = output.UnprocessedKeys?.[name]?.Keys ?? [];
      output.UnprocessedKeys = { ...output.UnprocessedKeys, [name]: { ...request, Keys: [...left, ...request.Keys as Item[]] } };
    }
    return success(output);
  }

  /** Query or Scan. A query is charged to its partition, a scan to the table only. @throws ServiceError */
  public async page(call: FrontCall): Promise<Answer> {
    const table = this.context.table(call.input.TableName);
    const consistent = call.input.ConsistentRead === true;
    const partitionKey = call.operation === 'Query' ? queriedPartition(table, call.input) : undefined;
    const units = table.readUnits(0, consistent);
    const bound = table.reads.take(units, partitionKey);
    if (bound !== undefined) {
      throw table.throttled('Read', bound);
    }
    table.itemsRead++;
    const answer = await this.context.engine.forward(call.operation, call.body);
    if (answer.status === 200) {
      const items: Item[] = JSON.parse(answer.body).Items ?? [];
      const bytes = items.reduce((sum, item) => sum + imageOf(item).bytes, 0);
      table.reads.charge(table.readUnits(bytes, consistent) - units, partitionKey);
    }
    return answer;
  }

  /** DescribeTable, with the stream that the front keeps. @throws ServiceError */
  public async describe(call: FrontCall): Promise<Answer> {
    const table = this.context.table(call.input.TableName);
    const answer = await this.context.engine.forward(call.operation, call.body);
    if (answer.status !== 200) {
      return answer;
    }
    const output = JSON.parse(answer.body);
    output.Table.TableArn = table.arn;
    if (table.stream !== undefined) {
      output.Table.StreamSpecification = { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' };
      output.Table.LatestStreamArn = table.stream.arn;
      output.Table.LatestStreamLabel = table.stream.label;
    }
    return success(output);
  }

  /** DescribeTimeToLive, from the configuration. @throws ServiceError */
  public describeTimeToLive(call: FrontCall): Answer {
    const { timeToLiveAttribute } = this.context.table(call.input.TableName).configuration;
    return success({
      TimeToLiveDescription: timeToLiveAttribute === undefined
        ? { TimeToLiveStatus: 'DISABLED' }
        : { TimeToLiveStatus: 'ENABLED', AttributeName: timeToLiveAttribute },
    });
  }

  private settleBatch(responses: Record<string, Item[]>, reads: ReadonlyMap<string, KeyRead>): void {
    for (const [name, items] of Object.entries(responses)) {
      const table = this.context.table(name);
      for (const item of items) {
        // A projection may leave the key out; such an item stays charged with one unit.
        const read = table.keys.every((key) => item[key.name] !== undefined)
          ? reads.get(table.key((attribute) => item[attribute]).id)
          : undefined;
        if (read !== undefined) {
          settleRead(read, item);
        }
      }
    }
  }
}

function keyRead(table: ServedTable, attributes: Item, consistent: boolean): KeyRead {
  return { key: table.key((name) => attributes[name]), table, consistent, units: table.readUnits(0, consistent) };
}

function settleRead(read: KeyRead, item: Item | undefined): void {
  if (item !== undefined) {
    read.table.reads.charge(read.table.readUnits(imageOf(item).bytes, read.consistent) - read.units, read.key.partitionKey);
  }
}

/** The partition key that a query asks for. */
function queriedPartition(table: ServedTable, input: Json): string | undefined {
  const names = (input.ExpressionAttributeNames ?? {}) as Record<string, string>;
  const values = (input.ExpressionAttributeValues ?? {}) as Item;
  for (const [, name, value] of String(input.KeyConditionExpression ?? '').matchAll(KEY_EQUALITY)) {
    if ((names[name] ?? name) === table.keys[0].name) {
      return table.partitionKeyText(values[value]);
    }
  }
  return undefined;
}
