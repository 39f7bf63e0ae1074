import { wholeFrom } from '../configuration/option-rules';
import { BoundedMap } from '../http/bounded-map';
import { type KeyedLimiter, KeyedTokenBuckets, REMEMBERED_KEYS } from '../resilience/keyed-token-buckets';
import { type Clock, systemClock } from '../retry/clock';
import type { Cache } from './cache';
import { ALONE_MILLISECONDS, blockOf, LEASE_LIFETIME_MILLISECONDS, LEASE_SECONDS } from './lease-sizes';
import { leaseTokens } from './token-lease';

/** A charge that waits for tokens. */
interface Waiting {
  readonly tokens: number;
  readonly answer: (milliseconds: number) => void;
}

/** What this process knows of a key. Times are in milliseconds since 1970. */
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

export interface LeasedTokenBucketsOptions {
  readonly cache: Cache;
  /** Among how many processes a limit is shared out while the cache is down. A whole number of at least 1. @default 1 */
  readonly processes?: number;
  /** Keys that are remembered at least. @default 10000 */
  readonly rememberedKeys?: number;
  /** Is told of each charge that was decided without the cache. @default - nobody is told */
  readonly onAlone?: () => void;
  /** @default - the system clock */
  readonly clock?: Pick<Clock, 'now'>;
}

/**
 * A token bucket for each key that all processes share: the buckets are in the cache, and each process leases tokens from there in blocks and spends
 * them by itself, so that most charges cost no call. While the cache does not answer, each process goes by its own share.
 */
export class LeasedTokenBuckets implements KeyedLimiter {
  private readonly cache: Cache;
  private readonly clock: Pick<Clock, 'now'>;
  private readonly onAlone: () => void;
  private readonly alone: KeyedTokenBuckets;
  private readonly accounts: BoundedMap<string, Account>;

  /** @throws RangeError when an option is out of its range */
  public constructor(options: LeasedTokenBucketsOptions) {
    const { cache, processes, rememberedKeys = REMEMBERED_KEYS, onAlone = () => undefined, clock = systemClock } = options;
    this.cache = cache;
    this.clock = clock;
    this.onAlone = onAlone;
    this.alone = new KeyedTokenBuckets({ processes, rememberedKeys, clock });
    this.accounts = new BoundedMap(wholeFrom('rememberedKeys', rememberedKeys, 1));
  }

  public take(key: string, tokens: number, tokensPerSecond: number): number | Promise<number> {
    const now = this.clock.now();
    const account = this.accountOf(key);
    if (now < account.refusedUntil) {
      return account.refusedUntil - now;
    }
    if (now >= account.leasedUntil) {
      account.tokens = 0;
    }
    if (account.waiting.length === 0 && account.tokens >= tokens) {
      account.tokens -= tokens;
      if (now >= account.aheadFrom && account.tokens < blockOf(tokensPerSecond) / 2) {
        this.lease(key, account, tokensPerSecond);
      }
      return 0;
    }
    if (now < account.aloneUntil) {
      return this.takeAlone(key, tokens, tokensPerSecond);
    }
    return new Promise((answer) => {
      account.waiting.push({ tokens, answer });
      this.lease(key, account, tokensPerSecond);
    });
  }

  private accountOf(key: string): Account {
    let account = this.accounts.get(key);
    if (account === undefined) {
      account = { tokens: 0, leasedUntil: 0, refusedUntil: 0, aloneUntil: 0, aheadFrom: 0, leasing: false, waiting: [] };
    }
    // Also one that was found: those in use are not forgotten.
    this.accounts.set(key, account);
    return account;
  }

  /** One lease of a key at a time: who comes meanwhile waits for it, and for the next one. */
  private lease(key: string, account: Account, tokensPerSecond: number): void {
    if (!account.leasing) {
      account.leasing = true;
      void this.leaseForAll(key, account, tokensPerSecond);
    }
  }

  private async leaseForAll(key: string, account: Account, tokensPerSecond: number): Promise<void> {
    const wanted = blockOf(tokensPerSecond);
    do {
      const waiting = account.waiting.splice(0);
      const owed = Math.max(0, waiting.reduce((sum, { tokens }) => sum + tokens, 0) - account.tokens);
      try {
        const { granted, waitMilliseconds } = await leaseTokens(this.cache, { key, tokensPerSecond, owed, wanted });
        const now = this.clock.now();
        if (granted < owed) {
          account.refusedUntil = now + Math.min(LEASE_LIFETIME_MILLISECONDS, waitMilliseconds);
          waiting.forEach(({ answer }) => answer(Math.max(1, waitMilliseconds)));
          continue;
        }
        account.tokens += granted;
        account.leasedUntil = now + LEASE_LIFETIME_MILLISECONDS;
        account.aheadFrom = granted === owed ? now + LEASE_SECONDS * 1_000 : 0;
        for (const { tokens, answer } of waiting) {
          account.tokens -= tokens;
          answer(0);
        }
      } catch {
        account.aloneUntil = this.clock.now() + ALONE_MILLISECONDS;
        account.aheadFrom = account.aloneUntil;
        waiting.forEach(({ tokens, answer }) => answer(this.takeAlone(key, tokens, tokensPerSecond)));
      }
    } while (account.waiting.length > 0);
    // In the same breath: who comes next must find that nobody leases any more.
    account.leasing = false;
  }

  private takeAlone(key: string, tokens: number, tokensPerSecond: number): number {
    this.onAlone();
    return this.alone.take(key, tokens, tokensPerSecond);
  }
}
