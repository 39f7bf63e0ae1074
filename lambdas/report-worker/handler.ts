import { forEachConcurrently } from '../runtime/aws/concurrency';
import type { ObjectStore } from '../runtime/aws/object-store';
import { BatchProcessor, type BatchHandler } from '../runtime/batch/batch-processor';
import { type QueueSource, queueSource } from '../runtime/batch/sources/queue-source';
import { readDeliveredEvent } from '../runtime/events/delivered-event';
import type { Logger } from '../runtime/observability/logger';
import type { Metrics } from '../runtime/observability/metrics';
import { reportObjects } from '../runtime/report/settlement-report';
import type { Clock } from '../runtime/retry/clock';

export interface ReportWorkerPorts {
  readonly store: ObjectStore;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

export type ReportWorkerHandler = BatchHandler<QueueSource>;

/** Objects under way at once. */
const CONCURRENCY = 4;

/**
 * Handles the queue of reports: the events of a batch become lines of as few objects as there are days and prefixes in it. Its event source
 * mapping must report batch item failures; the larger its batch and window, the fewer objects.
 *
 * What cannot be read goes to the dead letters, where somebody finds it; the others do not wait for that.
 */
export function createReportWorkerHandler({ store, metrics, logger, clock }: ReportWorkerPorts): ReportWorkerHandler {
  return new BatchProcessor({
    source: queueSource(),
    decode: readDeliveredEvent,
    metrics,
    logger,
    clock,
    failureMessage: 'an event could not be reported',
    bulkEffect: async (items, { deadline }) => {
      const failed = new Map<string, Error>();
      const entries = items.map(({ content, record }) => ({ messageId: record.native.messageId, event: content }));
      await forEachConcurrently(reportObjects(entries), CONCURRENCY, async ({ key, body, messageIds }) => {
        try {
          // There already: the batch was delivered again as it was.
          await store.put(key, body, { ifAbsent: true, contentType: 'application/x-ndjson', deadline });
        } catch (error) {
          const failure = new Error('a report could not be written', { cause: error });
          messageIds.forEach((messageId) => failed.set(messageId, failure));
        }
      });
      metrics.count('EventsReported', items.length - failed.size);
      return items.map(({ record }) => failed.get(record.native.messageId));
    },
  }).handler;
}
