import { forEachConcurrently } from '../aws/concurrency';
import { requireWholeNumber } from '../configuration/option-rules';
import type { MovementRecord, StreamRecord } from '../payment/movement';
import type { PaymentRecord } from '../payment/payment';
import { RetryPolicy } from '../retry/retry';
import { CollectingLedger } from './collecting-ledger';
import type { ApplyOptions, ApplyRefundOptions, BulkLedger, ConsistencyOptions, Ledger, LedgerEntry, Outcome } from './ledger';
import type { MerchantMap, MerchantPlaces } from './merchant-map';
import { unavailable } from './outcomes';
import { isNotServed } from './postgresql-errors';
import { PostgresqlLedger, type PostgresqlLedgerOptions } from './postgresql-ledger';
import { type PostgresqlShard, readWhereItLies } from './postgresql-shard';

export interface ShardedPostgresqlLedgerOptions {
  /** Which shard each merchant lies in. */
  readonly places: MerchantPlaces;
  /** The shard of a name; asked once for each. */
  readonly shard: (name: string) => PostgresqlShard;
  /** Shards that one batch is written to at once, from 1 to 1000. @default 16 */
  readonly concurrency?: number;
  /**
   * Calls of one batch under way at once in one shard, from 1 to 1000: connections of the pool of that shard, by Little's law calls a second times
   * seconds a call. The Decision `aurora/poolPerWorker` of the sizing has it.
   *
   * @default 2
   */
  readonly callsPerShard?: number;
  /**
   * How long the first payments of a call wait for those of other batches, in milliseconds, from 1 to 1000, as `CollectingLedger` has them wait.
   * For who works on several batches at once.
   *
   * @default - they do not wait, and no two batches share a call
   */
  readonly collectMilliseconds?: number;
  /** Of a shard's own ledger. @default - those of `PostgresqlLedger` */
  readonly ledger?: Pick<PostgresqlLedgerOptions, 'refundWindowSeconds' | 'batchSize' | 'balanceSlots'>;
  /** Of a shard's own calls: one for each, so that a dead shard uses up no other one's retries. @default - RetryPolicy with its defaults */
  readonly retry?: (shard: string) => RetryPolicy;
  /** How to wait for a merchant that is being switched from one shard to another. @default - up to 20 attempts with at most 200 ms between two */
  readonly moveRetry?: RetryPolicy;
  /**
   * Puts the ledger of a shard behind a circuit breaker of its own, such as with `guardLedger`: a batch then waits for a dead shard once.
   *
   * @default - none
   */
  readonly guard?: (ledger: Ledger, shard: string) => Ledger;
}

/**
 * The ledger over many PostgreSQL databases. A merchant lies in one of them; a batch is split, and its parts are written at once. A shard that does
 * not answer makes its own payments `unavailable`, and no others.
 *
 * Merchants move while they are paid (`MerchantMover`). A shard itself refuses what it does not serve, in the transaction that would store it: so
 * a worker may go by an old directory, or sleep between reading it and writing, and nothing takes effect twice. What was refused is sent where the
 * directory says now.
 */
export class ShardedPostgresqlLedger implements Ledger {
  private readonly concurrency: number;
  private readonly callsPerShard: number;
  private readonly moveRetry: RetryPolicy;
  private readonly shards = new Map<string, { readonly ledger: Ledger; readonly shard: PostgresqlShard }>();

  /** @throws RangeError when an option is out of its range */
  public constructor(private readonly options: ShardedPostgresqlLedgerOptions) {
    const { concurrency = 16, callsPerShard = 2 } = options;
    requireWholeNumber('concurrency', concurrency, 1, 1_000);
    requireWholeNumber('callsPerShard', callsPerShard, 1, 1_000);
    this.concurrency = concurrency;
    this.callsPerShard = callsPerShard;
    this.moveRetry = options.moveRetry ?? new RetryPolicy({ maximumAttempts: 20, maximumMilliseconds: 200 });
  }

  public applyPayments(payments: readonly PaymentRecord[], options: ApplyOptions = {}): Promise<Outcome[]> {
    return this.apply(payments, options.deadline, (ledger, some) => ledger.applyPayments(some, options));
  }

  public async applyRefund(refund: PaymentRecord, options: ApplyRefundOptions = {}): Promise<Outcome> {
    const [outcome] = await this.apply([refund], options.deadline, async (ledger, [one]) => [await ledger.applyRefund(one, options)]);
    return outcome;
  }

  public applyHolds(holds: readonly MovementRecord[], options: ApplyOptions = {}): Promise<Outcome[]> {
    return this.apply(holds, options.deadline, (ledger, some) => ledger.applyHolds(some, options));
  }

