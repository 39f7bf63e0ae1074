import type { Item } from '../aws/dynamodb';
import { AwsServiceError } from '../aws/errors';
import type { AwsCaller } from '../aws/json-client';
import type { Balance } from '../balance/balance-table';
import { RetryPolicy } from '../retry/retry';
import type { PayoutRequest } from './payout';
import type { Payouts } from './payout-table';

/** What became of the wish to count on a part of a balance. */
export type ReservationOutcome =
  /** The money is there, and no other payout counts on it. */
  | 'reserved'
  /** There is less than the amount. */
  | 'insufficient'
  /** Other payouts count on the money, and the balance may not show them yet: ask again later. */
  | 'uncertain';

/** Keeps payouts of one merchant and currency from counting on the same money. Methods throw when the tables do not answer, or BusyAccountError. */
export interface Reservations {
  reserve(payout: PayoutRequest, now: number): Promise<ReservationOutcome>;
  /** From `at` on the balance shows what became of the payout, so that its reservation does not count any more. */
  endAt(payout: PayoutRequest, at: number, now: number): Promise<void>;
}

export interface PayoutReservationsOptions {
  readonly dynamodb: AwsCaller;
  /** The table of the payouts. */
  readonly table: string;
  readonly balances: { balance(merchantId: string, currency: string): Promise<Balance> };
  readonly payouts: Pick<Payouts, 'find'>;
  /** How long a balance takes at most to show what happened in the ledger, in seconds. @default 300 */
  readonly balanceLagSeconds?: number;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
  /** Payouts of one merchant and currency that may be under way at once. @default 500, which fit into an item with room to spare */
  readonly maximum?: number;
}

/** A payout that counts on money. */
interface Reservation {
  readonly amount: number;
  /** In milliseconds since 1970. */
  readonly madeAt: number;
  /** When the balance shows it at the latest, in milliseconds since 1970. Absent as long as its hold may not even be in the ledger. */
  readonly endsAt?: number;
}

interface Account {
  readonly version: number;
  readonly reservations: Readonly<Record<string, Reservation>>;
}

/** Others wrote the reservations of the merchant whenever this one was about to. */
export class BusyAccountError extends Error {
  public constructor() {
    super('too many payouts of one merchant at once');
    this.name = 'BusyAccountError';
  }
}

/** Attempts to write an account that others write too. */
const MOST_CONFLICTS = 20;

/**
 * Reservations in one item a merchant and currency (`sk` is `account#EUR`), written on the condition that nobody wrote it meanwhile.
 *
 * A balance is a projection and shows a hold a moment after it was made. A check of the balance alone would let two payouts through that
 * follow each other closely. So each payout is written down here before its hold is made, and counts on top of the balance until that must
 * show it. In between it counts twice, on the safe side: a payout that the merchant could afford then waits, and is not refused.
 */
export class PayoutReservations implements Reservations {
  private readonly dynamodb: AwsCaller;
  private readonly table: string;
  private readonly balances: PayoutReservationsOptions['balances'];
  private readonly payouts: PayoutReservationsOptions['payouts'];
  private readonly lagMilliseconds: number;
  private readonly retry: RetryPolicy;
  private readonly maximum: number;

  public constructor(options: PayoutReservationsOptions) {
    this.dynamodb = options.dynamodb;
    this.table = options.table;
    this.balances = options.balances;
    this.payouts = options.payouts;
    this.lagMilliseconds = 1_000 * (options.balanceLagSeconds ?? 300);
    this.retry = options.retry ?? new RetryPolicy();
    this.maximum = options.maximum ?? 500;
  }

