import type { Ledger, Outcome } from '../runtime/ledger/ledger';
import type { DomainEvents, DomainEventType } from '../runtime/events/domain-events';
import type { Logger } from '../runtime/observability/logger';
import type { MetricName, Metrics } from '../runtime/observability/metrics';
import { isFinal, isSamePayout, type Payout, payoutHold, payoutHoldEnd, type PayoutRejection, type PayoutRequest, type PayoutState } from '../runtime/payout/payout';
import type { Payouts } from '../runtime/payout/payout-table';
import type { PayoutWatch } from '../runtime/payout/payout-watch';
import type { Reservations } from '../runtime/payout/reservations';
import type { Clock } from '../runtime/retry/clock';
import { PayoutContradictionError, PayoutRefusedError, PayoutRejectedError, PayoutUnavailableError } from './errors';
import type { Transfers } from './transfers';

export interface PayoutPorts {
  readonly payouts: Payouts;
  readonly reservations: Reservations;
  readonly watch: PayoutWatch;
  readonly ledger: Pick<Ledger, 'applyHolds' | 'applyHoldEnd'>;
  readonly transfers: Transfers;
  readonly events: DomainEvents;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface PayoutStepsOptions {
  /** How long a balance takes at most to show what happened in the ledger, in seconds. @default 300 */
  readonly balanceLagSeconds?: number;
}

/** What a step answers. */
export interface StepResult {
  readonly state: PayoutState;
}

/**
 * The steps of a payout. Each may run any number of times, in any number of executions at once: what is done is found done, in the row of
 * the payout and in the ledger, and what was decided stays decided. The row is written between any two effects, so that a step that was cut off is
 * taken up where it was left.
 */
export class PayoutSteps {
  private readonly lagMilliseconds: number;

  public constructor(private readonly ports: PayoutPorts, options: PayoutStepsOptions = {}) {
    this.lagMilliseconds = 1_000 * (options.balanceLagSeconds ?? 300);
  }

  /**
   * Sets the money of a payout aside.
   *
   * @throws PayoutRejectedError when the payout is not to be, PayoutUnavailableError when that is not known yet
   */
  public async hold(request: PayoutRequest, deadline: number): Promise<StepResult> {
    let payout = await this.known(request);
    if (!isSamePayout(payout, request)) {
      throw new PayoutRejectedError('conflict' satisfies PayoutRejection);
    }
    if (payout.state === 'requested') {
      payout = await this.reserve(payout);
    }
    if (payout.state === 'reserved') {
      payout = await this.applyHold(payout, deadline);
    }
    switch (payout.state) {
      case 'refused':
      case 'released':
      case 'rejected':
        throw new PayoutRejectedError(payout.reason ?? payout.state);
      default:
        await this.endReservation(payout);
        return { state: payout.state };
    }
  }

  /**
   * Has the provider transfer the money.
   *
   * @throws PayoutRefusedError when it refused, PayoutUnavailableError when nobody knows
   */
  public async transfer(request: PayoutRequest, deadline: number): Promise<StepResult> {
    let payout = await this.existing(request);
    if (payout.state === 'held') {
      const outcome = await this.ports.transfers.transfer(payout, deadline);
      if (outcome.kind === 'unknown') {
        throw new PayoutUnavailableError(`the outcome of the transfer is unknown: ${outcome.why}`);
      }
      const at = this.ports.clock.now();
      payout = outcome.kind === 'paid'
        ? await this.ports.payouts.advance(payout, ['held'], 'paid', { reference: outcome.reference, at })
        : await this.ports.payouts.advance(payout, ['held'], 'refused', { reason: outcome.reason, at });
      const isPaid = payout.state === 'paid' || payout.state === 'settled';
      if (isPaid !== (outcome.kind === 'paid')) {
        throw this.contradiction(`the provider says ${outcome.kind} of a payout that is ${payout.state}`);
      }
    }
    switch (payout.state) {
      case 'paid':
      case 'settled':
        return { state: payout.state };
      case 'refused':
      case 'released':
        throw new PayoutRefusedError(payout.reason ?? 'refused');
      default:
        throw this.contradiction(`a payout that is ${payout.state} cannot be transferred`);
    }
  }

  /** Takes the money that was transferred out of the ledger. @throws PayoutUnavailableError when that is not known to be done */
  public async settle(request: PayoutRequest, deadline: number): Promise<StepResult> {
    let payout = await this.existing(request);
    if (payout.state === 'paid') {
      await this.endHold(payout, 'settle', deadline);
      payout = await this.ports.payouts.advance(payout, ['paid'], 'settled', { at: this.ports.clock.now() });
    }
    if (payout.state !== 'settled') {
      throw this.contradiction(`a payout that is ${payout.state} cannot be settled`);
    }
    return this.finish(payout, deadline);
  }

  /**
   * Undoes what a refused payout has done: gives the money back, where any was set aside. Does nothing for a request that is not the payout.
   *
   * @throws PayoutUnavailableError when that is not known to be done
   */
  public async release(request: PayoutRequest, deadline: number): Promise<StepResult> {
    let payout = await this.ports.payouts.find(request.merchantId, request.idempotencyKey);
    if (payout === undefined || !isSamePayout(payout, request)) {
      return { state: 'rejected' };
    }
    if (payout.state === 'refused') {
      await this.endHold(payout, 'release', deadline);
      payout = await this.ports.payouts.advance(payout, ['refused'], 'released', { at: this.ports.clock.now() });
    }
    if (payout.state !== 'released' && payout.state !== 'rejected') {
      throw this.contradiction(`a payout that is ${payout.state} cannot be released`);
    }
    return this.finish(payout, deadline);
  }

