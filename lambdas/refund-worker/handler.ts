import { forEachConcurrently } from '../runtime/aws/concurrency';
import { PermanentError } from '../runtime/batch/batch-errors';
import type { BulkOutcome } from '../runtime/batch/batch-options';
import { BatchProcessor, type BatchHandler } from '../runtime/batch/batch-processor';
import { countOutcome } from '../runtime/batch/outcome-metrics';
import { type ParkRecordPorts, RECORD_SCHEMA } from '../runtime/batch/park-record';
import { shapeDefect } from '../runtime/batch/record-shape';
import { type QueueSource, queueSource } from '../runtime/batch/sources/queue-source';
import { decodeWaitingRecord, type ReceivedRecord, type RefundQueue, WAITING_RECORD_SCHEMA, type WaitingRecord } from '../runtime/batch/waiting-records';
import { applyDraw, type Ledger } from '../runtime/ledger/ledger';

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

export type RefundWorkerHandler = BatchHandler<QueueSource>;

/** What becomes of a message: it is done, it is parked, or its record is sent again. */
type Settlement = PermanentError | WaitingRecord | undefined;

/**
 * Handles the delay queue of refunds whose payment was not there yet, and of releases and settles whose hold was not. Its event source
 * mapping must report batch item failures.
 *
 * A record that still waits is sent again and only then is its message deleted (by not being named as failed). Letting the
 * message itself come back would use up its receives, which are there to find defects, not to wait. A message is named
 * as failed only when the queue did not take its successor. A crash in between leaves both; the ledger takes care of that.
 */
export function createRefundWorkerHandler(ports: RefundWorkerPorts, options: RefundWorkerOptions): RefundWorkerHandler {
  const { clock, logger, metrics, parking, refundQueue } = ports;
  const { concurrency = 8, refundWaitSeconds } = options;
  return new BatchProcessor({
    source: queueSource(),
    decode: decodeWaitingRecord,
    metrics,
    logger,
    clock,
    failureMessage: 'a waiting record could not be handled',
    park: {
      parking,
      schema: WAITING_RECORD_SCHEMA,
      // What could be read is kept as it came in the stream, so that it can be put back there.
      form: ({ data, record: { merchantId, idempotencyKey } }) => ({ merchantId, idempotencyKey, payload: data, schema: RECORD_SCHEMA }),
    },
    bulkEffect: async (items, { deadline }) => {
      const outcomes: BulkOutcome[] = items.map(() => undefined);
      const deferred: (WaitingRecord & { readonly index: number })[] = [];
      await forEachConcurrently(items, concurrency, async ({ content }, index) => {
        const settlement = await settle(ports, content, refundWaitSeconds, deadline);
        if (settlement instanceof PermanentError) {
          outcomes[index] = settlement;
        } else if (settlement !== undefined) {
          deferred.push({ ...settlement, index });
        }
      });
      if (deferred.length > 0) {
        const sent = await refundQueue.send(deferred, deadline);
        deferred.filter((_, position) => !sent[position]).forEach(({ index }) => { outcomes[index] = NOT_SENT; });
      }
      return outcomes;
    },
  }).handler;
}

const NOT_SENT = new Error('the queue did not take a record that still waits');

async function settle(
  { clock, ledger, logger, metrics }: RefundWorkerPorts, { record, firstSeenAt, data }: ReceivedRecord, refundWaitSeconds: number, deadline: number,
): Promise<Settlement> {
  const defect = shapeDefect(record);
  if (defect !== undefined) {
    return new PermanentError(defect);
  }
  const waitIsOver = clock.now() - firstSeenAt >= 1_000 * refundWaitSeconds;
  const outcome = await applyDraw(ledger, record, { waitIsOver, deadline });
  countOutcome(metrics, record, outcome);
  switch (outcome.kind) {
    case 'waiting':
      return { record, firstSeenAt, data };
    case 'unavailable':
      // The wait starts anew: while the ledger cannot be written the payment or hold cannot arrive either, and nothing must be
      // rejected for an outage.
      logger.sample('warn', 'the ledger is unavailable', { error: outcome.error });
      metrics.count('RecordsLeftForRetry');
      return { record, data, firstSeenAt: clock.now() };
    case 'impossible':
      return new PermanentError(outcome.reason);
    default:
      return undefined;
  }
}
