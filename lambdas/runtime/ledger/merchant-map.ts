import { requireWholeNumber } from '../configuration/option-rules';
import { type Clock, systemClock } from '../retry/clock';
import { tableIndex } from '../sharding/shard-directory';

/** Which shard each merchant lies in, as of one version of a directory. It never changes. */
export class MerchantMap {
  /** Names of all shards, those included that merchants are not spread over. */
  public readonly shards: readonly string[];

  /**
   * @param version grows with each change of the directory
   * @param spread names of the shards that merchants are spread over by a hash of their id, in an order that never changes
   * @param placements shards of the merchants that were moved
   * @param sources shards that merchants were moved from, while rows of them may still be there
   * @param others shards that get merchants by moves alone. @default - none
   * @throws Error when there is no shard
   */
  public constructor(
    public readonly version: number, private readonly spread: readonly string[], public readonly placements: ReadonlyMap<string, string> = new Map(),
    private readonly sources: ReadonlyMap<string, string> = new Map(), others: readonly string[] = [],
  ) {
    if (spread.length === 0) {
      throw new Error('merchants must be spread over at least 1 shard, got: 0');
    }
    this.shards = [...new Set([...spread, ...others])];
  }

  /** The shard that serves a merchant. */
  public shardOf(merchantId: string): string {
    return this.placements.get(merchantId) ?? this.spread[tableIndex(merchantId, this.spread.length)];
  }

  /** The shards in which rows of a merchant may lie: that which serves it, and while it is on its way the one that it comes from or goes to. */
  public shardsOf(merchantId: string): string[] {
    const source = this.sources.get(merchantId);
    return [...new Set([this.shardOf(merchantId), ...(source === undefined ? [] : [source])])];
  }
}

/** Where a directory is read. */
export interface MerchantMapSource {
  /** The newest version. @throws when it does not answer */
  read(): Promise<MerchantMap>;
}

export interface MerchantPlacesOptions {
  readonly source: MerchantMapSource;
  /** After how long the directory is read again, in milliseconds, from 1 to 3,600,000. @default 30000 */
  readonly ageMilliseconds?: number;
  /** @default systemClock */
  readonly clock?: Pick<Clock, 'now'>;
}

/**
 * The directory as a worker goes by it. An old version does no harm, as a shard refuses what it does not serve: so it is read again now and then,
 * while nobody waits for that, and at once after a refusal. While it does not answer, what was read last goes on to hold, for as long as it takes.
 */
export class MerchantPlaces {
  private readonly source: MerchantMapSource;
  private readonly ageMilliseconds: number;
  private readonly clock: Pick<Clock, 'now'>;
  private known: MerchantMap | undefined;
  private readAt = Number.NEGATIVE_INFINITY;
  private underway: Promise<MerchantMap> | undefined;

  /** @throws RangeError when the age is out of its range */
  public constructor({ source, ageMilliseconds = 30_000, clock = systemClock }: MerchantPlacesOptions) {
    requireWholeNumber('ageMilliseconds', ageMilliseconds, 1, 3_600_000);
    this.source = source;
    this.ageMilliseconds = ageMilliseconds;
    this.clock = clock;
  }

  /** @throws when the directory was never read, and does not answer */
  public async current(): Promise<MerchantMap> {
    if (this.known === undefined) {
      return this.read();
    }
    if (this.clock.now() - this.readAt >= this.ageMilliseconds) {
      // It does not fail where something is known. A directory that does not answer must not hold up shards that do.
      void this.read();
    }
    return this.known;
  }

  /** The directory read anew, after a shard refused what an older version sent there. @throws as `current` */
  public read(): Promise<MerchantMap> {
    return this.underway ??= this.ask().finally(() => { this.underway = undefined; });
  }

  private async ask(): Promise<MerchantMap> {
    try {
      const read = await this.source.read();
      this.known = this.known !== undefined && this.known.version > read.version ? this.known : read;
    } catch (error) {
      if (this.known === undefined) {
        throw error;
      }
    }
    // After a failure too: who works meanwhile shall not wait for the directory each time.
    this.readAt = this.clock.now();
    return this.known;
  }
}
