import type { DynamoDBRecord } from 'aws-lambda';
import { AuditArchiver } from '../../../../lambdas/runtime/archive/audit-archiver';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { ManualClock } from '../support/manual-clock';
import { RecordedMetrics, recordedLogger } from '../support/silent';
import { insertRecord } from '../support/stream-records';
import { MemoryHeads, MemoryObjectStore } from './memory-archive';

export const SOURCE = {
  stream: 'arn:aws:dynamodb:eu-west-1:111122223333:table/ledger/stream/1', shard: 'shardId-00000001414576573621-f55eea83',
};
export const OTHER_SOURCE = { ...SOURCE, shard: 'shardId-00000001414576573622-aaaaaaaa' };

/** Time of the first change, in seconds: 2023-11-14 22:13:20 UTC. */
export const START = 1_700_000_000;

/** The new row of a payment, `number` seconds after the start. */
export function paymentRecord(number: number, merchantId = `m${number % 3}`, amount = 100 + number): DynamoDBRecord {
  return at(insertRecord(String(10_000 + number), merchantId, 'payment', amount), number);
}

export function refundRecord(number: number, merchantId: string, amount: number, refundOf: string): DynamoDBRecord {
  const record = at(insertRecord(String(10_000 + number), merchantId, 'refund', amount), number);
  record.dynamodb!.NewImage!.refundOf = { S: refundOf };
  return record;
}

/** The new row of a hold, a release or a settle. */
export function movementRecord(number: number, merchantId: string, type: string, amount: number, holdOf?: string): DynamoDBRecord {
  const record = at(insertRecord(String(10_000 + number), merchantId, type, amount), number);
  if (holdOf !== undefined) {
    record.dynamodb!.NewImage!.holdOf = { S: holdOf };
  }
  return record;
}

/** What is left to refund of a payment falls. */
export function refundableRecord(number: number, payment: DynamoDBRecord, from: number, to: number): DynamoDBRecord {
  const image = payment.dynamodb!.NewImage!;
  return {
    eventName: 'MODIFY',
    dynamodb: {
      SequenceNumber: String(10_000 + number),
      ApproximateCreationDateTime: START + number,
      OldImage: { ...image, refundable: { N: String(from) } },
      NewImage: { ...image, refundable: { N: String(to) } },
    },
  };
}

function at(record: DynamoDBRecord, second: number): DynamoDBRecord {
  record.dynamodb!.ApproximateCreationDateTime = START + second;
  return record;
}

/** An archive in memory and an archiver of it. */
export class TestArchive {
  public readonly objects = new MemoryObjectStore();
  public readonly heads = new MemoryHeads();
  public readonly metrics = new RecordedMetrics();
  public readonly clock = new ManualClock(START * 1_000);
  public readonly archiver = this.newArchiver();

  /** Another process. */
  public newArchiver(ports: { objects?: MemoryObjectStore; heads?: MemoryHeads } = {}): AuditArchiver {
    return new AuditArchiver({
      objects: this.objects, heads: this.heads, metrics: this.metrics, logger: recordedLogger().logger,
      retry: new RetryPolicy({ clock: this.clock, maximumAttempts: 6, random: () => 0 }), ...ports,
    });
  }

  /** Archives batches of payments: `[3, 2]` makes an object of three and one of two. */
  public async fill(sizes: readonly number[], source = SOURCE): Promise<DynamoDBRecord[]> {
    const all: DynamoDBRecord[] = [];
    for (const size of sizes) {
      const batch = Array.from({ length: size }, (_, index) => paymentRecord(all.length + index));
      all.push(...batch);
      await this.archiver.archive(batch, source);
    }
    return all;
  }
}
