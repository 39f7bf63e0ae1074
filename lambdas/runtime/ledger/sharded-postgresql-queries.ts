import { requireWholeNumber } from '../configuration/option-rules';
import { RetryPolicy } from '../retry/retry';
import { type MissingShard, scatterGather, type ScatterOptions } from '../sharding/scatter-gather';
import type { ConsistencyOptions } from './ledger';
import type { MerchantPlaces } from './merchant-map';
import { servedOnce } from './placed-rows';
import { notServed } from './postgresql-errors';
import { type CurrencyBalance, type Draw, type EntryPage, type EntryPosition, PostgresqlLedgerQueries } from './postgresql-queries';
import { type DailyTotal, dailyTotals, type PayerTotal, payerTotals } from './postgresql-read-models';
import { type PostgresqlShard, readWhereItLies } from './postgresql-shard';

export interface ShardedPostgresqlQueriesOptions {
  /** Which shard each merchant lies in. */
  readonly places: MerchantPlaces;
  readonly shard: (name: string) => PostgresqlShard;
  /** How all shards are asked, unless a question says otherwise. @default - those of `scatterGather` */
  readonly scatter?: ScatterOptions;
  /** How to wait for a merchant that is being switched. @default - up to 20 attempts with at most 200 ms between two */
  readonly moveRetry?: RetryPolicy;
}

/** What shards answered together. */
export interface AcrossShards<Total> {
  readonly totals: readonly Total[];
  /** Shards that are not in it; none unless the caller takes partial answers. */
  readonly missing: readonly MissingShard<string>[];
}

/** Totals of days, and how old they are. */
export interface DailyTotals extends AcrossShards<DailyTotal> {
  /** What was settled and committed before this is in them, in milliseconds since 1970: the oldest of the shards'. 0: some were never refreshed. */
  readonly asOf: number;
}

/**
 * Reads of a ledger over many PostgreSQL databases. What is of one merchant is asked where it lies; what goes across merchants is asked everywhere,
 * and put together so that a merchant on its way counts once.
 *
 * `consistent` chooses who is asked, the database that is written to or its replica; a merchant's own reads are consistent unless said otherwise,
 * those across merchants are not.
 */
export class ShardedPostgresqlQueries {
  private readonly moveRetry: RetryPolicy;

  public constructor(private readonly options: ShardedPostgresqlQueriesOptions) {
    this.moveRetry = options.moveRetry ?? new RetryPolicy({ maximumAttempts: 20, maximumMilliseconds: 200 });
  }

  /** As `PostgresqlLedgerQueries.balances`. */
  public balances(merchantId: string, options?: ConsistencyOptions): Promise<CurrencyBalance[]> {
    return this.ofMerchant(merchantId, options, (queries) => queries.balances(merchantId));
  }

  /** As `PostgresqlLedgerQueries.entries`. */
  public entries(
    merchantId: string, from: number, until: number, after?: EntryPosition, limit?: number, options?: ConsistencyOptions,
  ): Promise<EntryPage> {
    return this.ofMerchant(merchantId, options, (queries) => queries.entries(merchantId, from, until, after, limit));
  }

  /** As `PostgresqlLedgerQueries.draws`. */
  public draws(merchantId: string, idempotencyKey: string, options?: ConsistencyOptions): Promise<Draw[]> {
    return this.ofMerchant(merchantId, options, (queries) => queries.draws(merchantId, idempotencyKey));
  }

  /**
   * What a payer paid and got back over all merchants, by currency in the order of the codes; of the entries that the journals still hold.
   *
   * @param from first time of settlement, in milliseconds since 1970
   * @param until first time that is not meant any more
   * @throws ScatterError when too few shards answered; what the directory throws when it was never read
   */
  public async payer(
    payerId: string, from: number, until: number, { consistent = false, ...scatter }: ConsistencyOptions & ScatterOptions = {},
  ): Promise<AcrossShards<PayerTotal>> {
    const map = await this.options.places.current();
    const { answers, missing } = await scatterGather(map.shards, async (name) => (
      payerTotals(this.database(name, consistent), this.options.shard(name).schema, name, payerId, from, until)),
    { ...this.options.scatter, ...scatter });
    const rows = servedOnce(answers.flatMap(({ answer }) => answer), new Set(answers.map(({ shard }) => shard)));
    const totals = new Map<string, PayerTotal>();
    for (const { currency, paid, refunded, count } of rows) {
      const sum = totals.get(currency) ?? { currency, paid: 0n, refunded: 0n, count: 0n };
      totals.set(currency, { currency, paid: sum.paid + paid, refunded: sum.refunded + refunded, count: sum.count + count });
    }
    return { totals: [...totals.values()].sort((one, other) => (one.currency < other.currency ? -1 : 1)), missing };
  }

  /**
   * Totals by merchant, currency and day, in the order of days and merchants, as of the last refresh (`refreshDailyTotals`).
   *
   * @param fromDay first day, in days since 1970 by UTC
   * @param untilDay first day that is not meant any more
   * @param options `merchantId`: of this one alone, whose shards alone are asked
   * @throws RangeError when a day is not a whole number; otherwise as `payer`
   */
  public async days(
    fromDay: number, untilDay: number, options: ConsistencyOptions & ScatterOptions & { readonly merchantId?: string } = {},
  ): Promise<DailyTotals> {
    const { merchantId, consistent = false, ...scatter } = options;
    requireWholeNumber('fromDay', fromDay, 0);
    requireWholeNumber('untilDay', untilDay, 0);
    const map = await this.options.places.current();
    const shards = merchantId === undefined ? map.shards : map.shardsOf(merchantId);
    const { answers, missing } = await scatterGather(shards, async (name) => (
      dailyTotals(this.database(name, consistent), this.options.shard(name).schema, name, fromDay, untilDay, merchantId)),
    { ...this.options.scatter, ...scatter });
    const rows = servedOnce(answers.flatMap(({ answer }) => answer.rows), new Set(answers.map(({ shard }) => shard)));
    return {
      totals: rows.map(({ shard: _shard, move: _move, state: _state, other: _other, ...total }) => total)
        .sort((one, other) => one.day - other.day || (one.merchantId < other.merchantId ? -1 : one.merchantId > other.merchantId ? 1 : 0)),
      missing,
      asOf: Math.min(...answers.map(({ answer }) => answer.asOf)),
    };
  }

  private database(name: string, consistent: boolean): PostgresqlShard['database'] {
    const shard = this.options.shard(name);
    return consistent ? shard.database : shard.replica;
  }

  /** Reads, then asks whether the read was in the right place: a merchant does not come back while rows of it are left, so it was there all along. */
  private ofMerchant<Result>(
    merchantId: string, { consistent = true }: ConsistencyOptions = {}, read: (queries: PostgresqlLedgerQueries) => Promise<Result>,
  ): Promise<Result> {
    return readWhereItLies(this.options.places, this.moveRetry, merchantId, async (name) => {
      const shard = this.options.shard(name);
      const database = this.database(name, consistent);
      const result = await read(new PostgresqlLedgerQueries(database, shard.schema));
      if (await shard.isReadElsewhere(merchantId, database)) {
        throw notServed();
      }
      return result;
    });
  }
}
