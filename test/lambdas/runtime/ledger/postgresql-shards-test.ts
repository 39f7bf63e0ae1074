import type { MerchantMover } from '../../../../lambdas/runtime/ledger/merchant-mover';
import type { Ledger, Outcome } from '../../../../lambdas/runtime/ledger/ledger';
import { refreshDailyTotals } from '../../../../lambdas/runtime/ledger/postgresql-read-models';
import type { ShardedPostgresqlQueries } from '../../../../lambdas/runtime/ledger/sharded-postgresql-queries';
import type { PaymentRecord } from '../../../../lambdas/runtime/payment/payment';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { ScatterError } from '../../../../lambdas/runtime/sharding/scatter-gather';
import { payment } from '../support/payments';
import { CuttingProxy } from './cutting-proxy';
import { identity, seededRandom, type StoredRow, StormLoad } from './ledger-storm';
import { describeWithPostgresql } from './postgresql-database';
import { ShardedDatabase } from './sharded-database';

const SEED = 20_261_122;
const WORKERS = 4;
const BATCH_SIZE = 50;
/** Ends a run that hangs. */
const LONGEST_MILLISECONDS = 900_000;
/** Machines are shared: a shard that is only slow is no dead one. */
const PATIENT = { shardMilliseconds: 60_000, milliseconds: 120_000 };
const ALL_TIME = [0, Number.MAX_SAFE_INTEGER] as const;
/** Paid before the rest, by a payer of its own, to every merchant that is moved: what readers look at meanwhile. */
const OBSERVED = 10;

/**
 * What goes over many shards of a real PostgreSQL: routing, a payer's total over all of them, merchants that move while they are paid, and a dead
 * shard; with sums exact.
 *
 * @param shards schemas of one server
 * @param payments how many different ones
 * @param moves how many merchants are moved meanwhile
 */
