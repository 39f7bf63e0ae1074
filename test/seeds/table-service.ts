import { AwsServiceError } from '../../lambdas/runtime/aws/errors';
import type { Item } from '../../lambdas/runtime/aws/dynamodb';
import { LocalAwsError } from '../../local/aws/local-aws-client';
import type { EngineAnswer, TableConfiguration, TableEngine } from '../../local/engines/table';
import { DroppedAnswerError, type TableFaults } from '../../local/engines/table/faults';
import { TableFront } from '../../local/engines/table/front/table-front';
import { MemoryTableEngine } from '../../local/engines/table/memory';
import type { ServiceClient } from '../../local/event-sources/service-client';
import { POISON_KEY_PREFIX } from '../../local/faults';
import type { SeededRandom } from '../../local/random/seeded-random';
import { ConnectionLost } from './simulated-process';
import type { Strike, StrikeCounts } from './strikes';
import type { VirtualTime } from './virtual-time';

export const BALANCE_TABLE = 'balances';
export const PARKING_TABLE = 'parking';
/** Ends of the archive's chains. */
export const HEAD_TABLE = 'archive-heads';

/** What a table and each of its partitions take in a second. */
const TABLE_UNITS = 4_000;
const PARTITION_UNITS = 1_000;

interface StreamDescription {
  readonly Shards?: readonly { readonly ShardId: string; readonly ParentShardId?: string }[];
  readonly LastEvaluatedShardId?: string | null;
}

/** A record of a table stream. */
export interface ChangeRecord {
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly dynamodb: { readonly SequenceNumber: string; readonly Keys: Item; readonly NewImage?: Item; readonly OldImage?: Item;
    /** Seconds since 1970. */ readonly ApproximateCreationDateTime: number };
}

export interface TableServiceProps {
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  readonly strike: Strike;
  readonly ledgerTables: number;
  readonly streamShards: number;
}

/** The real front over the engine in memory, behind a network that fails. */
export class TableService {
  readonly ledgerTables: readonly string[];
  unavailable = false;
  lostEngineAnswers = 0;
  private readonly front: TableFront;
  private readonly engine: MemoryTableEngine;
  private readonly time: VirtualTime;
  private readonly random: SeededRandom;
  private readonly strike: Strike;
  private faults: TableFaults = {};

  constructor(props: TableServiceProps) {
    this.time = props.time;
    this.random = props.random;
    this.strike = props.strike;
    this.engine = new MemoryTableEngine({ clock: () => props.time.now() });
    this.ledgerTables = Array.from({ length: props.ledgerTables }, (_, index) => `ledger-${index}`);
    const engine: TableEngine = { title: 'memory', call: (operation, body) => this.callEngine(operation, body), close: () => this.engine.close() };
    const limits = { partitionWriteUnits: PARTITION_UNITS, partitionReadUnits: 3 * PARTITION_UNITS, writeUnitBytes: 1024, readUnitBytes: 4096 };
    const tables = [
      ...this.ledgerTables.map((name) => tableOf(name, props.streamShards)),
      tableOf(BALANCE_TABLE),
      tableOf(PARKING_TABLE),
      tableOf(HEAD_TABLE),
    ];
    this.front = new TableFront({ tables, limits }, engine, {
      clock: () => this.time.now(),
      sleep: (milliseconds) => this.time.sleep(milliseconds),
      random: this.random,
    });
    this.changeFaults({});
  }

  async createTables(): Promise<void> {
    for (const name of [...this.ledgerTables, BALANCE_TABLE, PARKING_TABLE, HEAD_TABLE]) {
      await this.engine.call('CreateTable', JSON.stringify({
        TableName: name,
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }, { AttributeName: 'sk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
        BillingMode: 'PAY_PER_REQUEST',
      }));
    }
  }

  streamArn(table: string): string {
    return arnOf(table);
  }

  /** Switches faults of the front on or, where undefined, off. The ledger never stores keys that begin with the prefix of poison. */
  changeFaults(faults: TableFaults): void {
    this.faults = { ...this.faults, ...faults, unstorable: { tables: this.ledgerTables, keyPrefix: POISON_KEY_PREFIX } };
    this.front.setFaults(this.faults);
  }

  rollStreamShards(): void {
    this.front.rollStreamShards();
  }

  /** @throws AwsServiceError, ConnectionLost */
  async serve(operation: string, input: object): Promise<object> {
    if (this.unavailable) {
      this.strike('table-unavailable (calls)');
      throw new AwsServiceError('InternalServerError', 500, '');
    }
    const { status, text } = await this.handle(`DynamoDB_20120810.${operation}`, input);
    const output = JSON.parse(text) as Record<string, unknown>;
    if (status !== 200) {
      throw new AwsServiceError(codeOf(output), status, String(output.message ?? ''), output);
    }
    return output;
  }

