import { isPoisonKey, POISON_KEY_PREFIX } from '../faults/poison';
import { SeededRandom, ZipfSampler } from '../random/seeded-random';

/** A payment or refund as a client states it. */
export interface ClientPayment {
  readonly idempotencyKey: string;
  readonly merchantId: string;
  readonly payerId: string;
  readonly amount: number;
  readonly currency: string;
  readonly type: 'payment' | 'refund';
  readonly refundOf?: string;
  readonly method: { readonly type: 'card_token'; readonly token: string };
}

/** Merchants that are paid. */
export const MERCHANTS = 500;
const MERCHANT_SKEW = 1;
const PAYERS = 20_000;
const PAYER_SKEW = 0.9;
const CURRENCIES = ['EUR', 'EUR', 'EUR', 'USD', 'GBP'];
const LARGEST_BATCH = 50;
const BATCH_SHARE = 0.9;
const REFUND_SHARE = 0.01;
/** Share of refunds that ask for more than was paid. */
const EXCESSIVE_REFUND_SHARE = 0.05;
/** Mean of a uniform batch of 1 to 50, nine times in ten, else one. */
const MEAN_PAYMENTS_PER_REQUEST = BATCH_SHARE * ((1 + LARGEST_BATCH) / 2) + (1 - BATCH_SHARE);
/** The API takes no larger batch. */
const MOST_PAYMENTS_PER_REQUEST = 500;
/** Acknowledged payments that a refund may pick from. */
const REFUNDABLE_MEMORY = 5_000;

/** The merchant that is paid most often but for `rank` others. */
export function merchantOfRank(rank: number): string {
  return `merchant-${String(rank + 1).padStart(3, '0')}`;
}

/** The payer that pays most often but for `rank` others. */
export function payerOfRank(rank: number): string {
  return `payer-${(rank + 1).toString(36)}`;
}

/**
 * What the clients of the local run ask for: 500 merchants and 20,000 payers with Zipf popularity, lognormal amounts around 25.00,
 * 1 % refunds, nine requests in ten a batch of 1 to 50 payments, or all batches of one size.
 */
export class PaymentMix {
  private readonly merchants = new ZipfSampler(MERCHANTS, MERCHANT_SKEW);
  private readonly payers = new ZipfSampler(PAYERS, PAYER_SKEW);
  // Made once: there are ten thousand payments a second.
  private readonly merchantIds = Array.from({ length: MERCHANTS }, (_, rank) => merchantOfRank(rank));
  private readonly payerIds = Array.from({ length: PAYERS }, (_, rank) => payerOfRank(rank));
  private readonly refundable: { payment: ClientPayment; left: number }[] = [];
  private nextKey = 1;
  private poisonShare = 0;

  /** @throws Error for a size of requests that the API does not take */
  constructor(
    private readonly random: SeededRandom,
    /** Makes the keys of this run differ from those of another. */
    private readonly keyPrefix: string,
    /** Payments of every request, from 1 to 500. Default: nine in ten have 1 to 50, the others one */
    private readonly paymentsPerRequest?: number,
  ) {
    const isSize = paymentsPerRequest === undefined
      || (Number.isInteger(paymentsPerRequest) && paymentsPerRequest >= 1 && paymentsPerRequest <= MOST_PAYMENTS_PER_REQUEST);
    if (!isSize) {
      throw new Error(`\`paymentsPerRequest\` must be an integer from 1 to ${MOST_PAYMENTS_PER_REQUEST}, got: ${paymentsPerRequest}`);
    }
  }

  /** Payments of a request, on average. */
  get meanPaymentsPerRequest(): number {
    return this.paymentsPerRequest ?? MEAN_PAYMENTS_PER_REQUEST;
  }

  /**
   * From now on this share of the payments has a key that the ledger can never store; nothing refunds them.
   *
   * @throws Error for a share that is none
   */
  setPoisonShare(share: number): void {
    if (!(share >= 0 && share <= 1)) {
      throw new Error(`\`poisonShare\` must be from 0 to 1, got: ${share}`);
    }
    this.poisonShare = share;
  }

  /** Payments of the next request. One payment is posted alone, more as a batch. */
  nextRequest(): ClientPayment[] {
    const size = this.paymentsPerRequest ?? (this.random.next() < BATCH_SHARE ? this.random.integer(1, LARGEST_BATCH) : 1);
    return Array.from({ length: size }, () => this.nextPayment());
  }

  /** Tells that a payment was acknowledged: it may be refunded from now on. */
  acknowledged(payment: ClientPayment): void {
    if (payment.type !== 'payment' || isPoisonKey(payment.idempotencyKey)) {
      return;
    }
    const entry = { payment, left: payment.amount };
    if (this.refundable.length < REFUNDABLE_MEMORY) {
      this.refundable.push(entry);
    } else {
      this.refundable[this.random.integer(0, REFUNDABLE_MEMORY - 1)] = entry;
    }
  }

  private nextPayment(): ClientPayment {
    if (this.refundable.length > 0 && this.random.next() < REFUND_SHARE) {
      return this.refund();
    }
    // Drawn only while the share is above 0: a load without poison is the same with and without this fault.
    const isPoison = this.poisonShare > 0 && this.random.next() < this.poisonShare;
    const rank = this.merchants.sample(this.random);
    return {
      idempotencyKey: isPoison ? `${POISON_KEY_PREFIX}${this.key()}` : this.key(),
      merchantId: this.merchantIds[rank],
      payerId: this.payerIds[this.payers.sample(this.random)],
      amount: Math.min(1e12, Math.max(1, Math.round(Math.exp(Math.log(2_500) + 1.2 * this.random.normal())))),
      currency: CURRENCIES[rank % CURRENCIES.length],
      type: 'payment',
      method: { type: 'card_token', token: `tok_${this.random.integer(0, 0x7fffffff).toString(36)}x` },
    };
  }

  private refund(): ClientPayment {
    const index = this.random.integer(0, this.refundable.length - 1);
    const { payment, left } = this.refundable[index];
    const isExcessive = this.random.next() < EXCESSIVE_REFUND_SHARE;
    const amount = isExcessive ? payment.amount + 1 : this.random.integer(1, left);
    if (!isExcessive) {
      this.refundable[index].left -= amount;
      if (amount === left) {
        this.refundable[index] = this.refundable[this.refundable.length - 1];
        this.refundable.pop();
      }
    }
    return { ...payment, idempotencyKey: this.key(), amount, type: 'refund', refundOf: payment.idempotencyKey };
  }

  private key(): string {
    // A letter between the numbers: a key never looks like a card number.
    return `${this.keyPrefix}-k${(this.nextKey++).toString(36)}`;
  }
}