  public async applyHoldEnd(movement: MovementRecord, options: ApplyRefundOptions = {}): Promise<Outcome> {
    const [outcome] = await this.apply([movement], options.deadline, async (ledger, [one]) => [await ledger.applyHoldEnd(one, options)]);
    return outcome;
  }

  public async find(merchantId: string, idempotencyKey: string, options: ConsistencyOptions = {}): Promise<LedgerEntry | undefined> {
    return readWhereItLies(this.options.places, this.moveRetry, merchantId, (name) => this.at(name).ledger.find(merchantId, idempotencyKey, options));
  }

  private async apply<Kind extends StreamRecord>(
    records: readonly Kind[], deadline: number | undefined, write: (ledger: Ledger, some: readonly Kind[]) => Promise<Outcome[]>,
  ): Promise<Outcome[]> {
    const outcomes = new Array<Outcome>(records.length);
    const attempts = this.moveRetry.begin(deadline);
    let pending = records.map((_, index) => index);
    let map: MerchantMap;
    try {
      map = await this.options.places.current();
    } catch (error) {
      return records.map(() => unavailable(error));
    }
    for (;;) {
      const refused: number[] = [];
      await forEachConcurrently(this.byShard(map, records, pending), this.concurrency, async ([name, some]) => {
        refused.push(...await this.applyAt(name, records, some, outcomes, write));
      });
      if (refused.length === 0 || !(await attempts.again())) {
        return outcomes;
      }
      // In their order: of equal keys the first counts as the earlier one.
      pending = refused.sort((one, other) => one - other);
      map = await this.options.places.read();
    }
  }

  /** Gives the records of one shard their outcomes. @returns those of merchants that it does not serve */
  private async applyAt<Kind extends StreamRecord>(
    name: string, records: readonly Kind[], indexes: readonly number[], outcomes: Outcome[],
    write: (ledger: Ledger, some: readonly Kind[]) => Promise<Outcome[]>,
  ): Promise<number[]> {
    const elsewhere: number[] = [];
    let pending = indexes;
    for (;;) {
      // In ascending order, so as many as there are records are all of them.
      const answers = await write(this.at(name).ledger, pending.length === records.length ? records : pending.map((index) => records[index]));
      pending.forEach((index, place) => { outcomes[index] = answers[place]; });
      const refused = pending.filter((_, place) => wasRefused(answers[place]));
      // A call is refused as a whole for one merchant: the others of it are sent again without that one.
      const gone = refused.length === 0 ? undefined : await this.notServed(name, refused.map((index) => records[index].merchantId));
      const others = refused.filter((index) => gone !== undefined && !gone.has(records[index].merchantId));
      elsewhere.push(...refused.filter((index) => !others.includes(index)));
      if (others.length === 0 || others.length === refused.length) {
        return [...elsewhere, ...others];
      }
      pending = others;
    }
  }

  /** Which of some merchants a shard does not serve; undefined when it does not say. */
  private async notServed(name: string, merchantIds: readonly string[]): Promise<ReadonlySet<string> | undefined> {
    try {
      return await this.at(name).shard.notServed([...new Set(merchantIds)]);
    } catch {
      return undefined;
    }
  }

  private byShard(map: MerchantMap, records: readonly StreamRecord[], indexes: readonly number[]): [string, readonly number[]][] {
    if (map.shards.length === 1) {
      return [[map.shards[0], indexes]];
    }
    const groups = new Map<string, number[]>();
    for (const index of indexes) {
      const name = map.shardOf(records[index].merchantId);
      const group = groups.get(name);
      if (group === undefined) {
        groups.set(name, [index]);
      } else {
        group.push(index);
      }
    }
    return [...groups];
  }

  private at(name: string): { readonly ledger: Ledger; readonly shard: PostgresqlShard } {
    let known = this.shards.get(name);
    if (known === undefined) {
      const shard = this.options.shard(name);
      const ledger = new PostgresqlLedger({
        ...this.options.ledger, database: shard.database, replica: shard.replica, schema: shard.schema, concurrency: this.callsPerShard,
        retry: this.options.retry?.(name) ?? new RetryPolicy(),
      });
      const collecting = this.collecting(ledger);
      known = { shard, ledger: this.options.guard?.(collecting, name) ?? collecting };
      this.shards.set(name, known);
    }
    return known;
  }

  private collecting(ledger: BulkLedger): Ledger {
    const { collectMilliseconds: milliseconds, ledger: { batchSize: records } = {} } = this.options;
    return milliseconds === undefined ? ledger : new CollectingLedger(ledger, { milliseconds, calls: this.callsPerShard, records });
  }
}

function wasRefused(outcome: Outcome): boolean {
  return outcome.kind === 'unavailable' && isNotServed(outcome.error);
}