  /** Notes that an execution ended and the payout is not done. The next one takes it up, even where this one did not begin. */
  public async leave(request: PayoutRequest): Promise<StepResult> {
    this.ports.metrics.count('PayoutsUnfinished');
    const payout = await this.known(request);
    if (isSamePayout(payout, request) && !isFinal(payout)) {
      await this.ports.payouts.markUnresolved(payout, this.ports.clock.now());
    }
    return { state: payout.state };
  }

  /** The payout as it is written down, now or before. Whoever writes it down has sent for somebody to look after it. */
  private async known(request: PayoutRequest): Promise<Payout> {
    const { payouts, watch } = this.ports;
    const found = await payouts.find(request.merchantId, request.idempotencyKey);
    if (found !== undefined) {
      return found;
    }
    await watch.remind({ ...request, looks: 0 });
    return payouts.create(request);
  }

  private async existing(request: PayoutRequest): Promise<Payout> {
    const payout = await this.ports.payouts.find(request.merchantId, request.idempotencyKey);
    if (payout === undefined || !isSamePayout(payout, request)) {
      throw this.contradiction('there is no such payout');
    }
    return payout;
  }

  private async reserve(payout: Payout): Promise<Payout> {
    const now = this.ports.clock.now();
    const outcome = await this.ports.reservations.reserve(payout, now);
    if (outcome === 'uncertain') {
      throw new PayoutUnavailableError('other payouts of the merchant count on the same money, and the balance may not show them yet');
    }
    if (outcome === 'insufficient') {
      return this.reject(payout, 'requested', 'insufficient_funds');
    }
    const reserved = await this.ports.payouts.advance(payout, ['requested'], 'reserved', { at: now });
    if (reserved.state !== 'reserved') {
      // Another execution went on meanwhile, or decided against the payout: this reservation may have come after it was ended.
      await this.endReservation(reserved);
    }
    return reserved;
  }

  private async applyHold(payout: Payout, deadline: number): Promise<Payout> {
    const [outcome] = await this.ports.ledger.applyHolds([payoutHold(payout)], { deadline });
    this.countMovement(outcome);
    switch (outcome.kind) {
      case 'applied':
        break;
      case 'duplicate':
        if (outcome.conflict) {
          return this.reject(payout, 'reserved', 'key_taken');
        }
        break;
      case 'impossible':
        return this.reject(payout, 'reserved', 'unstorable');
      default:
        throw new PayoutUnavailableError('the ledger did not take the hold', 'error' in outcome ? outcome.error : undefined);
    }
    return this.ports.payouts.advance(payout, ['reserved'], 'held', { at: this.ports.clock.now() });
  }

  private reject(payout: Payout, from: PayoutState, reason: PayoutRejection): Promise<Payout> {
    return this.ports.payouts.advance(payout, [from], 'rejected', { reason, at: this.ports.clock.now() });
  }

  /** From when the balance must show all that has happened to a payout by now. */
  private async endReservation(payout: Payout): Promise<void> {
    const now = this.ports.clock.now();
    await this.ports.reservations.endAt(payout, now + this.lagMilliseconds, now);
  }

  private async endHold(payout: Payout, type: 'settle' | 'release', deadline: number): Promise<void> {
    const outcome = await this.ports.ledger.applyHoldEnd(payoutHoldEnd(payout, type), { deadline });
    this.countMovement(outcome);
    switch (outcome.kind) {
      case 'applied':
        return;
      case 'duplicate':
        if (!outcome.conflict) {
          return;
        }
        throw this.contradiction(`the key of the ${type} belongs to something else`);
      case 'rejected':
        throw this.contradiction(`the ledger rejects the ${type}: ${outcome.reason}`);
      case 'impossible':
        throw this.contradiction(`the ledger cannot store the ${type}: ${outcome.reason}`);
      default:
        throw new PayoutUnavailableError(`the ledger did not take the ${type}`, 'error' in outcome ? outcome.error : undefined);
    }
  }

  /** Tells others of the end of a payout. Only then it is done, so that nobody misses it; told twice it has the same id. */
  private async finish(payout: Payout, deadline: number): Promise<StepResult> {
    if (payout.state === 'rejected') {
      // It may have been reserved before; those that were held have ended their reservation then.
      await this.endReservation(payout);
    }
    if (payout.announcedAt === undefined) {
      const { merchantId, idempotencyKey, amount, currency, reason, changedAt, state } = payout;
      const [type, metric] = ENDS[state as keyof typeof ENDS];
      const [taken] = await this.ports.events.publish([{
        type, merchantId, idempotencyKey, amount, currency, occurredAt: changedAt, ...(reason === undefined ? undefined : { reason }),
      }], deadline);
      if (!taken) {
        this.ports.metrics.count('DomainEventsLeft');
        throw new PayoutUnavailableError('the end of the payout could not be told');
      }
      await this.ports.payouts.markAnnounced(payout, this.ports.clock.now());
      this.ports.metrics.count(metric);
    }
    return { state: payout.state };
  }

  private countMovement(outcome: Outcome): void {
    if (outcome.kind === 'applied') {
      this.ports.metrics.count('MovementsApplied');
    } else if (outcome.kind === 'duplicate') {
      this.ports.metrics.count(outcome.conflict ? 'MovementsConflicting' : 'MovementsDuplicate');
    }
  }

  private contradiction(message: string): PayoutContradictionError {
    this.ports.metrics.count('PayoutsContradictory');
    this.ports.logger.error('a payout contradicts itself', { what: message });
    return new PayoutContradictionError(message);
  }
}

const ENDS: Readonly<Record<'settled' | 'released' | 'rejected', readonly [DomainEventType, MetricName]>> = {
  settled: ['payout.settled', 'PayoutsSettled'],
  released: ['payout.released', 'PayoutsReleased'],
  rejected: ['payout.rejected', 'PayoutsRejected'],
};
