import { chunksOf, forEachConcurrently } from '../runtime/aws/concurrency';
import type { Item } from '../runtime/aws/dynamodb';
import { invocationDeadline, type RemainingTime } from '../runtime/batch/time-budget';
import type { Cache } from '../runtime/cache/cache';
import { KEYS_PER_CALL } from '../runtime/limits';
import type { Logger } from '../runtime/observability/logger';
import type { Metrics } from '../runtime/observability/metrics';
import { encodeProfile, merchantKey, type Profile, RULES_KEY } from '../runtime/profile/profile';
import type { ProfileTable } from '../runtime/profile/profile-table';
import { type Clock, type Random } from '../runtime/retry/clock';
import { RetryPolicy } from '../runtime/retry/retry';

/** A cache that is connected to for one invocation: what is kept between two is frozen with the environment, connections too. */
export interface ConnectedCache extends Pick<Cache, 'write' | 'close'> {
  /** @returns whether there is a connection by then */
  untilConnected(milliseconds: number): Promise<boolean>;
}

export interface CacheWarmerPorts {
  readonly table: Pick<ProfileTable, 'read' | 'hottestMerchants' | 'scan'>;
  readonly connect: () => ConnectedCache;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
  /** @default Math.random */
  readonly random?: Random;
  /** Of readings of the table. @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
}

export interface CacheWarmerOptions {
  /** What keys in the cache begin with. */
  readonly cachePrefix: string;
  /**
   * How long the cache keeps what the warmer puts there, in seconds. Who uses it once it is old reads it again behind the scenes.
   *
   * @default 93600 (26 hours)
   */
  readonly warmSeconds?: number;
  /** Merchants at most. @default 20000 */
  readonly maximumMerchants?: number;
  /** Parts of the table that are read beside each other where no list tells which merchants are hot. @default 4 */
  readonly segments?: number;
}

/** What one invocation did. */
export interface WarmUp {
  /** Profiles that are in the cache now. */
  readonly warmed: number;
  /** Profiles that were meant to be there and are not. */
  readonly left: number;
}

export type CacheWarmerHandler = (event: unknown, context: RemainingTime) => Promise<WarmUp>;

const CONNECT_MILLISECONDS = 3_000;
const READINGS_UNDER_WAY = 4;
/** By how much lifetimes differ, so that not everything is gone at once. */
const JITTER = 0.05;

/**
 * Fills the cache with the rules and the merchants that are asked for most: those of the list in the table, else those that a scan finds first.
 * Running it again, or twice at once, does no harm. When its time is over it leaves the rest.
 */
export function createCacheWarmerHandler(ports: CacheWarmerPorts, options: CacheWarmerOptions): CacheWarmerHandler {
  return async (_event, context) => {
    const startedAt = ports.clock.now();
    const cache = ports.connect();
    const run = new WarmUpRun(ports, options, cache, invocationDeadline(context, startedAt));
    try {
      if (!(await cache.untilConnected(CONNECT_MILLISECONDS))) {
        throw new Error('the cache cannot be reached');
      }
      return await run.all();
    } finally {
      cache.close();
      ports.metrics.count('ProfilesWarmed', run.warmed);
      ports.metrics.count('ProfilesNotWarmed', run.left);
      ports.metrics.observe('WarmUpDuration', ports.clock.now() - startedAt);
      ports.metrics.flush();
    }
  };
}

class WarmUpRun {
  public warmed = 0;
  public left = 0;
  private readonly maximumMerchants: number;
  private readonly segments: number;
  private readonly retry: RetryPolicy;
  private readonly random: Random;

  public constructor(
    private readonly ports: CacheWarmerPorts,
    private readonly options: CacheWarmerOptions,
    private readonly cache: ConnectedCache,
    private readonly deadline: number,
  ) {
    this.maximumMerchants = options.maximumMerchants ?? 20_000;
    this.segments = options.segments ?? 4;
    this.retry = ports.retry ?? new RetryPolicy();
    this.random = ports.random ?? Math.random;
  }

  public async all(): Promise<WarmUp> {
    const hottest = await this.retried(() => this.ports.table.hottestMerchants());
    const keys = [RULES_KEY, ...hottest.slice(0, this.maximumMerchants).map(merchantKey)];
    await forEachConcurrently(chunksOf(keys, KEYS_PER_CALL), READINGS_UNDER_WAY, (chunk) => this.warmKeys(chunk));
    if (hottest.length === 0) {
      const segments = Array.from({ length: this.segments }, (_, segment) => segment);
      await forEachConcurrently(segments, this.segments, (segment) => this.warmSegment(segment));
    }
    const { warmed, left } = this;
    this.ports.logger.info('the cache was warmed', { warmed, left, source: hottest.length === 0 ? 'scan' : 'list' });
    return { warmed, left };
  }

  private async warmKeys(keys: readonly string[]): Promise<void> {
    if (this.isLate) {
      this.left += keys.length;
      return;
    }
    const { profiles, unprocessed } = await this.retried(() => this.ports.table.read(keys));
    this.left += unprocessed.length;
    await this.write(profiles);
  }

  private async warmSegment(segment: number): Promise<void> {
    let from: Item | undefined;
    do {
      const page = await this.retried(() => this.ports.table.scan(merchantKey(''), segment, this.segments, from));
      // The segments share one bound; each may be a page beyond it.
      await this.write(new Map([...page.profiles].slice(0, Math.max(0, this.maximumMerchants - this.warmed))));
      from = page.next;
    } while (from !== undefined && this.warmed < this.maximumMerchants && !this.isLate);
  }

  /** That there is no profile is left to those who ask for one. */
  private async write(profiles: ReadonlyMap<string, Profile | null>): Promise<void> {
    const { cachePrefix, warmSeconds = 93_600 } = this.options;
    const now = this.ports.clock.now();
    const entries = [...profiles].filter(([, profile]) => profile !== null).map(([key, profile]) => ({
      key: cachePrefix + key,
      value: encodeProfile(profile, now),
      lifetimeMilliseconds: Math.round(warmSeconds * 1_000 * (1 - JITTER * this.random())),
    }));
    const stored = await this.cache.write(entries);
    this.warmed += stored;
    this.left += entries.length - stored;
  }

  private get isLate(): boolean {
    return this.ports.clock.now() >= this.deadline;
  }

  private retried<Result>(call: () => Promise<Result>): Promise<Result> {
    return this.retry.run(call, { deadline: this.deadline });
  }
}
