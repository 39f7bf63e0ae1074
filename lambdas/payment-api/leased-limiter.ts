import type { Cache } from '../runtime/cache/cache';
import { leaseTokens } from '../runtime/cache/token-lease';
import { BoundedMap } from '../runtime/http/bounded-map';
import type { Metrics } from '../runtime/observability/metrics';
import { ClientLimiter, type Limiter, REMEMBERED_CLIENTS } from './client-limiter';

/** For how long a process leases ahead, in seconds of a client's limit: 20 leases a second at most, for a client that posts all it may here. */
const LEASE_SECONDS = 0.05;
/** How long leased tokens are good for, in milliseconds. What is hoarded longer would let a client through twice. */
const LEASE_LIFETIME_MILLISECONDS = 1_000;
/** How long a process goes by its own share before it asks again a cache that did not answer. */
const ALONE_MILLISECONDS = 100;

/** A request that waits for tokens. */
interface Waiting {
  readonly payments: number;
  readonly answer: (seconds: number) => void;
}

/** What this process knows of a client. Times are in milliseconds since 1970. */
interface Account {
  /** Leased and not spent. */
  tokens: number;
  leasedUntil: number;
  /** Until then nothing is left for anybody. */
  refusedUntil: number;
  /** Until then the cache is not asked. */
  aloneUntil: number;
  /** Until then nothing is leased ahead. */
  aheadFrom: number;
  leasing: boolean;
  waiting: Waiting[];
}

export interface LeasedLimiterOptions {
  readonly cache: Cache;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Among how many processes a client's limit is shared out while the cache is down. @default 1 */
  readonly processes?: number;
  readonly metrics: Metrics;
}

/**
 * Holds clients to what they may post at all processes together: their buckets are in the cache, and each process leases tokens from there in
 * blocks and spends them by itself. While the cache does not answer, each process goes by its own share.
 */
export class LeasedLimiter implements Limiter {
  private readonly cache: Cache;
  private readonly now: () => number;
  private readonly metrics: Metrics;
  private readonly alone: ClientLimiter;
  private readonly accounts = new BoundedMap<string, Account>(REMEMBERED_CLIENTS);

  public constructor({ cache, now, processes, metrics }: LeasedLimiterOptions) {
    this.cache = cache;
    this.now = now;
    this.metrics = metrics;
    this.alone = new ClientLimiter(now, processes);
  }

  public take(client: string, payments: number, paymentsPerSecond: number): number | Promise<number> {
    const now = this.now();
    const account = this.accountOf(client);
    if (now < account.refusedUntil) {
      return secondsOf(account.refusedUntil - now);
    }
    if (now >= account.leasedUntil) {
      account.tokens = 0;
    }
    if (account.waiting.length === 0 && account.tokens >= payments) {
      account.tokens -= payments;
      if (now >= account.aheadFrom && account.tokens < blockOf(paymentsPerSecond) / 2) {
        this.lease(client, account, paymentsPerSecond);
      }
      return 0;
    }
    if (now < account.aloneUntil) {
      return this.takeAlone(client, payments, paymentsPerSecond);
    }
    return new Promise((answer) => {
      account.waiting.push({ payments, answer });
      this.lease(client, account, paymentsPerSecond);
    });
  }

  private accountOf(client: string): Account {
    let account = this.accounts.get(client);
    if (account === undefined) {
      account = { tokens: 0, leasedUntil: 0, refusedUntil: 0, aloneUntil: 0, aheadFrom: 0, leasing: false, waiting: [] };
    }
    // Also one that was found: those in use are not forgotten.
    this.accounts.set(client, account);
    return account;
  }

  /** One lease of a client at a time: who comes meanwhile waits for it, and for the next one. */
  private lease(client: string, account: Account, paymentsPerSecond: number): void {
    if (!account.leasing) {
      account.leasing = true;
      void this.leaseForAll(client, account, paymentsPerSecond);
    }
  }

  private async leaseForAll(client: string, account: Account, paymentsPerSecond: number): Promise<void> {
    const wanted = blockOf(paymentsPerSecond);
    do {
      const waiting = account.waiting.splice(0);
      const owed = Math.max(0, waiting.reduce((sum, { payments }) => sum + payments, 0) - account.tokens);
      try {
        const { granted, waitMilliseconds } = await leaseTokens(this.cache, { client, tokensPerSecond: paymentsPerSecond, owed, wanted });
        const now = this.now();
        if (granted < owed) {
          account.refusedUntil = now + Math.min(LEASE_LIFETIME_MILLISECONDS, waitMilliseconds);
          waiting.forEach(({ answer }) => answer(secondsOf(waitMilliseconds)));
          continue;
        }
        account.tokens += granted;
        account.leasedUntil = now + LEASE_LIFETIME_MILLISECONDS;
        account.aheadFrom = granted === owed ? now + LEASE_SECONDS * 1_000 : 0;
        for (const { payments, answer } of waiting) {
          account.tokens -= payments;
          answer(0);
        }
      } catch {
        account.aloneUntil = this.now() + ALONE_MILLISECONDS;
        account.aheadFrom = account.aloneUntil;
        waiting.forEach(({ payments, answer }) => answer(this.takeAlone(client, payments, paymentsPerSecond)));
      }
    } while (account.waiting.length > 0);
    // In the same breath: who comes next must find that nobody leases any more.
    account.leasing = false;
  }

  private takeAlone(client: string, payments: number, paymentsPerSecond: number): number {
    this.metrics.count('LimitsWithoutCache');
    return this.alone.take(client, payments, paymentsPerSecond);
  }
}

function blockOf(paymentsPerSecond: number): number {
  return Math.ceil(paymentsPerSecond * LEASE_SECONDS);
}

function secondsOf(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1_000));
}
