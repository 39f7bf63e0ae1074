import { BatchProcessor, type BatchHandler } from '../runtime/batch/batch-processor';
import { type QueueSource, queueSource } from '../runtime/batch/sources/queue-source';
import type { Logger } from '../runtime/observability/logger';
import type { Metrics } from '../runtime/observability/metrics';
import { isDone } from '../runtime/payout/payout';
import type { PayoutExecutions } from '../runtime/payout/payout-executions';
import type { Payouts } from '../runtime/payout/payout-table';
import { decodePayoutReminder, type PayoutReminder, type PayoutWatch } from '../runtime/payout/payout-watch';
import type { Clock } from '../runtime/retry/clock';

export interface PayoutWatchPorts {
  readonly payouts: Payouts;
  readonly watch: PayoutWatch;
  readonly executions: Pick<PayoutExecutions, 'start'>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface PayoutWatchOptions {
  /** How long after its request a payout that is not done needs somebody, in seconds. @default 3600 */
  readonly overdueSeconds?: number;
  /** Reminders under way at once. @default 8 */
  readonly concurrency?: number;
}

export type PayoutWatchHandler = BatchHandler<QueueSource>;

/**
 * Handles reminders of payouts: what is not done is started again, and looked at again later, for as long as it takes. One reminder goes
 * round for each payout, from before its first step to its end, so that none is ever left to itself, whatever became of its execution.
 */
export function createPayoutWatchHandler(ports: PayoutWatchPorts, options: PayoutWatchOptions = {}): PayoutWatchHandler {
  const { overdueSeconds = 3_600, concurrency = 8 } = options;
  const { payouts, watch, executions, metrics, logger, clock } = ports;

  const look = async (reminder: PayoutReminder): Promise<void> => {
    const payout = await payouts.find(reminder.merchantId, reminder.idempotencyKey);
    if (payout !== undefined && isDone(payout)) {
      return;
    }
    if (clock.now() - reminder.requestedAt > 1_000 * overdueSeconds) {
      metrics.count('PayoutsOverdue');
      logger.sample('error', 'a payout is not done', { state: payout?.state ?? 'unknown', looks: reminder.looks });
    }
    if (payout === undefined) {
      // Its first step sends a reminder of its own.
      await executions.start(reminder);
      return;
    }
    if (reminder.looks === undefined) {
      // That reminder goes round.
      return;
    }
    await watch.remind({ ...reminder, looks: reminder.looks + 1 });
    // From here on the next reminder makes up for what fails; were this one to come back as well, there would be two.
    await executions.start(reminder).catch((error: unknown) => logger.sample('warn', 'a payout could not be started again', { error }));
  };

  return new BatchProcessor({
    source: queueSource(),
    decode: decodePayoutReminder,
    effect: look,
    concurrency,
    metrics,
    logger,
    clock,
    failureMessage: 'a reminder of a payout could not be handled',
  }).handler;
}
