import type { OutgoingAnswer } from '../runtime/http/outgoing';
import type { Clock } from '../runtime/retry/clock';
import { type ApiClient, CanaryFailure } from './api-client';

/** Whose money is moved, and how much. */
export interface CanaryAccount {
  /** Starts the keys of test payments, so that canaries of several regions do not meet. */
  readonly name: string;
  /** A merchant that nobody else uses. */
  readonly merchantId: string;
  readonly payerId: string;
  readonly currency: string;
  /** Minor units. */
  readonly amount: number;
}

/** What one run found out. */
export interface CanaryResult {
  readonly success: boolean;
  /** Why not. */
  readonly failure?: string;
  /** From the request of the payment to its 202. */
  readonly acceptMilliseconds?: number;
  /** From the request of the payment until it was seen to be settled. */
  readonly settleMilliseconds?: number;
  /** Whether the balance is zero again; not known when the run failed before. */
  readonly balanced?: boolean;
}

/** Milliseconds between two looks. */
const LOOK = 100;
const BALANCE_LOOK = 500;
const MINUTE = 60_000;
/** Length of `2026-11-22T08:00`. */
const MINUTE_DIGITS = 16;

/**
 * One test payment: posted, seen to be settled, refunded, and the refund seen to be settled, so that the balance ends at zero.
 *
 * Keys are made of the scheduled minute: a run that is started twice does nothing twice. A run that could not refund its payment leaves that to
 * the next one.
 */
export class TestPayment {
  public constructor(private readonly api: ApiClient, private readonly account: CanaryAccount, private readonly clock: Clock) {}

  /**
   * @param scheduledAt minute that the run belongs to, in milliseconds since 1970
   * @param everyMilliseconds time from one run to the next
   * @param deadline when it must be over
   */
  public async run(scheduledAt: number, everyMilliseconds: number, deadline: number): Promise<CanaryResult> {
    const key = this.keyOf(scheduledAt);
    const found: { acceptMilliseconds?: number; settleMilliseconds?: number; balanced?: boolean } = {};
    try {
      const start = this.clock.now();
      const receipt = await this.post({ ...this.fields(key), type: 'payment', method: { type: 'card_token', token: 'tok_canary' } }, deadline);
      found.acceptMilliseconds = this.clock.now() - start;
      await this.seeSettled(key, receipt, deadline);
      found.settleMilliseconds = this.clock.now() - start;
      await this.refund(key, deadline);
      await this.tidy(this.keyOf(scheduledAt - everyMilliseconds), deadline);
      found.balanced = await this.isBalanced(deadline);
      return { success: true, ...found };
    } catch (error) {
      return { success: false, failure: error instanceof Error ? error.message : String(error), ...found };
    }
  }

  private keyOf(scheduledAt: number): string {
    const minute = new Date(Math.floor(scheduledAt / MINUTE) * MINUTE).toISOString().slice(0, MINUTE_DIGITS);
    return `${this.account.name}-${minute}`;
  }

  private fields(idempotencyKey: string): object {
    const { amount, currency, merchantId, payerId } = this.account;
    return { idempotencyKey, merchantId, payerId, amount, currency };
  }

  /** @returns the receipt */
  private async post(payment: object, deadline: number): Promise<string> {
    const answer = await this.api.post('/payments', payment, deadline);
    if (answer.statusCode !== 202) {
      throw new CanaryFailure(`POST /payments was answered ${answer.statusCode}`);
    }
    const { receipt } = read(answer) as { receipt?: unknown };
    return typeof receipt === 'string' ? receipt : '';
  }

  private async refund(key: string, deadline: number): Promise<void> {
    const refund = `${key}-refund`;
    const receipt = await this.post({ ...this.fields(refund), type: 'refund', refundOf: key }, deadline);
    await this.seeSettled(refund, receipt, deadline);
  }

  private async seeSettled(key: string, receipt: string, deadline: number): Promise<void> {
    for (;;) {
      const status = await this.statusOf(key, receipt, deadline);
      if (status === 'applied') {
        return;
      }
      if (status !== undefined) {
        throw new CanaryFailure(`a test payment or its refund is ${status}`);
      }
      await this.wait(LOOK, deadline, 'a test payment or its refund was accepted and did not settle in time');
    }
  }

  /** @returns undefined while it is not known */
  private async statusOf(key: string, receipt: string, deadline: number): Promise<string | undefined> {
    const query = receipt === '' ? '' : `?receipt=${encodeURIComponent(receipt)}`;
    const answer = await this.api.get(`/merchants/${encodeURIComponent(this.account.merchantId)}/payments/${encodeURIComponent(key)}${query}`, deadline);
    if (answer.statusCode === 202 || answer.statusCode === 404) {
      return undefined;
    }
    if (answer.statusCode !== 200) {
      throw new CanaryFailure(`GET of a payment was answered ${answer.statusCode}`);
    }
    return String((read(answer) as { status?: unknown }).status);
  }

  /** Refunds what the run before could not. */
  private async tidy(key: string, deadline: number): Promise<void> {
    if (await this.statusOf(key, '', deadline) === 'applied' && await this.statusOf(`${key}-refund`, '', deadline) === undefined) {
      await this.refund(key, deadline);
    }
  }

  /** Balances follow the ledger by some seconds. */
  private async isBalanced(deadline: number): Promise<boolean> {
    const { currency, merchantId } = this.account;
    for (;;) {
      const answer = await this.api.get(`/merchants/${encodeURIComponent(merchantId)}/balance?currency=${currency}`, deadline);
      if (answer.statusCode !== 200) {
        throw new CanaryFailure(`GET of a balance was answered ${answer.statusCode}`);
      }
      const { available, held } = read(answer) as { available?: unknown; held?: unknown };
      if (available === 0 && held === 0) {
        return true;
      }
      if (this.clock.now() + BALANCE_LOOK >= deadline) {
        return false;
      }
      await this.clock.sleep(BALANCE_LOOK);
    }
  }

  private async wait(milliseconds: number, deadline: number, late: string): Promise<void> {
    if (this.clock.now() + milliseconds >= deadline) {
      throw new CanaryFailure(late);
    }
    await this.clock.sleep(milliseconds);
  }
}

function read({ text }: OutgoingAnswer): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    throw new CanaryFailure('an answer of the API is no JSON');
  }
}
