import type { Item } from '../../../../../local/engines/table/attribute-value';
import { DynoxideEngine, type TableEngine } from '../../../../../local/engines/table';
import { MemoryTableEngine } from '../../../../../local/engines/table/memory';

export type Json = Record<string, unknown>;

/** The engines by name, and how each is started empty. */
export const ENGINES: readonly (readonly [name: string, start: () => Promise<TableEngine>])[] = [
  ['memory', () => Promise.resolve(new MemoryTableEngine())],
  ['dynoxide', () => DynoxideEngine.start()],
];

/** An answer in a form in which those of two engines can be compared. */
export interface NormalizedAnswer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Calls an engine and puts aside what engines may do differently: messages, the table's name beside a statement's error, and the order of
 * sets and of members.
 */
export async function ask(engine: TableEngine, operation: string, input: Json): Promise<NormalizedAnswer> {
  const { status, body } = await engine.call(operation, JSON.stringify(input));
  return { status, body: normalized(JSON.parse(body)) };
}

/** Creates a table with the keys `pk` and `sk`, both text unless said otherwise. */
export async function createTable(engine: TableEngine, name: string, sortKey: 'S' | 'N' | 'B' | undefined = 'S', partitionKey = 'S'): Promise<void> {
  const { status, body } = await engine.call('CreateTable', JSON.stringify({
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, ...sortKey ? [{ AttributeName: 'sk', KeyType: 'RANGE' }] : []],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: partitionKey }, ...sortKey ? [{ AttributeName: 'sk', AttributeType: sortKey }] : [],
    ],
  }));
  if (status !== 200) {
    throw new Error(body);
  }
}

/** Every item of a table, by key. */
export async function scanAll(engine: TableEngine, TableName: string, Limit?: number): Promise<unknown[]> {
  const items: Item[] = [];
  let ExclusiveStartKey: Item | undefined;
  do {
    const { body } = await engine.call('Scan', JSON.stringify({ TableName, ConsistentRead: true, ExclusiveStartKey, Limit }));
    const page: { Items: Item[]; LastEvaluatedKey?: Item } = JSON.parse(body);
    items.push(...page.Items);
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
  return items.map(normalized).sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
}

function keyOf(item: unknown): string {
  const { pk, sk } = item as Item;
  return JSON.stringify([pk, sk]);
}

function normalized(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(normalized);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const members = Object.entries(value)
    .filter(([name]) => name !== 'message' && name !== 'Message' && !(name === 'TableName' && 'Error' in value))
    .map(([name, member]): [string, unknown] => {
      if (name === '__type') {
        return [name, String(member).replace(/^.*#/, '')];
      }
      return /^[SNB]S$/.test(name) && Array.isArray(member) ? [name, [...member].sort()] : [name, normalized(member)];
    });
  return Object.fromEntries(members.sort(([left], [right]) => (left < right ? -1 : 1)));
}
