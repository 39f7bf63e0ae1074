import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { forEachConcurrently } from '../runtime/aws/concurrency';
import { countOutcome } from '../runtime/batch/outcome-metrics';
import { parkRecord, type ParkRecordPorts } from '../runtime/batch/park-record';
import { shapeDefect } from '../runtime/batch/record-shape';
import { invocationDeadline, type RemainingTime } from '../runtime/batch/time-budget';
import { decodeWaitingRecord, type ReceivedRecord, type RefundQueue, WAITING_RECORD_SCHEMA, type WaitingRecord } from '../runtime/batch/waiting-records';
import { applyDraw, type Ledger } from '../runtime/ledger/ledger';
import { UndecodableRecordError } from '../runtime/payment/payment-codec';

export interface RefundWorkerPorts extends ParkRecordPorts {
  readonly ledger: Ledger;
  readonly refundQueue: RefundQueue;
}

export interface RefundWorkerOptions {
  /** How long a refund waits for its payment, and the end of a hold for that, before it is rejected, in seconds. */
  readonly refundWaitSeconds: number;
  /** Messages under way at once. @default 8 */
  readonly concurrency?: number;
}

export type RefundWorkerHandler = (event: SQSEvent, context: RemainingTime) => Promise<SQSBatchResponse>;

/** A record that must come back later, and the message that is deleted once it is sent again. */
interface Deferred extends WaitingRecord {
  readonly messageId: string;
}

/**
 * Handles the delay queue of refunds whose payment was not there yet, and of releases and settles whose hold was not. Its event source
 * mapping must report batch item failures.
 *
 * A record that still waits is sent again and only then is its message deleted (by not being named as failed). Letting the
 * message itself come back would use up its receives, which are there to find defects, not to wait. A message is named
 * as failed only when the queue did not take its successor. A crash in between leaves both; the ledger takes care of that.
 */
export function createRefundWorkerHandler(ports: RefundWorkerPorts, options: RefundWorkerOptions): RefundWorkerHandler {
  const worker = new RefundWorker(ports, options);
  return async ({ Records: records }, context) => {
    const failed = await worker.handle(records, invocationDeadline(context, ports.clock.now()));
    ports.metrics.count('RecordsLeftForRetry', failed.length);
    ports.metrics.flush();
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

class RefundWorker {
  private readonly waitMilliseconds: number;
  private readonly concurrency: number;

  public constructor(private readonly ports: RefundWorkerPorts, options: RefundWorkerOptions) {
    this.waitMilliseconds = options.refundWaitSeconds * 1_000;
    this.concurrency = options.concurrency ?? 8;
  }

  /** Answers the ids of messages that must come back. */
  public async handle(records: readonly SQSRecord[], deadline: number): Promise<string[]> {
    const failed: string[] = [];
    const deferred: Deferred[] = [];
    await forEachConcurrently(records, this.concurrency, async (record) => {
      await this.handleOne(record, deadline, deferred, failed);
    });
    if (deferred.length > 0) {
      const sent = await this.ports.refundQueue.send(deferred, deadline);
      failed.push(...deferred.filter((_, index) => !sent[index]).map(({ messageId }) => messageId));
    }
    return failed;
  }

  private async handleOne(record: SQSRecord, deadline: number, deferred: Deferred[], failed: string[]): Promise<void> {
    const { messageId } = record;
    let waiting: ReceivedRecord;
    try {
      waiting = decodeWaitingRecord(record.body);
    } catch (error) {
      if (!(error instanceof UndecodableRecordError)) {
        throw error;
      }
      await this.park(record, error.reason, failed);
      return;
    }
    const { record: content, firstSeenAt, data } = waiting;
    const defect = shapeDefect(content);
    if (defect !== undefined) {
      await this.park(record, defect, failed, waiting);
      return;
    }
    const waitIsOver = this.ports.clock.now() - firstSeenAt >= this.waitMilliseconds;
    const outcome = await applyDraw(this.ports.ledger, content, { waitIsOver, deadline });
    countOutcome(this.ports.metrics, content, outcome);
    switch (outcome.kind) {
      case 'waiting':
        deferred.push({ ...waiting, messageId });
        break;
      case 'unavailable':
        // The wait starts anew: while the ledger cannot be written the payment or hold cannot arrive either, and nothing must be
        // rejected for an outage.
        this.ports.logger.sample('warn', 'the ledger is unavailable', { error: outcome.error });
        this.ports.metrics.count('RecordsLeftForRetry');
        deferred.push({ record: content, data, firstSeenAt: this.ports.clock.now(), messageId });
        break;
      case 'impossible':
        await this.park(record, outcome.reason, failed, waiting);
        break;
      default:
        break;
    }
  }

  private async park(record: SQSRecord, reason: string, failed: string[], waiting?: ReceivedRecord): Promise<void> {
    const source = { shardId: record.eventSourceARN.slice(record.eventSourceARN.lastIndexOf(':') + 1), sequenceNumber: record.messageId, index: 0 };
    // What could be read is kept as it came in the stream, so that it can be put back there.
    const kept = await parkRecord(this.ports, waiting === undefined
      ? { reason, payload: Buffer.from(record.body, 'utf8'), source, schema: WAITING_RECORD_SCHEMA }
      : { reason, payload: waiting.data, source, content: waiting.record });
    if (!kept) {
      failed.push(record.messageId);
    }
  }
}
