import { isPoisonKey } from '../faults/poison';
import type { SeededRandom } from '../random/seeded-random';
import { type ClientEntry, type ClientMovement, isClientPayment, type MovementRoutes } from './client-movement';
import type { ClientPayment } from './payment-mix';

/** Shares of the payments that they come with. */
const HOLD_SHARE = 0.005;
const RELEASE_SHARE = 0.005;
/**
 * Payouts come with the time, not with the payments: a slow machine has enough of them to see each way that they can end, and a fast one is not
 * kept busy by state machines. There is one for a request at most.
 */
const PAYOUTS_PER_SECOND = 1.5;

/** Share of holds that are released by a request that overtakes them. */
const OVERTAKEN_SHARE = 0.1;
const LONGEST_OVERTAKING_MILLISECONDS = 1_500;
/** Share of releases of the whole hold, and of releases of more than that. */
const WHOLE_RELEASE_SHARE = 0.5;
const EXCESSIVE_RELEASE_SHARE = 0.05;
/** Share of payouts of more than any merchant has. */
const EXCESSIVE_PAYOUT_SHARE = 0.2;
const EXCESSIVE_PAYOUT = 1e12;
/** Share of movements that a client sends twice although it was answered. */
const DUPLICATE_SHARE = 0.01;
const LONGEST_DUPLICATE_DELAY_MILLISECONDS = 2_000;
/** Acknowledged payments that a movement may be about, and acknowledged holds that a release may pick from. */
const MEMORY = 5_000;

/** A movement, and when it is due. */
export interface DueMovement {
  readonly movement: ClientMovement;
  /** After the payments that it comes with. */
  readonly afterMilliseconds: number;
  /** It was sent before: whatever it is answered changes nothing. */
  readonly isNeedless: boolean;
}

/**
 * What clients ask for beside payments, where the API takes it: holds of a part of what was paid, releases of them (some before their hold, some
 * of too much), payouts (some of more than there is). Its draws are its own: payments are the same with and without it.
 */
export class MovementMix {
  private readonly paid: ClientPayment[] = [];
  private readonly held: { readonly hold: ClientMovement; left: number }[] = [];
  private nextKey = 1;
  /** When the next payout is due, once anything was. */
  private nextPayoutAt?: number;

  constructor(
    private readonly random: SeededRandom,
    /** Makes the keys of this run differ from those of another. */
    private readonly keyPrefix: string,
    private readonly routes: MovementRoutes,
  ) {}

  /**
   * Movements that come with a request.
   *
   * @param payments how many it posts
   * @param at when it is due, in milliseconds; never before the one before
   */
  next(payments: number, at: number): DueMovement[] {
    const due: DueMovement[] = this.routes.payouts ? this.payoutsDue(at) : [];
    for (let count = 0; count < payments && this.paid.length > 0; count++) {
      const drawn = this.random.next();
      if (drawn < HOLD_SHARE) {
        due.push(...(this.routes.holds ? this.hold() : []));
      } else if (drawn < HOLD_SHARE + RELEASE_SHARE) {
        due.push(...(this.held.length > 0 ? [now(this.release())] : []));
      }
    }
    return [...due, ...due.filter(() => this.random.next() < DUPLICATE_SHARE).map(({ movement, afterMilliseconds }) => ({
      movement, afterMilliseconds: afterMilliseconds + this.random.integer(1, LONGEST_DUPLICATE_DELAY_MILLISECONDS), isNeedless: true,
    }))];
  }

  /** Tells that something was acknowledged: movements may be about it from now on. */
  acknowledged(entry: ClientEntry): void {
    if (!isClientPayment(entry)) {
      if (entry.type === 'hold') {
        this.remember(this.held, { hold: entry, left: entry.amount });
      }
    } else if (entry.type === 'payment' && !isPoisonKey(entry.idempotencyKey)) {
      this.remember(this.paid, entry);
    }
  }

  private hold(): DueMovement[] {
    const hold: ClientMovement = { ...this.partOfPaid(), idempotencyKey: this.key('h'), type: 'hold', reason: 'review' };
    if (this.random.next() >= OVERTAKEN_SHARE) {
      return [now(hold)];
    }
    const { merchantId, currency, amount } = hold;
    const release: ClientMovement = {
      merchantId, currency, amount: this.random.integer(1, amount), idempotencyKey: this.key('e'), type: 'release', holdOf: hold.idempotencyKey,
    };
    return [now(release), { movement: hold, afterMilliseconds: this.random.integer(1, LONGEST_OVERTAKING_MILLISECONDS), isNeedless: false }];
  }

  private release(): ClientMovement {
    const index = this.random.integer(0, this.held.length - 1);
    const { hold, left } = this.held[index];
    const isExcessive = this.random.next() < EXCESSIVE_RELEASE_SHARE;
    const amount = isExcessive ? hold.amount + 1 : this.random.next() < WHOLE_RELEASE_SHARE ? left : this.random.integer(1, left);
    if (!isExcessive) {
      this.held[index].left -= amount;
      if (amount === left) {
        this.held[index] = this.held[this.held.length - 1];
        this.held.pop();
      }
    }
    const { merchantId, currency } = hold;
    return { merchantId, currency, amount, idempotencyKey: this.key('e'), type: 'release', holdOf: hold.idempotencyKey };
  }

  private payoutsDue(at: number): DueMovement[] {
    this.nextPayoutAt ??= at + this.random.exponential(1_000 / PAYOUTS_PER_SECOND);
    if (at < this.nextPayoutAt || this.paid.length === 0) {
      return [];
    }
    this.nextPayoutAt = at + this.random.exponential(1_000 / PAYOUTS_PER_SECOND);
    return [now(this.payout())];
  }

  private payout(): ClientMovement {
    const part = this.partOfPaid();
    const isExcessive = this.random.next() < EXCESSIVE_PAYOUT_SHARE;
    return { ...part, ...(isExcessive ? { amount: EXCESSIVE_PAYOUT } : undefined), idempotencyKey: this.key('p'), type: 'payout' };
  }

  private partOfPaid(): Pick<ClientMovement, 'merchantId' | 'currency' | 'amount'> {
    const { merchantId, currency, amount } = this.paid[this.random.integer(0, this.paid.length - 1)];
    return { merchantId, currency, amount: this.random.integer(1, amount) };
  }

  private remember<Entry>(memory: Entry[], entry: Entry): void {
    if (memory.length < MEMORY) {
      memory.push(entry);
    } else {
      memory[this.random.integer(0, MEMORY - 1)] = entry;
    }
  }

  private key(kind: string): string {
    // Letters between the numbers: a key never looks like a card number.
    return `${this.keyPrefix}-${kind}${(this.nextKey++).toString(36)}x`;
  }
}

function now(movement: ClientMovement): DueMovement {
  return { movement, afterMilliseconds: 0, isNeedless: false };
}
