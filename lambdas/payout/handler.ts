import { invocationDeadline, type RemainingTime } from '../runtime/batch/time-budget';
import { isRetryable } from '../runtime/aws/errors';
import { shapeDefect } from './request-shape';
import { isNotServed, isRetryablePostgresqlError } from '../runtime/ledger/postgresql-errors';
import type { PayoutRequest } from '../runtime/payout/payout';
import { BusyAccountError } from '../runtime/payout/reservations';
import { PayoutRejectedError, PayoutUnavailableError } from './errors';
import { PayoutSteps, type PayoutPorts, type PayoutStepsOptions, type StepResult } from './payout-steps';

/** Steps that the state machine calls, by the name in its definition. */
export const PAYOUT_STEPS = ['hold', 'transfer', 'settle', 'release', 'leave'] as const;
export type PayoutStep = typeof PAYOUT_STEPS[number];

/** What the state machine sends. */
export interface PayoutStepEvent {
  readonly step: PayoutStep;
  /** The execution's data, the payout among them. */
  readonly payout: Partial<PayoutRequest>;
}

/** An operator's decision about a transfer whose outcome the provider does not tell. */
export interface PayoutDecisionEvent {
  readonly step: 'decide';
  readonly payout: Pick<PayoutRequest, 'merchantId' | 'idempotencyKey'>;
  /** What the provider says on another way than its API. */
  readonly decision: 'paid' | 'refused';
  /** Who decides. */
  readonly by: string;
}

export type PayoutHandler = (event: PayoutStepEvent | PayoutDecisionEvent, context: RemainingTime) => Promise<StepResult>;

/** Handles the steps of payouts, one an invocation. */
export function createPayoutHandler(ports: PayoutPorts, options: PayoutStepsOptions = {}): PayoutHandler {
  const steps = new PayoutSteps(ports, options);
  return async (event, context) => {
    const deadline = invocationDeadline(context, ports.clock.now());
    try {
      return event.step === 'decide' ? await decide(ports, event) : await run(steps, event, deadline);
    } catch (error) {
      throw named(error);
    } finally {
      ports.metrics.flush();
    }
  };
}

function run(steps: PayoutSteps, { step, payout }: PayoutStepEvent, deadline: number): Promise<StepResult> {
  const defect = shapeDefect(payout);
  if (defect !== undefined) {
    if (step === 'release' || step === 'leave') {
      // Nothing was done for what is no payout.
      return Promise.resolve({ state: 'rejected' });
    }
    throw new PayoutRejectedError(`invalid: ${defect}`);
  }
  const request = payout as PayoutRequest;
  switch (step) {
    case 'hold':
      return steps.hold(request, deadline);
    case 'transfer':
      return steps.transfer(request, deadline);
    case 'settle':
      return steps.settle(request, deadline);
    case 'release':
      return steps.release(request, deadline);
    case 'leave':
      return steps.leave(request);
    default:
      throw new Error(`\`step\` must be one of ${PAYOUT_STEPS.join(', ')}, got: ${String(step)}`);
  }
}

/** Writes a decision down; the next execution goes on from it. */
async function decide({ payouts, clock, logger }: PayoutPorts, { payout, decision, by }: PayoutDecisionEvent): Promise<StepResult> {
  if ((decision !== 'paid' && decision !== 'refused') || !by) {
    throw new Error('`decision` must be paid or refused, and `by` must tell who decides');
  }
  const decided = await payouts.advance(payout, ['held'], decision, { reason: 'decided_by_operator', at: clock.now() });
  logger.info('an operator has decided about a payout', { by, decision, state: decided.state });
  return { state: decided.state };
}

/** Errors that pass by themselves under the name that the state machine repeats. */
function named(error: unknown): unknown {
  return isRetryable(error) || isRetryablePostgresqlError(error) || isNotServed(error) || error instanceof BusyAccountError
    ? new PayoutUnavailableError('a table, database or queue did not answer', error)
    : error;
}