  public async reserve(payout: PayoutRequest, now: number): Promise<ReservationOutcome> {
    const { amount, currency, idempotencyKey, merchantId } = payout;
    return this.change<ReservationOutcome>(payout, now, async ({ reservations }) => {
      if (reservations[idempotencyKey] !== undefined) {
        return { outcome: 'reserved' };
      }
      // After the reservations: a hold whose reservation has ended before this moment is in the balance that is read after it.
      const { available } = await this.balances.balance(merchantId, currency);
      if (available < BigInt(amount)) {
        return { outcome: 'insufficient' };
      }
      const counted = Object.values(reservations).reduce((sum, it) => sum + BigInt(it.amount), 0n);
      if (available - counted < BigInt(amount) || Object.keys(reservations).length >= this.maximum) {
        return { outcome: 'uncertain', next: await this.withoutForgotten(merchantId, reservations, now) };
      }
      return { outcome: 'reserved', next: { ...reservations, [idempotencyKey]: { amount, madeAt: now } } };
    });
  }

  public async endAt(payout: PayoutRequest, at: number, now: number): Promise<void> {
    const { idempotencyKey } = payout;
    await this.change(payout, now, async ({ reservations }) => {
      const own = reservations[idempotencyKey];
      if (own === undefined || (own.endsAt ?? -1) >= at) {
        return { outcome: undefined };
      }
      return { outcome: undefined, next: { ...reservations, [idempotencyKey]: { ...own, endsAt: at } } };
    });
  }

  /**
   * Ends reservations that nobody will end: an execution made one after another execution of the payout had gone on, and died. Undefined
   * where there is none.
   */
  private async withoutForgotten(merchantId: string, reservations: Account['reservations'], now: number): Promise<Account['reservations'] | undefined> {
    const next: Record<string, Reservation> = { ...reservations };
    let changed = false;
    for (const [key, reservation] of Object.entries(reservations)) {
      if (reservation.endsAt === undefined && reservation.madeAt + this.lagMilliseconds < now) {
        const payout = await this.payouts.find(merchantId, key);
        if (payout !== undefined && payout.state !== 'requested' && payout.state !== 'reserved') {
          next[key] = { ...reservation, endsAt: now + this.lagMilliseconds };
          changed = true;
        }
      }
    }
    return changed ? next : undefined;
  }

  /** Reads, decides and writes, until nobody came in between. What has ended is left out. */
  private async change<Outcome>(
    { merchantId, currency }: PayoutRequest, now: number,
    decide: (account: Account) => Promise<{ readonly outcome: Outcome; readonly next?: Account['reservations'] }>,
  ): Promise<Outcome> {
    const key = { pk: { S: merchantId }, sk: { S: `account#${currency}` } };
    for (let conflicts = 0; conflicts < MOST_CONFLICTS; conflicts++) {
      const input = { TableName: this.table, Key: key, ConsistentRead: true };
      const { Item: item } = await this.retry.run(() => this.dynamodb.call<{ Item?: Item }>('GetItem', input));
      const account = readAccount(item, now);
      const { outcome, next } = await decide(account);
      if (next === undefined || await this.write(key, account.version, next)) {
        return outcome;
      }
      await this.retry.clock.sleep(this.retry.delayAfter(1) ?? 0);
    }
    throw new BusyAccountError();
  }

  /** @returns false when somebody wrote meanwhile, which after a lost answer may have been this very call: whoever decides anew sees it */
  private async write(key: Item, version: number, reservations: Account['reservations']): Promise<boolean> {
    try {
      await this.retry.run(() => this.dynamodb.call('PutItem', {
        TableName: this.table,
        Item: { ...key, version: { N: String(version + 1) }, reservations: { S: JSON.stringify(reservations) } },
        ...(version === 0
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : { ConditionExpression: 'version = :version', ExpressionAttributeValues: { ':version': { N: String(version) } } }),
      }));
      return true;
    } catch (error) {
      if (error instanceof AwsServiceError && error.code === 'ConditionalCheckFailedException') {
        return false;
      }
      throw error;
    }
  }
}

function readAccount(item: Item | undefined, now: number): Account {
  const all = JSON.parse(item?.reservations?.S ?? '{}') as Account['reservations'];
  const open = Object.entries(all).filter(([, { endsAt }]) => endsAt === undefined || endsAt > now);
  return { version: Number(item?.version?.N ?? 0), reservations: Object.fromEntries(open) };
}
