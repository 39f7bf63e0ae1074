import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { forEachConcurrently } from '../runtime/aws/concurrency';
import { countOutcome } from '../runtime/batch/outcome-metrics';
import { parkRecord, type ParkRecordPorts } from '../runtime/batch/park-record';
import { shapeDefect } from '../runtime/batch/record-shape';
import { invocationDeadline, type RemainingTime } from '../runtime/batch/time-budget';
import { decodeWaitingRefund, type RefundQueue, WAITING_REFUND_SCHEMA, type WaitingRefund } from '../runtime/batch/waiting-refunds';
import type { Ledger } from '../runtime/ledger/ledger';
import type { PaymentRecord } from '../runtime/payment/payment';
import { encodePaymentRecord, UndecodableRecordError } from '../runtime/payment/payment-codec';

export interface RefundWorkerPorts extends ParkRecordPorts {
  readonly ledger: Ledger;
  readonly refundQueue: RefundQueue;
}

export interface RefundWorkerOptions {
  /** How long a refund waits for its payment before it is rejected, in seconds. */
  readonly refundWaitSeconds: number;
  /** Messages under way at once. @default 8 */
  readonly concurrency?: number;
}

export type RefundWorkerHandler = (event: SQSEvent, context: RemainingTime) => Promise<SQSBatchResponse>;

/** A refund that must come back later, and the message that is deleted once it is sent again. */
interface Deferred extends WaitingRefund {
  readonly messageId: string;
}

/**
 * Handles the delay queue of refunds whose payment was not there yet. Its event source mapping must report batch item
 * failures.
 *
 * A refund that still waits is sent again and only then is its message deleted (by not being named as failed). Letting the
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
    let waiting: WaitingRefund;
    try {
      waiting = decodeWaitingRefund(record.body);
    } catch (error) {
      if (!(error instanceof UndecodableRecordError)) {
        throw error;
      }
      await this.park(record, error.reason, failed);
      return;
    }
    const { refund, firstSeenAt } = waiting;
    const defect = shapeDefect(refund);
    if (defect !== undefined) {
      await this.park(record, defect, failed, refund);
      return;
    }
    const waitIsOver = this.ports.clock.now() - firstSeenAt >= this.waitMilliseconds;
    const outcome = await this.ports.ledger.applyRefund(refund, { waitIsOver, deadline });
    switch (outcome.kind) {
      case 'waiting':
        this.ports.metrics.count('RefundsWaiting');
        deferred.push({ ...waiting, messageId });
        break;
      case 'unavailable':
        // The wait starts anew: while the ledger cannot be written the payment cannot arrive either, and a refund must not
        // be rejected for an outage.
        this.ports.logger.sample('warn', 'the ledger is unavailable', { error: outcome.error });
        this.ports.metrics.count('RecordsLeftForRetry');
        deferred.push({ refund, firstSeenAt: this.ports.clock.now(), messageId });
        break;
      case 'impossible':
        await this.park(record, outcome.reason, failed, refund);
        break;
      default:
        countOutcome(this.ports.metrics, outcome);
    }
  }

  private async park(record: SQSRecord, reason: string, failed: string[], refund?: PaymentRecord): Promise<void> {
    const source = { shardId: record.eventSourceARN.slice(record.eventSourceARN.lastIndexOf(':') + 1), sequenceNumber: record.messageId, index: 0 };
    // A refund is kept as it came in the stream, so that it can be put back there.
    const kept = await parkRecord(this.ports, refund === undefined
      ? { reason, payload: Buffer.from(record.body, 'utf8'), source, schema: WAITING_REFUND_SCHEMA }
      : { reason, payload: encodePaymentRecord(refund), source, payment: refund });
    if (!kept) {
      failed.push(record.messageId);
    }
  }
}
