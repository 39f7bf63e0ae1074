import { createHash } from 'node:crypto';
import { AwsServiceError, isRetryable } from '../runtime/aws/errors';
import type { AwsCaller } from '../runtime/aws/json-client';
import type { PayoutRequest } from '../runtime/payout/payout';
import { RetryPolicy } from '../runtime/retry/retry';

/** Sets payouts going. */
export interface PayoutStarter {
  /** @returns false when nobody took it up, or nobody knows: it is safe to start it again. @throws Error for a defect of the configuration */
  start(payout: PayoutRequest): Promise<boolean>;
}

/** How long starting one may take, in milliseconds, attempts included. */
const DEADLINE_MILLISECONDS = 3_000;

/**
 * Payouts as executions of an Express workflow of AWS Step Functions. One that is started twice runs twice, and what it does takes effect
 * once: each of its steps has a key that follows from the payout's.
 */
export class WorkflowPayouts implements PayoutStarter {
  private readonly retry: RetryPolicy;

  public constructor(private readonly states: AwsCaller, private readonly stateMachineArn: string, retry?: RetryPolicy) {
    this.retry = retry ?? new RetryPolicy({ maximumAttempts: 3 });
  }

  public async start({ merchantId, idempotencyKey, amount, currency, requestedAt }: PayoutRequest): Promise<boolean> {
    const input = {
      stateMachineArn: this.stateMachineArn,
      name: `payout-${createHash('sha256').update(`${merchantId}\0${idempotencyKey}\0${requestedAt}`).digest('hex').slice(0, 48)}`,
      input: JSON.stringify({ merchantId, idempotencyKey, amount, currency, requestedAt }),
    };
    try {
      await this.retry.run(() => this.states.call('StartExecution', input), { deadline: this.retry.clock.now() + DEADLINE_MILLISECONDS });
      return true;
    } catch (error) {
      if (error instanceof AwsServiceError && error.code === 'ExecutionAlreadyExists') {
        // An attempt whose answer was lost had started it.
        return true;
      }
      if (isRetryable(error)) {
        return false;
      }
      throw error;
    }
  }
}
