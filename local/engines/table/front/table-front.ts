import { type Clock, wallClock } from '../clock';
import type { TableHostConfiguration } from '../configuration';
import { InvalidAttributeValueError } from '../item-image';
import { ItemLocks } from '../item-locks';
import { StatementCache } from '../partiql/statement-cache';
import { StreamOperations } from '../stream/stream-operations';
import { TableStream } from '../stream/table-stream';
import type { TableEngine } from '../table-engine';
import type { Answer } from './answer';
import { EngineAccess, LostAnswerError } from './engine-access';
import { type FrontCall, FrontContext, type Json } from './front-context';
import { ItemReadOperations } from './item-reads';
import { ItemWriteOperations } from './item-writes';
import { ServedTable } from './served-table';
import { ServiceError } from './service-error';
import { StatementOperations } from './statements';
import { StreamCutter } from './stream-cutter';
import { TransactionOperations } from './transactions';

const TABLE_PREFIX = 'DynamoDB_20120810.';
const STREAM_PREFIX = 'DynamoDBStreams_20120810.';

/** Counters of one table. */
export interface TableStatistics {
  /** Items that writes were let through for. */
  readonly writes: number;
  /** Items that reads were let through for; a query or scan counts once. */
  readonly reads: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  /** Writes that were over a limit; each item counts. */
  readonly throttledWrites: number;
  /** Reads that were over a limit; each item counts. */
  readonly throttledReads: number;
  /** Records that the table's stream got. */
  readonly streamRecords: number;
  /** Bytes of memory that the stream's records take. */
  readonly streamBytes: number;
}

/** Counters of the front. */
export interface FrontStatistics {
  readonly tables: { readonly [name: string]: TableStatistics };
  /** Reads and writes over a limit, of all tables. */
  readonly throttled: number;
  /** Answers of the engine that were lost. */
  readonly lostAnswers: number;
}

/**
 * Stands in front of a table engine and speaks for it: holds the limits that the service has and the engine has not, and cuts the tables'
 * streams from the writes that succeed. Every way to write passes here; one that is not known is refused by name.
 */
export class TableFront {
  private readonly tables: ReadonlyMap<string, ServedTable>;
  private readonly engine: EngineAccess;
  private readonly operations: ReadonlyMap<string, (call: FrontCall) => Answer | Promise<Answer>>;
  private readonly streams: StreamOperations;

  constructor(configuration: Pick<TableHostConfiguration, 'tables' | 'limits'>, engine: TableEngine, clock: Clock = wallClock) {
    let streams = 0;
    const tables = configuration.tables.map((table) => {
      const { streamArn: arn, streamShards: shards, name: tableName } = table;
      const stream = arn === undefined ? undefined : new TableStream({ arn, tableName, number: streams++, shards, clock });
      return new ServedTable(table, configuration.limits, clock, stream);
    });
    this.tables = new Map(tables.map((table) => [table.name, table]));
    this.engine = new EngineAccess(engine);
    this.streams = new StreamOperations(tables.flatMap(({ stream, keys }) => (stream ? [{ stream, keys }] : [])), clock);
    this.operations = operationsOf(
      new FrontContext(this.tables, this.engine, new StreamCutter(this.engine, new ItemLocks()), new StatementCache()),
    );
  }

  /**
   * Answers a call. Never throws for what a client or the engine did wrong.
   *
   * @param target the protocol's target, such as `DynamoDB_20120810.PutItem`.
   * @param body the call's JSON input.
   */
  public async handle(target: string, body: Buffer): Promise<Answer> {
    try {
      if (target.startsWith(STREAM_PREFIX)) {
        return this.streams.handle(target.slice(STREAM_PREFIX.length), parse(body));
      }
      const operation = target.startsWith(TABLE_PREFIX) ? target.slice(TABLE_PREFIX.length) : '';
      const serve = this.operations.get(operation);
      if (serve === undefined) {
        throw ServiceError.unknownOperation(operation || target);
      }
      return await serve({ operation, body, input: parse(body) });
    } catch (error) {
      return asServiceError(error).toAnswer();
    }
  }

  /** The counters as they are now. */
  public statistics(): FrontStatistics {
    const tables = [...this.tables.values()].map((table): [string, TableStatistics] => [table.name, {
      writes: table.itemsWritten,
      reads: table.itemsRead,
      writeUnits: table.writes.consumed,
      readUnits: table.reads.consumed,
      throttledWrites: table.writes.throttled,
      throttledReads: table.reads.throttled,
      streamRecords: table.stream?.records ?? 0,
      streamBytes: table.stream?.bytes ?? 0,
    }]);
    return {
      tables: Object.fromEntries(tables),
      throttled: tables.reduce((sum, [, table]) => sum + table.throttledWrites + table.throttledReads, 0),
      lostAnswers: this.engine.lostAnswers,
    };
  }
}

function operationsOf(context: FrontContext): ReadonlyMap<string, (call: FrontCall) => Answer | Promise<Answer>> {
  const statements = new StatementOperations(context);
  const writes = new ItemWriteOperations(context);
  const transactions = new TransactionOperations(context);
  const reads = new ItemReadOperations(context);
  return new Map<string, (call: FrontCall) => Answer | Promise<Answer>>([
    ['ExecuteStatement', (call) => statements.execute(call)],
    ['BatchExecuteStatement', (call) => statements.executeBatch(call)],
    ['PutItem', (call) => writes.write(call)],
    ['UpdateItem', (call) => writes.write(call)],
    ['DeleteItem', (call) => writes.write(call)],
    ['BatchWriteItem', (call) => writes.writeBatch(call)],
    ['TransactWriteItems', (call) => transactions.write(call)],
    ['TransactGetItems', (call) => transactions.read(call)],
    ['GetItem', (call) => reads.get(call)],
    ['BatchGetItem', (call) => reads.getBatch(call)],
    ['Query', (call) => reads.page(call)],
    ['Scan', (call) => reads.page(call)],
    ['DescribeTable', (call) => reads.describe(call)],
    ['DescribeTimeToLive', (call) => reads.describeTimeToLive(call)],
  ]);
}

function parse(body: Buffer): Json {
  let input: unknown;
  try {
    input = JSON.parse(body.toString());
  } catch {
    throw ServiceError.serialization();
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw ServiceError.serialization();
  }
  return input as Json;
}

function asServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) {
    return error;
  }
  if (error instanceof InvalidAttributeValueError) {
    return ServiceError.serialization(error.message);
  }
  if (error instanceof LostAnswerError) {
    return ServiceError.internal();
  }
  throw error;
}