  /** Strikes that the front has counted itself. */
  get strikes(): StrikeCounts {
    const { throttledByFault, lostAnswers, rolledShards, expiredIterators } = this.front.statistics().faults;
    return {
      'throttle-table': throttledByFault,
      'lost-answers (tables)': lostAnswers,
      'roll-table-shards': rolledShards,
      'expire-iterators (tables)': expiredIterators,
    };
  }

  /** What a poller calls: the tables' streams, over the network. */
  readonly polled: ServiceClient = {
    call: async <Output>(operation: string, input: object): Promise<Output> => {
      if (this.unavailable) {
        this.strike('table-unavailable (stream reads)');
        throw new LocalAwsError('InternalServerError', '', 500);
      }
      return this.streams.call<Output>(operation, input);
    },
  };

  /** The API of the tables' streams. */
  readonly streams: ServiceClient = {
    call: async <Output>(operation: string, input: object): Promise<Output> => {
      const { status, text } = await this.handle(`DynamoDBStreams_20120810.${operation}`, input);
      const output = JSON.parse(text) as Record<string, unknown>;
      if (status !== 200) {
        throw new LocalAwsError(codeOf(output), String(output.message ?? ''), status);
      }
      return output as Output;
    },
  };

  /** Every item of a table, as the engine holds it, past all faults. */
  async items(table: string): Promise<Item[]> {
    const items: Item[] = [];
    let start: Item | undefined;
    do {
      const { body } = await this.engine.call('Scan', JSON.stringify({ TableName: table, ConsistentRead: true, ...(start && { ExclusiveStartKey: start }) }));
      const page = JSON.parse(body) as { Items: Item[]; LastEvaluatedKey?: Item };
      items.push(...page.Items);
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return items;
  }

  /** Shards of a table's stream with their parents, closed ones included. */
  async shards(table: string): Promise<{ readonly id: string; readonly parent: string | undefined }[]> {
    const shards: { id: string; parent: string | undefined }[] = [];
    let after: string | undefined;
    do {
      const input = { StreamArn: arnOf(table), ...(after !== undefined && { ExclusiveStartShardId: after }) };
      const { StreamDescription: description } = await this.streams.call<{ StreamDescription: StreamDescription }>('DescribeStream', input);
      shards.push(...(description.Shards ?? []).map(({ ShardId: id, ParentShardId: parent }) => ({ id, parent })));
      after = description.LastEvaluatedShardId ?? undefined;
    } while (after !== undefined);
    return shards;
  }

  /** Records of a shard of a table's stream behind a sequence number. */
  async changes(table: string, shard: string, after: string | undefined): Promise<ChangeRecord[]> {
    const records: ChangeRecord[] = [];
    const { expiredIterators } = this.faults;
    this.front.setFaults({ ...this.faults, expiredIterators: undefined });
    let { ShardIterator: iterator } = await this.streams.call<{ ShardIterator?: string | null }>('GetShardIterator', {
      StreamArn: arnOf(table),
      ShardId: shard,
      ...(after === undefined ? { ShardIteratorType: 'TRIM_HORIZON' } : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: after }),
    });
    while (iterator != null) {
      const page: { Records?: ChangeRecord[]; NextShardIterator?: string | null } = await this.streams.call('GetRecords', { ShardIterator: iterator });
      records.push(...(page.Records ?? []));
      iterator = (page.Records ?? []).length === 0 ? undefined : page.NextShardIterator;
    }
    this.front.setFaults({ ...this.faults, expiredIterators });
    return records;
  }

  private async callEngine(operation: string, body: Buffer | string): Promise<EngineAnswer> {
    await this.time.sleep(this.random.next() * 4);
    const answer = await this.engine.call(operation, body);
    if (this.random.next() < this.lostEngineAnswers) {
      this.strike('lost-engine-answers');
      throw new Error('the engine gave no answer');
    }
    return answer;
  }

  private async handle(target: string, input: object): Promise<{ status: number; text: string }> {
    try {
      const { status, body } = await this.front.handle(target, Buffer.from(JSON.stringify(input)));
      return { status, text: typeof body === 'string' ? body : Buffer.concat(body as Buffer[]).toString() };
    } catch (error) {
      throw error instanceof DroppedAnswerError ? new ConnectionLost() : error;
    }
  }
}

function tableOf(name: string, streamShards?: number): TableConfiguration {
  return {
    name,
    partitionKey: { name: 'pk', type: 'S' },
    sortKey: { name: 'sk', type: 'S' },
    ...(streamShards !== undefined && { streamArn: arnOf(name) }),
    streamShards: streamShards ?? 1,
    writeUnitsPerSecond: TABLE_UNITS,
    readUnitsPerSecond: 3 * TABLE_UNITS,
    partitions: TABLE_UNITS / PARTITION_UNITS,
  };
}

function arnOf(table: string): string {
  return `arn:aws:dynamodb:us-east-1:000000000000:table/${table}/stream/2023-11-14T00:00:00.000`;
}

function codeOf(output: Record<string, unknown>): string {
  const type = String(output.__type);
  return type.slice(type.lastIndexOf('#') + 1);
}
