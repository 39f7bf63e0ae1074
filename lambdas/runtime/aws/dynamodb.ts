import type { AwsCaller } from './json-client';
import { chunksOf, forEachConcurrently } from './concurrency';
import { JsonWriter, type WritesJson } from './json-bytes';
import { KEYS_PER_CALL } from '../limits';

/** An attribute value in DynamoDB's JSON. Only the types that this runtime stores or reads. */
export interface AttributeValue {
  readonly S?: string;
  /** A number, as text. */
  readonly N?: string;
  /** Base64. */
  readonly B?: string;
  readonly BOOL?: boolean;
  readonly SS?: readonly string[];
  readonly L?: readonly AttributeValue[];
}

export type Item = Readonly<Record<string, AttributeValue>>;

/** A statement of a PartiQL batch. */
export interface Statement {
  readonly Statement: string;
  readonly Parameters: readonly AttributeValue[];
}

/** The answer to one statement of a PartiQL batch. */
export interface StatementResponse {
  readonly Error?: { readonly Code?: string; readonly Message?: string };
}

/** An entry of `CancellationReasons`, in the order of the transaction's items. */
export interface CancellationReason {
  /** `None` when this item was not in the way. */
  readonly Code?: string;
  readonly Message?: string;
  /** The item as it is, where the transaction asked for it. */
  readonly Item?: Item;
}

/** A table name as PartiQL wants it. @throws Error when it is no name of a DynamoDB table */
export function quotedTable(name: string): string {
  if (!/^[A-Za-z0-9_.-]{3,255}$/.test(name)) {
    throw new Error(`a table name must be 3 to 255 letters, digits, '_', '.' and '-', got: ${name}`);
  }
  return `"${name}"`;
}

/**
 * Runs statements that write, each of which succeeds or fails alone.
 *
 * @param statements 1 to 25, of different items
 * @returns answers in the same order
 */
export async function batchExecute(dynamodb: AwsCaller, statements: readonly Statement[]): Promise<readonly StatementResponse[]> {
  const output = await dynamodb.call<{ Responses?: StatementResponse[] }>('BatchExecuteStatement', new StatementBatch(statements));
  const responses = output.Responses ?? [];
  if (responses.length !== statements.length) {
    throw new Error(`BatchExecuteStatement answered ${responses.length} of ${statements.length} statements`);
  }
  return responses;
}

/** Different texts of statements that are remembered as JSON: there are few, as values are parameters. */
const MAXIMUM_REMEMBERED_STATEMENTS = 1_000;
const rememberedStatements = new Map<string, Buffer>();
// Written to and read synchronously, so that all batches share it.
const writer = new JsonWriter(32 * 1_024);

/** Input of `BatchExecuteStatement`. Its JSON is 25 times the same few texts and a dozen small objects: most of what a bulk insert costs. */
class StatementBatch implements WritesJson {
  public constructor(public readonly Statements: readonly Statement[]) {}

  public writeJson(): Uint8Array {
    const { Statements: statements } = this;
    writer.begin();
    writer.raw('{"Statements":[');
    for (let index = 0; index < statements.length; index++) {
      const { Statement: text, Parameters: parameters } = statements[index];
      if (index > 0) {
        writer.raw(',');
      }
      writer.rawBytes(statementStart(text));
      for (let position = 0; position < parameters.length; position++) {
        if (position > 0) {
          writer.raw(',');
        }
        writeValue(parameters[position]);
      }
      writer.raw(']}');
    }
    writer.raw(']}');
    return writer.end();
  }
}

/** `{"Statement":"…","Parameters":[` */
function statementStart(text: string): Buffer {
  let json = rememberedStatements.get(text);
  if (json === undefined) {
    json = Buffer.from(`{"Statement":${JSON.stringify(text)},"Parameters":[`);
    if (rememberedStatements.size < MAXIMUM_REMEMBERED_STATEMENTS) {
      rememberedStatements.set(text, json);
    }
  }
  return json;
}

function writeValue(value: AttributeValue): void {
  if (value.S !== undefined) {
    writer.raw('{"S":');
    writer.text(value.S);
    writer.raw('}');
  } else if (value.N !== undefined) {
    writer.raw('{"N":');
    writer.text(value.N);
    writer.raw('}');
  } else {
    writer.rawBytes(Buffer.from(JSON.stringify(value)));
  }
}

/** A key of a table whose partition key is `pk` and whose sort key is `sk`, both text. */
export interface TableKey {
  readonly table: string;
  readonly pk: string;
  readonly sk: string;
}

/** One text for a key: table names hold no line break and `sk` comes last, so different keys differ. */
export function keyText(table: string, pk: string, sk: string): string {
  return `${table}\n${pk.length}\n${pk}${sk}`;
}

/**
 * Reads items by key, consistently.
 *
 * @param keys different keys
 * @returns what is there, by `keyText`, and the keys that the service left unprocessed for lack of capacity
 */
export async function batchGet(dynamodb: AwsCaller, keys: readonly TableKey[], concurrency = 4): Promise<BatchGetResult> {
  const items = new Map<string, Item>();
  const unprocessed: TableKey[] = [];
  await forEachConcurrently(chunksOf(keys, KEYS_PER_CALL), concurrency, async (chunk) => {
    const requestItems: Record<string, { Keys: Item[]; ConsistentRead: true }> = {};
    for (const { table, pk, sk } of chunk) {
      (requestItems[table] ??= { Keys: [], ConsistentRead: true }).Keys.push({ pk: { S: pk }, sk: { S: sk } });
    }
    const output = await dynamodb.call<BatchGetItemOutput>('BatchGetItem', { RequestItems: requestItems });
    for (const [table, found] of Object.entries(output.Responses ?? {})) {
      for (const item of found) {
        items.set(keyText(table, item.pk.S ?? '', item.sk.S ?? ''), item);
      }
    }
    for (const [table, left] of Object.entries(output.UnprocessedKeys ?? {})) {
      for (const key of left.Keys) {
        unprocessed.push({ table, pk: key.pk.S ?? '', sk: key.sk.S ?? '' });
      }
    }
  });
  return { items, unprocessed };
}

export interface BatchGetResult {
  readonly items: ReadonlyMap<string, Item>;
  readonly unprocessed: readonly TableKey[];
}

interface BatchGetItemOutput {
  readonly Responses?: Record<string, Item[]>;
  readonly UnprocessedKeys?: Record<string, { readonly Keys: Item[] }>;
}
