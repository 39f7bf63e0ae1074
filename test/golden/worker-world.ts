import type { KinesisStreamRecord, SQSRecord } from 'aws-lambda';
import type { Item } from '../../lambdas/runtime/aws/dynamodb';
import { AwsServiceError } from '../../lambdas/runtime/aws/errors';
import type { AwsCaller } from '../../lambdas/runtime/aws/json-client';
import { Logger } from '../../lambdas/runtime/observability/logger';
import type { Clock } from '../../lambdas/runtime/retry/clock';
import { MemoryTables } from '../support/memory-tables';
import type { WorkerVersion } from './worker-version';

/** When all samples are settled, in milliseconds since 1970. */
export const NOW = 1_780_000_000_000;
const REFUND_WAIT_SECONDS = 60;
const CONTEXT = { getRemainingTimeInMillis: () => 60_000 };

/** The tables and the queue that workers of all versions share while a new one is rolled out. */
export class WorkerWorld {
  public static async create(): Promise<WorkerWorld> {
    const world = new WorkerWorld();
    await world.tables.createTables('ledger', 'parking');
    return world;
  }

  /** Texts of the messages that were sent to the delay queue. */
  public readonly messages: string[] = [];
  public readonly tables = new MemoryTables();
  private now = NOW;
  private sequence = 0;

  public readonly clock: Clock = { now: () => this.now, sleep: async (milliseconds) => { this.now += milliseconds; } };

  private constructor() {}

  /** The payment worker of a version is given stream records. @returns how many it wants to be given again */
  public async settle(version: WorkerVersion, stream: readonly Uint8Array[]): Promise<number> {
    const handler = version.createPaymentWorkerHandler(this.portsOf(version));
    const records = stream.map((data) => this.delivered(data));
    const { batchItemFailures } = await handler({ Records: records }, CONTEXT);
    return batchItemFailures.length;
  }

  /** The refund worker of a version is given messages of the delay queue. @returns how many it wants to be given again */
  public async settleWaiting(version: WorkerVersion, messages: readonly string[]): Promise<number> {
    const handler = version.createRefundWorkerHandler(this.portsOf(version), { refundWaitSeconds: REFUND_WAIT_SECONDS });
    const records = messages.map((body, index) => ({
      messageId: `message-${index}`, body, eventSourceARN: 'arn:aws:sqs:eu-west-1:111122223333:refunds',
    }) as SQSRecord);
    const { batchItemFailures } = await handler({ Records: records }, CONTEXT);
    return batchItemFailures.length;
  }

  /** The time in which a refund waits for its payment passes. */
  public waitForRefunds(): void {
    this.now += 1_000 * REFUND_WAIT_SECONDS;
  }

  /** All items of a table, in the order of their keys. */
  public async items(table: 'ledger' | 'parking'): Promise<Item[]> {
    const { Items: items } = await this.tables.client.call<{ readonly Items: Item[] }>('Scan', { TableName: table });
    const keyOf = ({ pk, sk }: Item): string => `${pk.S} ${sk.S}`;
    return items.sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
  }

  /** What leaves a worker of a version. It knows errors by its own classes. */
  public clientOf(version: WorkerVersion): AwsCaller {
    return {
      call: async <Output>(operation: string, input: object): Promise<Output> => {
        try {
          return await this.tables.client.call<Output>(operation, input);
        } catch (error) {
          throw error instanceof AwsServiceError
            ? new version.AwsServiceError(error.code, error.statusCode, error.message.slice(error.code.length + 2), error.body)
            : error;
        }
      },
    };
  }

  private portsOf(version: WorkerVersion) {
    const dynamodb = this.clientOf(version);
    const retry = new version.RetryPolicy({ clock: this.clock });
    const sqs: AwsCaller = {
      call: async <Output>(_operation: string, input: object): Promise<Output> => {
        const { Entries: entries } = input as { readonly Entries: readonly { readonly Id: string; readonly MessageBody: string }[] };
        this.messages.push(...entries.map(({ MessageBody: body }) => body));
        return { Successful: entries.map(({ Id }) => ({ Id })) } as Output;
      },
    };
    return {
      ledger: new version.DynamoDbLedger({ dynamodb, tables: ['ledger'], directory: version.ShardDirectory.parse('{"default":1,"merchants":{}}'), retry }),
      parking: new version.DynamoDbParking({ dynamodb, table: 'parking', retry }),
      refundQueue: new version.SqsRefundQueue({ sqs, queueUrl: 'https://queue.example/refunds', retry }),
      metrics: { count: () => undefined, observe: () => undefined, flush: () => undefined },
      logger: new Logger({ write: () => undefined }),
      clock: this.clock,
    };
  }

  private delivered(data: Uint8Array): KinesisStreamRecord {
    const sequenceNumber = String(++this.sequence).padStart(20, '0');
    return {
      awsRegion: 'eu-west-1', eventName: 'aws:kinesis:record', eventSource: 'aws:kinesis', eventVersion: '1.0',
      invokeIdentityArn: 'arn:aws:iam::111122223333:role/worker', eventSourceARN: 'arn:aws:kinesis:eu-west-1:111122223333:stream/payments',
      eventID: `shardId-000000000000:${sequenceNumber}`,
      kinesis: {
        kinesisSchemaVersion: '1.0', partitionKey: 'p', sequenceNumber, approximateArrivalTimestamp: this.now / 1_000,
        data: Buffer.from(data).toString('base64'),
      },
    };
  }
}
