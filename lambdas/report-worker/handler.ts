import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { forEachConcurrently } from '../runtime/aws/concurrency';
import type { ObjectStore } from '../runtime/aws/object-store';
import { invocationDeadline, type RemainingTime } from '../runtime/batch/time-budget';
import { type DeliveredEvent, readDeliveredEvent } from '../runtime/events/delivered-event';
import type { Logger } from '../runtime/observability/logger';
import type { Metrics } from '../runtime/observability/metrics';
import { type ReportEntry, reportObjects } from '../runtime/report/settlement-report';
import type { Clock } from '../runtime/retry/clock';

export interface ReportWorkerPorts {
  readonly store: ObjectStore;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

export type ReportWorkerHandler = (event: SQSEvent, context: RemainingTime) => Promise<SQSBatchResponse>;

/** Objects under way at once. */
const CONCURRENCY = 4;

/**
 * Handles the queue of reports: the events of a batch become lines of as few objects as there are days and prefixes in it. Its event source
 * mapping must report batch item failures; the larger its batch and window, the fewer objects.
 */
export function createReportWorkerHandler({ store, metrics, logger, clock }: ReportWorkerPorts): ReportWorkerHandler {
  return async ({ Records: records }, context) => {
    const deadline = invocationDeadline(context, clock.now());
    const failed = new Set<string>();
    const entries: ReportEntry[] = [];
    for (const { messageId, body } of records) {
      const event = readable(body, logger);
      if (event === undefined) {
        // It goes to the dead letters, where somebody finds it; the others do not wait for that.
        failed.add(messageId);
      } else {
        entries.push({ messageId, event });
      }
    }
    await forEachConcurrently(reportObjects(entries), CONCURRENCY, async ({ key, body, messageIds }) => {
      try {
        // There already: the batch was delivered again as it was.
        await store.put(key, body, { ifAbsent: true, contentType: 'application/x-ndjson', deadline });
      } catch (error) {
        logger.sample('error', 'a report could not be written', { error });
        messageIds.forEach((messageId) => failed.add(messageId));
      }
    });
    metrics.count('EventsReported', records.length - failed.size);
    metrics.count('RecordsLeftForRetry', failed.size);
    metrics.flush();
    return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

function readable(body: string, logger: Logger): DeliveredEvent | undefined {
  try {
    return readDeliveredEvent(body);
  } catch (error) {
    logger.sample('error', 'a message of the report queue cannot be read', { error });
    return undefined;
  }
}
