import { createHash } from 'node:crypto';
import { isRetryable } from '../runtime/aws/errors';
import type { AwsCaller } from '../runtime/aws/json-client';
import type { PayoutRequest } from '../runtime/payout/payout';
import { PayoutExecutions } from '../runtime/payout/payout-executions';
import { RetryPolicy } from '../runtime/retry/retry';

/** Sets payouts going. */
export interface PayoutStarter {
  /** @returns false when nobody took it up, or nobody knows: it is safe to start it again. @throws Error for a defect of the configuration */
  start(payout: PayoutRequest): Promise<boolean>;
}

/** How long starting one may take, in milliseconds, attempts included. */
const DEADLINE_MILLISECONDS = 3_000;

/** Payouts as executions of their state machine, one of a request's own name. */
export class WorkflowPayouts implements PayoutStarter {
  private readonly executions: PayoutExecutions;

  public constructor(states: AwsCaller, stateMachineArn: string, private readonly retry = new RetryPolicy({ maximumAttempts: 3 })) {
    this.executions = new PayoutExecutions(states, stateMachineArn, retry);
  }

  public async start(payout: PayoutRequest): Promise<boolean> {
    const { merchantId, idempotencyKey, requestedAt } = payout;
    const digest = createHash('sha256').update(`${merchantId}\0${idempotencyKey}\0${requestedAt}`).digest('hex');
    try {
      await this.executions.start(payout, { name: `payout-${digest.slice(0, 48)}`, deadline: this.retry.clock.now() + DEADLINE_MILLISECONDS });
      return true;
    } catch (error) {
      if (isRetryable(error)) {
        return false;
      }
      throw error;
    }
  }
}
