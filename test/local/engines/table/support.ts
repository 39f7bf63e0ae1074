import * as http from 'node:http';
import type { Item } from '../../../../local/engines/table/attribute-value';
import { type FrontPorts, MemoryTableEngine, type TableConfiguration, TableFront, type TableHostConfiguration } from '../../../../local/engines/table';

/** An answer as it came over HTTP. */
export interface HttpAnswer<Output> {
  readonly status: number;
  readonly body: Output;
}

/** A stream record as GetRecords gives it. */
export interface StreamRecord {
  readonly eventID: string;
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly dynamodb: {
    readonly ApproximateCreationDateTime: number;
    readonly Keys: Item;
    readonly NewImage?: Item;
    readonly OldImage?: Item;
    readonly SequenceNumber: string;
    readonly SizeBytes: number;
  };
}

export const STREAM_ARN = 'arn:aws:dynamodb:eu-west-1:111111111111:table/ledger/stream/2026-01-01T00:00:00.000';

/** A table `ledger` with keys `pk` and `sk`, a stream of 4 shards and limits that nothing reaches. */
export const LEDGER: TableConfiguration = {
  name: 'ledger',
  partitionKey: { name: 'pk', type: 'S' },
  sortKey: { name: 'sk', type: 'S' },
  streamArn: STREAM_ARN,
  streamShards: 4,
  writeUnitsPerSecond: 1e6,
  readUnitsPerSecond: 1e6,
  partitions: 4,
};

export function configurationOf(...tables: TableConfiguration[]): TableHostConfiguration {
  return { tables, limits: { partitionWriteUnits: 1e6, partitionReadUnits: 1e6, writeUnitBytes: 1024, readUnitBytes: 4096 } };
}

/** Calls a front in this process, without HTTP. Errors of the service are answers. */
export async function callFront<Output = Record<string, never>>(front: TableFront, operation: string, input: object): Promise<HttpAnswer<Output>> {
  const prefix = isStreamOperation(operation) ? 'DynamoDBStreams_20120810.' : 'DynamoDB_20120810.';
  const { status, body } = await front.handle(prefix + operation, Buffer.from(JSON.stringify(input)));
  return { status, body: JSON.parse(typeof body === 'string' ? body : Buffer.concat(body).toString()) };
}

/** A front with tables in memory, ready to be called. */
export async function memoryFront(configuration: TableHostConfiguration, ports: FrontPorts = {}): Promise<TableFront> {
  const engine = new MemoryTableEngine({ clock: ports.clock });
  for (const { name, partitionKey, sortKey } of configuration.tables) {
    const keys = sortKey ? [partitionKey, sortKey] : [partitionKey];
    await engine.call('CreateTable', JSON.stringify({
      TableName: name,
      AttributeDefinitions: keys.map((key) => ({ AttributeName: key.name, AttributeType: key.type })),
      KeySchema: keys.map((key, index) => ({ AttributeName: key.name, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
      BillingMode: 'PAY_PER_REQUEST',
    }));
  }
  return new TableFront(configuration, engine, ports);
}

function isStreamOperation(operation: string): boolean {
  return /^(?:ListStreams|DescribeStream|GetShardIterator|GetRecords)$/.test(operation);
}

/** Raw calls to a table host, without a client library in between. */
export class RawClient {
  private readonly agent = new http.Agent({ keepAlive: true });

  constructor(private readonly port: number) {}

  public call<Output = Record<string, never>>(target: string, input: object | string): Promise<HttpAnswer<Output>> {
    const body = typeof input === 'string' ? input : JSON.stringify(input);
    const prefix = isStreamOperation(target) ? 'DynamoDBStreams_20120810.' : 'DynamoDB_20120810.';
    return new Promise((resolve, reject) => {
      const request = http.request({
        host: '127.0.0.1', port: this.port, method: 'POST', agent: this.agent,
        headers: { 'X-Amz-Target': prefix + target, 'Content-Length': Buffer.byteLength(body) },
      }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  /** Everything that a stream holds, shard by shard, parents before their children. */
  public async readStream(streamArn = STREAM_ARN): Promise<StreamRecord[][]> {
    const described = await this.call<{ StreamDescription: { Shards: { ShardId: string }[] } }>('DescribeStream', { StreamArn: streamArn });
    return Promise.all(described.body.StreamDescription.Shards.map(async ({ ShardId }) => {
      const first = await this.call<{ ShardIterator: string }>('GetShardIterator', {
        StreamArn: streamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON',
      });
      const records: StreamRecord[] = [];
      for (let iterator: string | null = first.body.ShardIterator; iterator !== null;) {
        const page: { body: { Records: StreamRecord[]; NextShardIterator: string | null } } = await this.call('GetRecords', { ShardIterator: iterator });
        records.push(...page.body.Records);
        iterator = page.body.Records.length === 0 ? null : page.body.NextShardIterator;
      }
      return records;
    }));
  }

  public close(): void {
    this.agent.destroy();
  }
}

/** The table's content that a stream describes, by key. */
export function replay(shards: readonly (readonly StreamRecord[])[]): Map<string, Item> {
  const items = new Map<string, Item>();
  for (const record of shards.flat()) {
    const key = JSON.stringify(record.dynamodb.Keys);
    if (record.dynamodb.NewImage) {
      items.set(key, record.dynamodb.NewImage);
    } else {
      items.delete(key);
    }
  }
  return items;
}
