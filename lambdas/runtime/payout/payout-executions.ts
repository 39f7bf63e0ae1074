import { AwsServiceError } from '../aws/errors';
import type { AwsCaller } from '../aws/json-client';
import { RetryPolicy } from '../retry/retry';
import type { PayoutRequest } from './payout';

export interface StartOptions {
  /**
   * Name of the execution: 1 to 80 letters, digits, hyphens and underscores. One of that name that is there counts as started.
   *
   * @default - one of its own for each call
   */
  readonly name?: string;
  /** When no further attempt begins, in milliseconds since 1970. @default - none */
  readonly deadline?: number;
}

/**
 * Payouts as executions of a state machine of AWS Step Functions. One that is started twice runs twice, and what it does takes effect once: each of
 * its steps has a key that follows from the payout's.
 */
export class PayoutExecutions {
  public constructor(
    private readonly states: AwsCaller,
    private readonly stateMachineArn: string,
    private readonly retry = new RetryPolicy({ maximumAttempts: 4 }),
  ) {}

  /** @throws AwsServiceError or AwsConnectionError when it is not known to be started */
  public async start(payout: PayoutRequest, { name, deadline }: StartOptions = {}): Promise<void> {
    const { merchantId, idempotencyKey, amount, currency, requestedAt } = payout;
    const input = {
      stateMachineArn: this.stateMachineArn,
      ...(name === undefined ? undefined : { name }),
      input: JSON.stringify({ merchantId, idempotencyKey, amount, currency, requestedAt }),
    };
    try {
      await this.retry.run(() => this.states.call('StartExecution', input), { deadline });
    } catch (error) {
      // An attempt whose answer was lost had started it.
      if (!(name !== undefined && error instanceof AwsServiceError && error.code === 'ExecutionAlreadyExists')) {
        throw error;
      }
    }
  }
}
