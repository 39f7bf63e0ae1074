import type { RemainingTime } from '../runtime/batch/time-budget';
import type { Logger } from '../runtime/observability/logger';
import type { Metrics } from '../runtime/observability/metrics';
import type { Clock } from '../runtime/retry/clock';
import { ApiClient, type ApiClientOptions } from './api-client';
import { type CanaryAccount, type CanaryResult, TestPayment } from './test-payment';

/** What the schedule sends. */
export interface CanaryEvent {
  /** When the run was due, in ISO 8601. */
  readonly scheduledTime?: string;
}

export type CanaryHandler = (event: CanaryEvent, context: RemainingTime) => Promise<CanaryResult>;

export interface CanaryPorts extends Omit<ApiClientOptions, 'clock'> {
  readonly account: CanaryAccount;
  /** Time from one run to the next. */
  readonly everyMilliseconds: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Time of a run that is kept for telling how it went. */
const RESERVE_MILLISECONDS = 1_000;

/**
 * Sends one test payment through the public edge and publishes how it went. It never fails itself: a run that found the API broken has done its
 * work, and one that is started again finds what the first has done.
 */
export function createCanaryHandler(ports: CanaryPorts): CanaryHandler {
  const { account, clock, everyMilliseconds, logger, metrics } = ports;
  return async ({ scheduledTime }, context) => {
    const now = clock.now();
    const due = Date.parse(scheduledTime ?? '');
    const api = new ApiClient(ports);
    const result = await new TestPayment(api, account, clock).run(
      Number.isNaN(due) ? now : due, everyMilliseconds, now + context.getRemainingTimeInMillis() - RESERVE_MILLISECONDS,
    );
    if (!result.success) {
      logger.error('the test payment failed', { reason: result.failure });
    } else if (result.balanced === false) {
      logger.warn('the balance of the canary is not zero');
    }
    metrics.observe('CanarySuccess', result.success ? 1 : 0);
    metrics.count('CanaryRetries', api.retries);
    if (result.acceptMilliseconds !== undefined) {
      metrics.observe('CanaryAcceptTime', result.acceptMilliseconds);
    }
    if (result.settleMilliseconds !== undefined) {
      metrics.observe('CanarySettleTime', result.settleMilliseconds);
    }
    if (result.balanced !== undefined) {
      metrics.observe('CanaryBalanced', result.balanced ? 1 : 0);
    }
    metrics.flush();
    return result;
  };
}
