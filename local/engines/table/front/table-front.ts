import { timerSleep, wallClock } from '../clock';
import type { TableHostConfiguration } from '../configuration';
import { DroppedAnswerError, FaultInjector, type TableFaultCounts, type TableFaults } from '../faults';
import { InvalidAttributeValueError } from '../item-image';
import { ItemLocks } from '../item-locks';
import { parseStatement } from '../partiql/statement';
import { StatementCache } from '../partiql/statement-cache';
import { unseededRandom } from '../random-source';
import { StreamOperations } from '../stream/stream-operations';
import type { StreamShard } from '../stream/stream-shard';
import { TableStream } from '../stream/table-stream';
import type { TableEngine } from '../table-engine';
import type { Answer } from './answer';
import { EngineAccess, LostAnswerError } from './engine-access';
import { type FrontCall, FrontContext, type Json } from './front-context';
import type { FrontPorts } from './front-ports';
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
  /** Units per second that the table takes now: fewer than its own while a fault lowers them. */
  readonly writeUnitsPerSecond: number;
  readonly readUnitsPerSecond: number;
  readonly partitions: number;
  /** Writes that were over a limit; each item counts. */
  readonly throttledWrites: number;
  /** Reads that were over a limit; each item counts. */
  readonly throttledReads: number;
  /** Records that the table's stream got. */
  readonly streamRecords: number;
  /** Bytes of memory that the stream's records take. */
  readonly streamBytes: number;
  /** Bytes of the stream's records that lie in files. */
  readonly streamFileBytes: number;
  /** Shards of the stream that take records or still hold some. */
  readonly streamShards: readonly ShardStatistics[];
}

/** Counters of one shard of a table's stream. */
export interface ShardStatistics {
  readonly id: string;
  readonly open: boolean;
  /** Records, and their bytes, that the shard ever got. */
  readonly records: number;
  readonly bytes: number;
}

/** Counters of the front. */
export interface FrontStatistics {
  readonly tables: { readonly [name: string]: TableStatistics };
  /** Reads and writes over a limit, of all tables. */
  readonly throttled: number;
  /** Answers of the engine that were lost. */
  readonly lostAnswers: number;
  /** How often each fault was met. */
  readonly faults: TableFaultCounts;
}

/** An operation of the protocol. */
interface Operation {
  readonly serve: (call: FrontCall) => Answer | Promise<Answer>;
  /** Whether a call may change items. */
  readonly writes: (input: Json) => boolean;
}

/**
 * Stands in front of a table engine and speaks for it: holds the limits that the service has and the engine has not, and cuts the tables'
 * streams from the writes that succeed. Every way to write passes here; one that is not known is refused by name.
 */
export class TableFront {
  private readonly tables: ReadonlyMap<string, ServedTable>;
  private readonly engine: EngineAccess;
  private readonly operations: ReadonlyMap<string, Operation>;
  private readonly streams: StreamOperations;
  private readonly faults: FaultInjector;
  private rolledShards = 0;

  constructor(configuration: Pick<TableHostConfiguration, 'tables' | 'limits'>, engine: TableEngine, ports: FrontPorts = {}) {
    const { clock = wallClock, sleep = timerSleep, random = unseededRandom, spill } = ports;
    let streams = 0;
    const tables = configuration.tables.map((table) => {
      const { streamArn: arn, streamShards: shards, name: tableName } = table;
      const stream = arn === undefined ? undefined : new TableStream({ arn, tableName, number: streams++, shards, clock, random, spill });
      return new ServedTable(table, configuration.limits, clock, stream);
    });
    this.faults = new FaultInjector(random);
    this.tables = new Map(tables.map((table) => [table.name, table]));
    this.engine = new EngineAccess(engine, sleep);
    this.streams = new StreamOperations(tables.flatMap(({ stream, keys }) => (stream ? [{ stream, keys }] : [])), clock, this.faults);
    const cutter = new StreamCutter(this.engine, new ItemLocks(), sleep);
    this.operations = operationsOf(new FrontContext(this.tables, this.engine, cutter, new StatementCache(parseStatement), this.faults));
    this.setFaults(ports.faults ?? {});
  }

  /**
   * Replaces all faults; what is absent is switched off. A limit that is lowered already stays as it is while its factor does.
   *
   * @throws Error naming a value that is out of range.
   */
  public setFaults(faults: TableFaults): void {
    const { throttleFactor } = this.faults.current;
    this.faults.set(faults);
    if (faults.throttleFactor === throttleFactor) {
      return;
    }
    for (const { writes } of this.tables.values()) {
      writes.restore();
      if (faults.throttleFactor !== undefined) {
        writes.lower(faults.throttleFactor);
      }
    }
  }

