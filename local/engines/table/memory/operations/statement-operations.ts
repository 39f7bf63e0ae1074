import type { AttributeValue } from '../../attribute-value';
import { Facts } from '../../../../../lib/facts';
import { StatementSyntaxError } from '../../partiql/lexer';
import { EngineError } from '../engine-error';
import type { Condition } from '../expressions/condition';
import type { DocumentPath } from '../expressions/document-path';
import { holds } from '../expressions/evaluate';
import { flag, type Json, listMember, refuseOthers, textMember } from '../request';
import type { Statement, StatementOf } from '../statements/statement';
import { StatementCache } from '../../partiql/statement-cache';
import { parseStatement } from '../statements/statement-parser';
import {
  type BoundStatement, insertedItem, partitionOfWhere, placeOfWhere, returned, workOutDelete, workOutInsert, workOutUpdate,
} from '../statements/statement-plan';
import type { Database } from '../storage/database';
import type { ItemPlace } from '../storage/key-schema';
import type { MemoryTable } from '../storage/memory-table';
import { attributesOf, type StoredItem } from '../storage/stored-item';
import { checkedValue } from '../values/checked-value';
import { allItems } from './page-operations';
import { projectedJson } from './read-operations';
import { carryOut, type Write } from './write-plan';

const MAXIMUM_STATEMENTS = Facts.DEFAULT.number('dynamodb/batchStatement.maxStatements');
const BATCH_MEMBERS: ReadonlySet<string> = new Set(['Statements']);
const MEMBERS: ReadonlySet<string> = new Set(['Statement', 'Parameters', 'ConsistentRead']);
/** Item bytes that one SELECT reads; there is no second page. */
const SELECT_BYTES = 1024 * 1024;

/** ExecuteStatement and BatchExecuteStatement. */
export class StatementOperations {
  private readonly statements = new StatementCache(parseStatement);

  constructor(private readonly database: Database) {}

  /** @throws EngineError */
  public execute(input: Json): string {
    const read = this.read(input, 'ExecuteStatement');
    const table = this.database.table(read.statement.table);
    if (read.statement.kind === 'select') {
      return `{"Items":[${select({ ...read, statement: read.statement, table }).join(',')}]}`;
    }
    const json = locate(read, table).carryOut();
    return json === undefined ? '{}' : `{"Items":[${json}]}`;
  }

  /** Statements that read, or statements that write, each of which fails alone. @throws EngineError */
  public executeBatch(input: Json): string {
    refuseOthers(input, 'BatchExecuteStatement', BATCH_MEMBERS);
    const statements = listMember(input, 'Statements', MAXIMUM_STATEMENTS).map((member) => this.plan(member));
    refuseMixed(statements);
    refuseTwice(statements);
    return `{"Responses":[${statements.map(answer).join(',')}]}`;
  }

  /** A statement of a batch, ready to be carried out, or why it fails. @throws EngineError when the whole batch does */
  private plan(member: Json): BatchStatement {
    const parameters = readParameters(member, 'a statement of BatchExecuteStatement');
    let tableName: string | undefined;
    try {
      const read = this.parse(member, parameters);
      tableName = read.statement.table;
      return { tableName, isRead: read.statement.kind === 'select', located: locate(read, this.database.table(tableName)) };
    } catch (error) {
      return { tableName, error: asEngineError(error) };
    }
  }

  /** @throws EngineError */
  private read(member: Json, where: string): ReadStatement {
    return this.parse(member, readParameters(member, where));
  }

  /** @throws EngineError */
  private parse(member: Json, parameters: readonly AttributeValue[]): ReadStatement {
    let statement: Statement;
    try {
      statement = this.statements.statement(textMember(member, 'Statement'));
    } catch (error) {
      throw error instanceof StatementSyntaxError
        ? EngineError.validation(`Statement wasn't well formed, can't be processed: ${error.message}`)
        : error;
    }
    if (statement.parameters !== parameters.length) {
      throw EngineError.validation('Number of parameters in request and statement don\'t match.');
    }
    return { statement, parameters };
  }
}

interface ReadStatement {
  readonly statement: Statement;
  readonly parameters: readonly AttributeValue[];
}

/** A statement about one item. */
interface LocatedStatement {
  readonly table: MemoryTable;
  readonly place: ItemPlace;
  /** @returns what the statement answers with, as JSON. @throws EngineError */
  readonly carryOut: () => string | undefined;
}