export function describeShards(shards: number, payments: number, moves: number): void {
  describeWithPostgresql(`${shards} shards of a PostgreSQL`, () => {
    let database: ShardedDatabase;
    let queries: ShardedPostgresqlQueries;
    let load: StormLoad;
    const moved = Array.from({ length: moves }, (_, index) => `m-${index}`);

    beforeAll(async () => {
      database = await ShardedDatabase.start(shards);
      queries = database.queries();
      load = new StormLoad(payments, seededRandom(SEED));
    }, LONGEST_MILLISECONDS);
    afterAll(() => database.stop());

    it('take every payment once, each in the shard of its merchant, while merchants move and readers read', async () => {
      for (const merchantId of moved) {
        await database.ledger().applyPayments(Array.from({ length: OBSERVED }, (_, index) => payment(merchantId, `o-${index}`, { payerId: 'observed' })));
      }
      let working = true;
      const before = await database.directory.read();
      const [report] = await Promise.all([
        pay(load.records).finally(() => { working = false; }),
        moveAll(database.mover({ pageRows: 100 })),
        read(() => working),
      ]);
      expect(report.rejected).toBe([...load.expected.values()].filter(({ rejected }) => rejected).length);
      const after = await database.directory.read();
      moved.forEach((merchantId) => expect(after.shardOf(merchantId)).not.toBe(before.shardOf(merchantId)));
      // Where nothing is left behind, what every shard holds is what there is.
      expect((await database.mover().clean()).sort()).toEqual([...moved].sort());
      await expectRows();
      const used = await database.everywhere("SELECT 'SCHEMA' AS shard, count(*) AS entries FROM SCHEMA.entry");
      expect(used.filter(({ entries }) => Number(entries) > 0).length).toBeGreaterThan(shards / 2);
      for (const row of await database.everywhere("SELECT DISTINCT 'SCHEMA' AS shard, merchant_id FROM SCHEMA.entry")) {
        expect([row.merchant_id, row.shard]).toEqual([row.merchant_id, after.shardOf(String(row.merchant_id))]);
      }
    }, LONGEST_MILLISECONDS);

    it('add up to exact sums: balances, a payer over all merchants, and totals of days', async () => {
      for (const [merchantId, sum] of load.sums) {
        const own = moved.includes(merchantId) ? BigInt(OBSERVED) * 100n : 0n;
        expect([merchantId, (await queries.balances(merchantId)).map(({ available }) => available)]).toEqual([merchantId, [sum + own]]);
      }
      const [paid, refunded] = expectedTotals();
      expect(await queries.payer('payer-1', ...ALL_TIME, PATIENT)).toMatchObject({ totals: [{ currency: 'EUR', paid, refunded }], missing: [] });
      expect(await queries.payer('nobody', ...ALL_TIME, PATIENT)).toEqual({ totals: [], missing: [] });
      const now = Date.now();
      await Promise.all(database.names.map((schema) => refreshDailyTotals(database.database.connections, { schema, now })));
      const days = await queries.days(0, 100_000, PATIENT);
      expect(days.asOf).toBe(now);
      const observed = BigInt(moves * OBSERVED) * 100n;
      expect(days.totals.reduce((sum, total) => sum + total.payments, 0n)).toBe(paid + observed);
      expect(days.totals.reduce((sum, total) => sum + total.refunds, 0n)).toBe(refunded);
    }, LONGEST_MILLISECONDS);

    it('lose what one dead shard serves, and nothing else', async () => {
      const map = await database.directory.read();
      const dead = map.shardOf('m-0');
      const proxy = await CuttingProxy.start(database.database.engine.port, () => 'pass');
      database.callers.set(dead, database.database.connect({ port: proxy.port, connectMilliseconds: 200 }));
      const merchants = [...new Set(load.records.map(({ merchantId }) => merchantId))];
      const batch = (name: string): PaymentRecord[] => merchants.map((merchantId) => payment(merchantId, name, { payerId: 'late' }));
      const ledger = database.ledger({ retry: () => new RetryPolicy({ maximumAttempts: 2 }) });
      expect(new Set((await ledger.applyPayments(batch('alive'))).map(({ kind }) => kind))).toEqual(new Set(['applied']));
      await proxy.stop();
      const outcomes = await ledger.applyPayments(batch('dead'));
      outcomes.forEach(({ kind }, index) => {
        expect([merchants[index], kind]).toEqual([merchants[index], map.shardOf(merchants[index]) === dead ? 'unavailable' : 'applied']);
      });
      await expect(queries.payer('late', ...ALL_TIME, PATIENT)).rejects.toThrow(ScatterError);
      const there = outcomes.filter(({ kind }) => kind === 'applied').length;
      const partial = await queries.payer('late', ...ALL_TIME, { ...PATIENT, partial: 'bestEffort' });
      expect(partial.missing.map(({ shard }) => shard)).toEqual([dead]);
      expect(partial.totals).toEqual([{ currency: 'EUR', paid: BigInt(2 * there) * 100n, refunded: 0n, count: BigInt(2 * there) }]);
      expect((await queries.days(0, 100_000, { ...PATIENT, partial: { quorum: shards - 1 } })).totals.length).toBeGreaterThan(0);
      await expect(queries.balances('m-0')).rejects.toThrow('no connection to the database');
      // It is back: what was unavailable is paid, the rest was.
      database.callers.delete(dead);
      const again = await database.ledger().applyPayments(batch('dead'));
      expect(again.map(({ kind }) => kind)).toEqual(outcomes.map(({ kind }) => (kind === 'applied' ? 'duplicate' : 'applied')));
      expect((await queries.payer('late', ...ALL_TIME, PATIENT)).totals).toMatchObject([{ paid: BigInt(2 * merchants.length) * 100n }]);
    }, LONGEST_MILLISECONDS);

    /** Workers pay, each with a directory of its own that it reads when it must. */
    async function pay(records: readonly PaymentRecord[]): Promise<{ readonly rejected: number }> {
      const queue: PaymentRecord[][] = [];
      for (let start = 0; start < records.length; start += BATCH_SIZE) {
        queue.push(records.slice(start, start + BATCH_SIZE));
      }
      let rejected = 0;
      await Promise.all(Array.from({ length: WORKERS }, async () => {
        const ledger = database.ledger();
        for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
          const outcomes = await applyBatch(ledger, batch);
          rejected += outcomes.filter(({ kind }) => kind === 'rejected').length;
          const unsettled = batch.filter((_, index) => outcomes[index].kind === 'unavailable' || outcomes[index].kind === 'waiting');
          if (unsettled.length > 0) {
            queue.push(unsettled);
          }
        }
      }));
      // A refund that comes twice is rejected twice.
      const refused = new Set([...load.expected.values()].filter((row) => row.rejected).map(identity));
      const twice = records.filter((record) => refused.has(identity(record))).length - refused.size;
      return { rejected: rejected - twice };
    }

    async function applyBatch(ledger: Ledger, batch: readonly PaymentRecord[]): Promise<Outcome[]> {
      const paid = batch.filter(({ type }) => type === 'payment');
      const outcomes = new Map<PaymentRecord, Outcome>();
      (await ledger.applyPayments(paid)).forEach((outcome, index) => outcomes.set(paid[index], outcome));
      for (const each of batch) {
        if (each.type === 'refund') {
          outcomes.set(each, await ledger.applyRefund(each));
        }
      }
      return batch.map((each) => outcomes.get(each) as Outcome);
    }

    async function moveAll(mover: MerchantMover): Promise<void> {
      for (const [index, merchantId] of moved.entries()) {
        const source = database.names.indexOf((await database.directory.read()).shardOf(merchantId));
        await mover.move(merchantId, database.names[(source + 1 + index % (shards - 1)) % shards]);
      }
    }

    /** What was there before the moves is there all the time, once: in its place, and in what goes across shards. */
    async function read(isWorking: () => boolean): Promise<void> {
      const counts = new Map<string, bigint>();
      const ledger = database.ledger();
      for (let round = 0; isWorking() || round < moves; round++) {
        const merchantId = moved[round % moves];
        expect(await ledger.find(merchantId, 'o-1')).toMatchObject({ amount: 100 });
        const [{ count }] = await queries.balances(merchantId);
        expect(count).toBeGreaterThanOrEqual(counts.get(merchantId) ?? 0n);
        counts.set(merchantId, count);
        expect((await queries.payer('observed', ...ALL_TIME, { ...PATIENT, concurrency: 4 })).totals)
          .toEqual([{ currency: 'EUR', paid: BigInt(moves * OBSERVED) * 100n, refunded: 0n, count: BigInt(moves * OBSERVED) }]);
      }
    }

    function expectedTotals(): readonly [bigint, bigint] {
      const rows = [...load.expected.values()].filter(({ rejected }) => !rejected);
      const sum = (type: string): bigint => rows.reduce((all, row) => all + (row.type === type ? row.amount : 0n), 0n);
      return [sum('payment'), sum('refund')];
    }

    async function expectRows(): Promise<void> {
      const rows = await database.everywhere(`SELECT merchant_id, idempotency_key, type, amount, rejection IS NOT NULL AS rejected, remaining
        FROM SCHEMA.entry JOIN SCHEMA.entry_key USING (key, settled_at) WHERE payer_id = 'payer-1'`);
      let wrong = 0;
      for (const row of rows) {
        const stored: StoredRow = {
          merchantId: String(row.merchant_id), idempotencyKey: String(row.idempotency_key), type: String(row.type),
          amount: BigInt(String(row.amount)),
          rejected: row.rejected === true,
          ...(row.remaining === null ? undefined : { remaining: BigInt(String(row.remaining)) }),
        };
        const expected = load.expected.get(identity(stored));
        wrong += expected?.amount === stored.amount && expected.rejected === stored.rejected && expected.remaining === stored.remaining ? 0 : 1;
      }
      expect({ wrong, rows: rows.length }).toEqual({ wrong: 0, rows: load.expected.size });
    }
  });
}