  /** Rolls one shard of every stream: it is closed, and a child goes on. @returns the number of shards that were closed */
  public rollStreamShards(): number {
    const streams = [...this.tables.values()].flatMap(({ stream }) => stream ?? []);
    streams.forEach((stream) => stream.rollShard());
    this.rolledShards += streams.length;
    return streams.length;
  }

  /**
   * Answers a call. What a client or the engine did wrong is an answer too.
   *
   * @param target the protocol's target, such as `DynamoDB_20120810.PutItem`.
   * @param body the call's JSON input.
   * @throws DroppedAnswerError for a write that was carried out and whose answer the fault `lostAnswers` takes away.
   */
  public async handle(target: string, body: Buffer): Promise<Answer> {
    try {
      if (target.startsWith(STREAM_PREFIX)) {
        return this.streams.handle(target.slice(STREAM_PREFIX.length), parse(body));
      }
      const operation = target.startsWith(TABLE_PREFIX) ? target.slice(TABLE_PREFIX.length) : '';
      const served = this.operations.get(operation);
      if (served === undefined) {
        throw ServiceError.unknownOperation(operation || target);
      }
      const input = parse(body);
      const answer = await served.serve({ operation, body, input });
      if (answer.status === 200 && served.writes(input) && this.faults.dropsAnswer()) {
        throw new DroppedAnswerError();
      }
      return answer;
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
      writeUnitsPerSecond: table.writes.unitsPerSecond,
      readUnitsPerSecond: table.reads.unitsPerSecond,
      partitions: table.configuration.partitions,
      throttledWrites: table.writes.throttled,
      throttledReads: table.reads.throttled,
      streamRecords: table.stream?.records ?? 0,
      streamBytes: table.stream?.bytes ?? 0,
      streamFileBytes: table.stream?.fileBytes ?? 0,
      streamShards: table.stream?.shards.map(shardStatistics) ?? [],
    }]);
    return {
      tables: Object.fromEntries(tables),
      throttled: tables.reduce((sum, [, table]) => sum + table.throttledWrites + table.throttledReads, 0),
      lostAnswers: this.engine.lostAnswers,
      faults: {
        ...this.faults.counts,
        rolledShards: this.rolledShards,
        throttledByFault: [...this.tables.values()].reduce((sum, { writes }) => sum + writes.throttledWhileLowered, 0),
      },
    };
  }
}

function shardStatistics({ id, closedAt, log }: StreamShard): ShardStatistics {
  return { id, open: closedAt === undefined, records: log.next, bytes: log.written };
}

function operationsOf(context: FrontContext): ReadonlyMap<string, Operation> {
  const statements = new StatementOperations(context);
  const writes = new ItemWriteOperations(context);
  const transactions = new TransactionOperations(context);
  const reads = new ItemReadOperations(context);
  const reading = (serve: Operation['serve']): Operation => ({ serve, writes: () => false });
  const writing = (serve: Operation['serve']): Operation => ({ serve, writes: () => true });
  return new Map<string, Operation>([
    ['ExecuteStatement', { serve: (call) => statements.execute(call), writes: isWritingStatement }],
    ['BatchExecuteStatement', { serve: (call) => statements.executeBatch(call), writes: (input) => (input.Statements as Json[]).some(isWritingStatement) }],
    ['PutItem', writing((call) => writes.write(call))],
    ['UpdateItem', writing((call) => writes.write(call))],
    ['DeleteItem', writing((call) => writes.write(call))],
    ['BatchWriteItem', writing((call) => writes.writeBatch(call))],
    ['TransactWriteItems', writing((call) => transactions.write(call))],
    ['TransactGetItems', reading((call) => transactions.read(call))],
    ['GetItem', reading((call) => reads.get(call))],
    ['BatchGetItem', reading((call) => reads.getBatch(call))],
    ['Query', reading((call) => reads.page(call))],
    ['Scan', reading((call) => reads.page(call))],
    ['DescribeTable', reading((call) => reads.describe(call))],
    ['DescribeTimeToLive', reading((call) => reads.describeTimeToLive(call))],
  ]);
}

/** Every statement that the front lets through writes, unless it is a SELECT. */
function isWritingStatement({ Statement: text }: Json): boolean {
  return !/^\s*SELECT\b/i.test(String(text));
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