type BatchStatement =
  | { readonly tableName: string; readonly isRead: boolean; readonly located: LocatedStatement }
  | { readonly tableName: string | undefined; readonly error: EngineError };

/** @throws EngineError when a member is not supported or a parameter not well formed */
function readParameters(member: Json, where: string): readonly AttributeValue[] {
  refuseOthers(member, where, MEMBERS);
  flag(member, 'ConsistentRead', false);
  const given = member.Parameters ?? [];
  if (!Array.isArray(given)) {
    throw EngineError.validation('Parameters must be a list');
  }
  return given.map((value) => checkedValue(value));
}

/** Finds out which item a statement is about. @throws EngineError when it names none */
function locate({ statement, parameters }: ReadStatement, table: MemoryTable): LocatedStatement {
  switch (statement.kind) {
    case 'insert': {
      const item = insertedItem({ statement, parameters, table });
      const place = table.keys.placeOf(item);
      return { table, place, carryOut: () => answered(workOutInsert(table, place, item)) };
    }
    case 'update': {
      const place = placeOfWhere({ statement, parameters, table });
      return { table, place, carryOut: () => answered(workOutUpdate({ statement, parameters, table }, place), statement) };
    }
    case 'delete': {
      const place = placeOfWhere({ statement, parameters, table });
      return { table, place, carryOut: () => answered(workOutDelete({ statement, parameters, table }, place), statement) };
    }
    case 'select': {
      const { where, paths } = statement;
      if (where === undefined) {
        throw EngineError.validation('Select statements within BatchExecuteStatement must specify the primary key in the where clause.');
      }
      const place = placeOfWhere({ statement: { where }, parameters, table });
      return { table, place, carryOut: () => selectOne(table.get(place), where, parameters, paths) };
    }
  }
}

function answer(planned: BatchStatement): string {
  const TableName = planned.tableName;
  let error: EngineError;
  if ('error' in planned) {
    ({ error } = planned);
  } else {
    try {
      const json = planned.located.carryOut();
      return `{"TableName":${JSON.stringify(TableName)}${json === undefined ? '' : `,"Item":${json}`}}`;
    } catch (thrown) {
      error = asEngineError(thrown);
    }
  }
  return JSON.stringify({ Error: { Code: error.statementCode, Message: error.message }, TableName });
}

function answered(write: Write, statement?: StatementOf<'update' | 'delete'>): string | undefined {
  carryOut(write);
  return statement && returned(statement, write);
}

/** The items that a SELECT finds, as JSON. @throws EngineError when they are more than one page */
function select({ statement, parameters, table }: BoundStatement<StatementOf<'select'>>): string[] {
  const { where, paths } = statement;
  const partition = where && partitionOfWhere(where, parameters, table);
  const found: string[] = [];
  let bytes = 0;
  for (const stored of partition === undefined ? allItems(table) : partitionItems(table, partition)) {
    bytes += stored.bytes;
    if (bytes > SELECT_BYTES) {
      throw EngineError.unsupported(`a SELECT that reads more than ${SELECT_BYTES} bytes, which takes NextToken`);
    }
    if (where === undefined || holds(where, attributesOf(stored), parameters)) {
      found.push(projectedJson(stored, paths));
    }
  }
  return found;
}

function *partitionItems(table: MemoryTable, partition: string): Generator<StoredItem> {
  for (const [, stored] of table.partitions.get(partition)?.from(undefined, true) ?? []) {
    yield stored;
  }
}

function selectOne(
  stored: StoredItem | undefined, where: Condition, parameters: readonly AttributeValue[], paths: readonly DocumentPath[] | undefined,
): string | undefined {
  return stored !== undefined && holds(where, attributesOf(stored), parameters) ? projectedJson(stored, paths) : undefined;
}

function refuseMixed(statements: readonly BatchStatement[]): void {
  const kinds = new Set(statements.flatMap((planned) => ('error' in planned ? [] : [planned.isRead])));
  if (kinds.size > 1) {
    throw EngineError.validation('Read and write requests together in the same batch is not supported.');
  }
}

function refuseTwice(statements: readonly BatchStatement[]): void {
  const seen = new Set<string>();
  for (const planned of statements) {
    if ('error' in planned) {
      continue;
    }
    const { table, place: { partition, sort } } = planned.located;
    const id = `${table.name}/${partition.length}/${partition}${sort}`;
    if (seen.has(id)) {
      throw EngineError.validation('Provided list of item keys contains duplicates');
    }
    seen.add(id);
  }
}

function asEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) {
    return error;
  }
  throw error;
}
