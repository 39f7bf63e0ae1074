import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Shard {
  readonly id: string;
  readonly parent: string | undefined;
  readonly records: object[];
  closed: boolean;
}

interface Call {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly headers: NodeJS.Dict<string | string[]>;
}

/** An API of table streams over HTTP, as far as a mapping uses it, with faults on demand. */
export class FakeTableStream {
  readonly calls: Call[] = [];
  /** Answers the next calls of an operation with these errors. */
  readonly errors: { readonly operation: string; readonly code: string }[] = [];
  private readonly shards: Shard[] = [];
  private lastSequenceNumber = 0;
  private server: Server | undefined;

  async start(): Promise<string> {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const [prefix, operation] = String(request.headers['x-amz-target']).split('.');
        const input = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
        this.calls.push({ operation, input, headers: request.headers });
        const fault = this.errors.findIndex((error) => error.operation === operation);
        if (prefix !== 'DynamoDBStreams_20120810' || fault >= 0) {
          const [{ code }] = fault >= 0 ? this.errors.splice(fault, 1) : [{ code: 'UnknownOperationException' }];
          response.writeHead(400).end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, message: 'planned' }));
          return;
        }
        response.writeHead(200).end(JSON.stringify(this.answer(operation, input)));
      });
    });
    await new Promise<void>((resolve) => this.server!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server!.close(() => resolve());
      this.server!.closeAllConnections();
    });
  }

  addShard(id: string, parent?: string): void {
    this.shards.push({ id, parent, records: [], closed: false });
  }

  close(id: string): void {
    this.shard(id).closed = true;
  }

  put(shardId: string, key: string, eventName = 'INSERT'): void {
    this.lastSequenceNumber += 1;
    this.shard(shardId).records.push({
      eventID: `event-${this.lastSequenceNumber}`,
      eventName,
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'eu-west-1',
      dynamodb: {
        ApproximateCreationDateTime: 1_800_000_000,
        Keys: { pk: { S: key } },
        NewImage: { pk: { S: key }, amount: { N: '5' } },
        SequenceNumber: String(this.lastSequenceNumber).padStart(21, '0'),
        SizeBytes: 10,
        StreamViewType: 'NEW_IMAGE',
      },
    });
  }

  /** Calls of an operation so far. */
  count(operation: string): number {
    return this.calls.filter((call) => call.operation === operation).length;
  }

  private answer(operation: string, input: Readonly<Record<string, unknown>>): object {
    switch (operation) {
      case 'DescribeStream': {
        // One shard a page, so that paging is part of every test.
        const next = this.shards.findIndex((shard) => shard.id === input.ExclusiveStartShardId) + 1;
        const page = this.shards.slice(next, next + 1);
        return {
          StreamDescription: {
            Shards: page.map((shard) => ({
              ShardId: shard.id,
              ...(shard.parent !== undefined && { ParentShardId: shard.parent }),
              SequenceNumberRange: { StartingSequenceNumber: '0', ...(shard.closed && { EndingSequenceNumber: '9' }) },
            })),
            ...(next + 1 < this.shards.length && { LastEvaluatedShardId: page[0].id }),
          },
        };
      }
      case 'GetShardIterator': {
        const { records } = this.shard(String(input.ShardId));
        const numbers = records.map((record) => (record as { dynamodb: { SequenceNumber: string } }).dynamodb.SequenceNumber);
        const start = input.ShardIteratorType === 'LATEST' ? records.length
          : input.ShardIteratorType === 'AFTER_SEQUENCE_NUMBER' ? numbers.indexOf(String(input.SequenceNumber)) + 1 : 0;
        return { ShardIterator: JSON.stringify([input.ShardId, start]) };
      }
      default: {
        const [shardId, start] = JSON.parse(String(input.ShardIterator)) as [string, number];
        const { records, closed } = this.shard(shardId);
        const found = records.slice(start, start + Number(input.Limit));
        const end = start + found.length;
        return { Records: found, ...(!(closed && end === records.length) && { NextShardIterator: JSON.stringify([shardId, end]) }) };
      }
    }
  }

  private shard(id: string): Shard {
    return this.shards.find((shard) => shard.id === id)!;
  }
}
