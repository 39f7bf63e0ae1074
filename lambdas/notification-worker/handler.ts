import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { forEachConcurrently } from '../runtime/aws/concurrency';
import { invocationDeadline, type RemainingTime } from '../runtime/batch/time-budget';
import { readDeliveredEvent } from '../runtime/events/delivered-event';
import type { OutgoingClient } from '../runtime/http/outgoing';
import type { Logger } from '../runtime/observability/logger';
import type { Metrics } from '../runtime/observability/metrics';
import type { Clock } from '../runtime/retry/clock';
import type { WebhookEndpoints } from './endpoints';
import { deliverWebhook } from './webhooks';

export interface NotificationWorkerPorts {
  readonly endpoints: WebhookEndpoints;
  readonly client: OutgoingClient;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface NotificationWorkerOptions {
  /** How long an endpoint may take to answer. @default 5000 */
  readonly timeoutMilliseconds?: number;
  /** Deliveries under way at once. @default 8 */
  readonly concurrency?: number;
}

export type NotificationWorkerHandler = (event: SQSEvent, context: RemainingTime) => Promise<SQSBatchResponse>;

/**
 * Handles the queue of notifications: each domain event is told to the endpoint of its merchant. Its event source mapping must report batch
 * item failures.
 *
 * What an endpoint does not take comes back with the queue's visibility timeout and goes to the dead letters in the end; no delivery waits
 * for another's. An event may be delivered more than once, always under the same id.
 */
export function createNotificationWorkerHandler(ports: NotificationWorkerPorts, options: NotificationWorkerOptions = {}): NotificationWorkerHandler {
  const { timeoutMilliseconds = 5_000, concurrency = 8 } = options;
  const { endpoints, client, metrics, logger, clock } = ports;

  const deliver = async ({ body }: SQSRecord): Promise<boolean> => {
    const event = readDeliveredEvent(body);
    const endpoint = await endpoints.find(event.merchantId);
    if (endpoint === undefined) {
      metrics.count('NotificationsWithoutEndpoint');
      return true;
    }
    const outcome = await deliverWebhook(client, endpoint, event, clock.now(), timeoutMilliseconds);
    switch (outcome) {
      case 'delivered':
        metrics.count('NotificationsDelivered');
        return true;
      case 'dropped':
        metrics.count('NotificationsDropped');
        logger.sample('warn', 'a notification was dropped', { type: event.type });
        return true;
      case 'failed':
        metrics.count('NotificationsFailed');
        return false;
    }
  };

  return async ({ Records: records }, context) => {
    const deadline = invocationDeadline(context, clock.now());
    const failed: string[] = [];
    await forEachConcurrently(records, concurrency, async (record) => {
      let done = false;
      try {
        // A delivery that would outlive the invocation is left to the next one.
        done = clock.now() + timeoutMilliseconds <= deadline && await deliver(record);
      } catch (error) {
        logger.sample('error', 'a notification could not be handled', { error });
      }
      if (!done) {
        failed.push(record.messageId);
      }
    });
    metrics.count('RecordsLeftForRetry', failed.length);
    metrics.flush();
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}
