import { BatchProcessor, type BatchHandler } from '../runtime/batch/batch-processor';
import { type QueueSource, queueSource } from '../runtime/batch/sources/queue-source';
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

export type NotificationWorkerHandler = BatchHandler<QueueSource>;

/**
 * Handles the queue of notifications: each domain event is told to the endpoint of its merchant. Its event source mapping must report batch
 * item failures.
 *
 * What an endpoint does not take comes back with the queue's visibility timeout and goes to the dead letters in the end, as does what is no
 * domain event; no delivery waits for another's. An event may be delivered more than once, always under the same id.
 */
export function createNotificationWorkerHandler(ports: NotificationWorkerPorts, options: NotificationWorkerOptions = {}): NotificationWorkerHandler {
  const { timeoutMilliseconds = 5_000, concurrency = 8 } = options;
  const { endpoints, client, metrics, logger, clock } = ports;
  return new BatchProcessor({
    source: queueSource(),
    decode: readDeliveredEvent,
    concurrency,
    // A delivery that would outlive the invocation is left to the next one.
    effectMilliseconds: timeoutMilliseconds,
    metrics,
    logger,
    clock,
    failureMessage: 'a notification could not be handled',
    effect: async (event) => {
      const endpoint = await endpoints.find(event.merchantId);
      if (endpoint === undefined) {
        metrics.count('NotificationsWithoutEndpoint');
        return;
      }
      switch (await deliverWebhook(client, endpoint, event, clock.now(), timeoutMilliseconds)) {
        case 'delivered':
          metrics.count('NotificationsDelivered');
          return;
        case 'dropped':
          metrics.count('NotificationsDropped');
          logger.sample('warn', 'a notification was dropped', { type: event.type });
          return;
        case 'failed':
          metrics.count('NotificationsFailed');
          throw new Error('the endpoint did not take the notification');
      }
    },
  }).handler;
}
