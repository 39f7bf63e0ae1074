import type { Item } from '../../attribute-value';
import { EngineError } from '../engine-error';
import { type Condition, conditionPaths } from '../expressions/condition';
import { parseCondition } from '../expressions/condition-parser';
import type { DocumentPath } from '../expressions/document-path';
import { holds } from '../expressions/evaluate';
import { isInRange, type KeyRange, keyRange } from '../expressions/key-range';
import { parseProjection } from '../expressions/projection';
import { choice, flag, type Json, optionalCount, optionalObject, refuseOthers, textMember } from '../request';
import type { Database } from '../storage/database';
import type { ItemPlace } from '../storage/key-schema';
import type { MemoryTable } from '../storage/memory-table';
import type { Position } from '../storage/ordered-map';
import { attributesOf, type StoredItem } from '../storage/stored-item';
import { checkedItem } from '../values/checked-value';
import { expressionsOf } from './expressions-of';
import { projectedJson } from './read-operations';

const SCAN_MEMBERS = [
  'TableName', 'ConsistentRead', 'ExclusiveStartKey', 'ExpressionAttributeNames', 'ExpressionAttributeValues', 'FilterExpression', 'Limit',
  'ProjectionExpression', 'Select',
];
const SCAN: ReadonlySet<string> = new Set(SCAN_MEMBERS);
const QUERY: ReadonlySet<string> = new Set([...SCAN_MEMBERS, 'KeyConditionExpression', 'ScanIndexForward']);
/** Item bytes that one page reads. Source: Query and Scan in the DynamoDB developer guide. */
const PAGE_BYTES = 1024 * 1024;

/** Query and Scan. */
export class PageOperations {
  constructor(private readonly database: Database) {}

  /** @throws EngineError */
  public query(input: Json): string {
    refuseOthers(input, 'Query', QUERY);
    const table = this.database.table(textMember(input, 'TableName'));
    const expressions = expressionsOf(input, {
      KeyConditionExpression: parseCondition, FilterExpression: parseCondition, ProjectionExpression: parseProjection,
    });
    if (expressions.KeyConditionExpression === undefined) {
      throw EngineError.validation('Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.');
    }
    const range = keyRange(expressions.KeyConditionExpression, table.keys);
    refuseKeyFilter(expressions.FilterExpression, table);
    const start = startPlace(input, table);
    if (start !== undefined && start.partition !== range.partition) {
      throw EngineError.validation('The provided starting key is outside query boundaries based on provided conditions');
    }
    const items = rangeItems(table, range, start, flag(input, 'ScanIndexForward', true));
    return page(input, table, items, expressions.FilterExpression, expressions.ProjectionExpression);
  }

  /** @throws EngineError */
  public scan(input: Json): string {
    refuseOthers(input, 'Scan', SCAN);
    const table = this.database.table(textMember(input, 'TableName'));
    const { FilterExpression: filter, ProjectionExpression: paths } = expressionsOf(input, {
      FilterExpression: parseCondition, ProjectionExpression: parseProjection,
    });
    return page(input, table, allItems(table, startPlace(input, table)), filter, paths);
  }
}

/** Every item of a table in the order of a scan. @param start place after which the reading begins */
export function *allItems(table: MemoryTable, start?: ItemPlace): Generator<StoredItem> {
  const position = start && { key: start.partition, inclusive: true };
  for (const [key, partition] of table.partitions.from(position, true)) {
    const behind = key === start?.partition ? { key: start.sort, inclusive: false } : undefined;
    for (const [, item] of partition.from(behind, true)) {
      yield item;
    }
  }
}

function *rangeItems(table: MemoryTable, range: KeyRange, start: ItemPlace | undefined, forward: boolean): Generator<StoredItem> {
  const partition = table.partitions.get(range.partition);
  const type = table.keys.sortKey?.type ?? 'S';
  const first: Position | undefined = start === undefined ? (forward ? range.lower : range.upper) : { key: start.sort, inclusive: false };
  let wasInside = false;
  for (const [key, item] of partition?.from(first, forward) ?? []) {
    const isInside = isInRange(range, key, type);
    if (isInside) {
      yield item;
    } else if (wasInside) {
      return;
    }
    wasInside = isInside;
  }
}

function page(
  input: Json, table: MemoryTable, items: Iterable<StoredItem>, filter: Condition | undefined, paths: readonly DocumentPath[] | undefined,
): string {
  flag(input, 'ConsistentRead', false);
  const limit = optionalCount(input, 'Limit') ?? Number.POSITIVE_INFINITY;
  const countsOnly = selectsCount(input, paths);
  const found: string[] = [];
  let count = 0;
  let scanned = 0;
  let bytes = 0;
  let previous: StoredItem | undefined;
  let last: StoredItem | undefined;
  for (const item of items) {
    bytes += item.bytes;
    if (bytes > PAGE_BYTES && previous !== undefined) {
      last = previous;
      break;
    }
    scanned++;
    previous = item;
    if (filter === undefined || holds(filter, attributesOf(item))) {
      count++;
      if (!countsOnly) {
        found.push(projectedJson(item, paths));
      }
    }
    if (scanned >= limit) {
      // The key is given where the limit is met, whether anything follows or not.
      last = item;
      break;
    }
  }
  const listed = countsOnly ? '' : `"Items":[${found.join(',')}],`;
  const next = last === undefined ? '' : `,"LastEvaluatedKey":${JSON.stringify(table.keys.keyOf(attributesOf(last)))}`;
  return `{${listed}"Count":${count},"ScannedCount":${scanned}${next}}`;
}

function selectsCount(input: Json, paths: readonly DocumentPath[] | undefined): boolean {
  const select = choice(input, 'Select', [paths === undefined ? 'ALL_ATTRIBUTES' : 'SPECIFIC_ATTRIBUTES', 'ALL_ATTRIBUTES', 'SPECIFIC_ATTRIBUTES', 'COUNT']);
  if ((select === 'SPECIFIC_ATTRIBUTES') !== (paths !== undefined)) {
    throw EngineError.validation(`Select of ${select} and ProjectionExpression do not go together`);
  }
  return select === 'COUNT';
}

function startPlace(input: Json, table: MemoryTable): ItemPlace | undefined {
  const key = optionalObject(input, 'ExclusiveStartKey');
  if (key === undefined) {
    return undefined;
  }
  try {
    return table.keys.placeOfKey(checkedItem(key) as Item);
  } catch (error) {
    throw error instanceof EngineError ? EngineError.validation(`The provided starting key is invalid: ${error.message}`) : error;
  }
}

function refuseKeyFilter(filter: Condition | undefined, table: MemoryTable): void {
  const path = filter && conditionPaths(filter).find(([name]) => table.keys.has(name));
  if (path !== undefined) {
    throw EngineError.validation(`Filter Expression can only contain non-primary key attributes: Primary key attribute: ${path[0]}`);
  }
}
