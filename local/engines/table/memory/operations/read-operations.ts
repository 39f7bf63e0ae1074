import type { Item } from '../../attribute-value';
import { Facts } from '../../../../../lib/facts';
import { EngineError } from '../engine-error';
import type { DocumentPath } from '../expressions/document-path';
import { parseProjection, project } from '../expressions/projection';
import { flag, type Json, listMember, objectMember, refuseOthers, textMember } from '../request';
import type { Database } from '../storage/database';
import type { ItemPlace } from '../storage/key-schema';
import type { MemoryTable } from '../storage/memory-table';
import { attributesOf, type StoredItem } from '../storage/stored-item';
import { checkedItem } from '../values/checked-value';
import { expressionsOf } from './expressions-of';

const GET_MEMBERS: ReadonlySet<string> = new Set(['TableName', 'Key', 'ConsistentRead', 'ProjectionExpression', 'ExpressionAttributeNames']);
const BATCH_MEMBERS: ReadonlySet<string> = new Set(['Keys', 'ConsistentRead', 'ProjectionExpression', 'ExpressionAttributeNames']);
const MAXIMUM_BATCH_KEYS = Facts.DEFAULT.number('dynamodb/batchGet.maxItems');
/** What one answer may hold; the rest is left unprocessed. Source: BatchGetItem in the DynamoDB API reference. */
const MAXIMUM_BATCH_BYTES = 16 * 1024 * 1024;

/** GetItem and BatchGetItem. Every read is consistent: there is one copy. */
export class ReadOperations {
  constructor(private readonly database: Database) {}

  /** @throws EngineError */
  public get(input: Json): string {
    refuseOthers(input, 'GetItem', GET_MEMBERS);
    flag(input, 'ConsistentRead', false);
    return itemAnswer(planRead(this.database, input));
  }

  /** @throws EngineError */
  public getBatch(input: Json): string {
    refuseOthers(input, 'BatchGetItem', new Set(['RequestItems']));
    const requestItems = objectMember(input, 'RequestItems');
    const requests = Object.keys(requestItems).map((name) => this.readRequest(name, objectMember(requestItems, name)));
    const keys = requests.reduce((sum, { places }) => sum + places.length, 0);
    if (keys === 0 || keys > MAXIMUM_BATCH_KEYS) {
      throw EngineError.validation(`Too many items requested for the BatchGetItem call: it takes 1 to ${MAXIMUM_BATCH_KEYS}`);
    }
    let bytes = 0;
    const unprocessed: Record<string, Json> = {};
    const responses = requests.map(({ name, request, places, paths }) => {
      const found: string[] = [];
      for (const { key, place } of places) {
        const stored = this.database.table(name).get(place);
        bytes += stored?.bytes ?? 0;
        if (bytes > MAXIMUM_BATCH_BYTES) {
          const left = (unprocessed[name]?.Keys ?? []) as readonly Item[];
          unprocessed[name] = { ...request, Keys: [...left, key] };
        } else if (stored !== undefined) {
          found.push(projectedJson(stored, paths));
        }
      }
      return `${JSON.stringify(name)}:[${found.join(',')}]`;
    });
    return `{"Responses":{${responses.join(',')}},"UnprocessedKeys":${JSON.stringify(unprocessed)}}`;
  }

  private readRequest(name: string, request: Json): KeysOfTable {
    refuseOthers(request, `RequestItems.${name} of BatchGetItem`, BATCH_MEMBERS);
    flag(request, 'ConsistentRead', false);
    const table = this.database.table(name);
    const places = listMember(request, 'Keys', MAXIMUM_BATCH_KEYS).map((key) => ({ key: key as Item, place: table.keys.placeOfKey(checkedItem(key)) }));
    if (new Set(places.map(({ place }) => JSON.stringify([place.partition, place.sort]))).size < places.length) {
      throw EngineError.validation('Provided list of item keys contains duplicates');
    }
    return { name, request, places, paths: expressionsOf(request, { ProjectionExpression: parseProjection }).ProjectionExpression };
  }
}

/** What a batch reads of one table. */
interface KeysOfTable {
  readonly name: string;
  readonly request: Json;
  readonly places: readonly { readonly key: Item; readonly place: ItemPlace }[];
  readonly paths: readonly DocumentPath[] | undefined;
}

/** One item that is read, and the parts of it that are wanted; all of it where there are no paths. */
export interface ReadPlan {
  readonly table: MemoryTable;
  readonly place: ItemPlace;
  readonly paths: readonly DocumentPath[] | undefined;
}

/** Reads the members of GetItem or of a transaction's Get. @throws EngineError */
export function planRead(database: Database, input: Json): ReadPlan {
  const table = database.table(textMember(input, 'TableName'));
  const place = table.keys.placeOfKey(checkedItem(objectMember(input, 'Key')));
  return { table, place, paths: expressionsOf(input, { ProjectionExpression: parseProjection }).ProjectionExpression };
}

/** `{"Item":…}`, or `{}` where nothing is. */
export function itemAnswer({ table, place, paths }: ReadPlan): string {
  const stored = table.get(place);
  return stored === undefined ? '{}' : `{"Item":${projectedJson(stored, paths)}}`;
}

/** An item as JSON, or the parts of it that stand at some paths. */
export function projectedJson(stored: StoredItem, paths: readonly DocumentPath[] | undefined): string {
  return paths === undefined ? stored.json : JSON.stringify(project(attributesOf(stored), paths));
}
