import { type Clock, wallClock } from '../clock';
import type { EngineAnswer, TableEngine } from '../table-engine';
import { EngineError } from './engine-error';
import { PageOperations } from './operations/page-operations';
import { ReadOperations } from './operations/read-operations';
import { StatementOperations } from './operations/statement-operations';
import { TableOperations } from './operations/table-operations';
import { TransactionOperations } from './operations/transaction-operations';
import { WriteOperations } from './operations/write-operations';
import { isObject, type Json } from './request';
import { Database } from './storage/database';

export interface MemoryTableEngineProps {
  /**
   * Tells for how long the client token of a transaction has been known, and when a table was created.
   *
   * @default - the machine's clock
   */
  readonly clock?: Clock;
}

/**
 * Tables in the memory of this process, in the DynamoDB JSON protocol.
 *
 * A call is carried out before it returns: no timers, no randomness and no call between two others, so the same calls make the same
 * answers. What it does not support it refuses by name, with a `ValidationException`; nothing is ignored.
 */
export class MemoryTableEngine implements TableEngine {
  public readonly title = 'in-memory table of this kit';
  private readonly operations: ReadonlyMap<string, (input: Json) => string>;

  constructor(props: MemoryTableEngineProps = {}) {
    this.operations = operationsOf(new Database(), props.clock ?? wallClock);
  }

  public async call(operation: string, body: Buffer | string): Promise<EngineAnswer> {
    try {
      const carryOut = this.operations.get(operation);
      if (carryOut === undefined) {
        throw EngineError.unknownOperation(operation);
      }
      return { status: 200, body: carryOut(parse(body)) };
    } catch (error) {
      if (error instanceof EngineError) {
        return error.toAnswer();
      }
      throw error;
    }
  }

  /** Holds nothing that outlives it. */
  public async close(): Promise<void> {
    await Promise.resolve();
  }
}

function operationsOf(database: Database, clock: Clock): ReadonlyMap<string, (input: Json) => string> {
  const tables = new TableOperations(database, clock);
  const writes = new WriteOperations(database);
  const reads = new ReadOperations(database);
  const pages = new PageOperations(database);
  const transactions = new TransactionOperations(database, clock);
  const statements = new StatementOperations(database);
  return new Map<string, (input: Json) => string>([
    ['CreateTable', (input) => tables.create(input)],
    ['DescribeTable', (input) => tables.describe(input)],
    ['DescribeTimeToLive', (input) => tables.describeTimeToLive(input)],
    ['ListTables', (input) => tables.list(input)],
    ['PutItem', (input) => writes.put(input)],
    ['UpdateItem', (input) => writes.update(input)],
    ['DeleteItem', (input) => writes.delete(input)],
    ['BatchWriteItem', (input) => writes.writeBatch(input)],
    ['GetItem', (input) => reads.get(input)],
    ['BatchGetItem', (input) => reads.getBatch(input)],
    ['Query', (input) => pages.query(input)],
    ['Scan', (input) => pages.scan(input)],
    ['TransactWriteItems', (input) => transactions.write(input)],
    ['TransactGetItems', (input) => transactions.read(input)],
    ['ExecuteStatement', (input) => statements.execute(input)],
    ['BatchExecuteStatement', (input) => statements.executeBatch(input)],
  ]);
}

function parse(body: Buffer | string): Json {
  let input: unknown;
  try {
    input = JSON.parse(body.toString());
  } catch {
    throw EngineError.serialization('The body is not JSON');
  }
  if (!isObject(input)) {
    throw EngineError.serialization('The body is not a JSON object');
  }
  return input;
}
