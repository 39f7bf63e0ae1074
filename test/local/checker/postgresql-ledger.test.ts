import { setTimeout as delay } from 'node:timers/promises';
import { PostgresqlLedger as WrittenLedger } from '../../../lambdas/runtime/ledger/postgresql-ledger';
import { PostgresqlLedgerQueries } from '../../../lambdas/runtime/ledger/postgresql-queries';
import type { PaymentRecord } from '../../../lambdas/runtime/payment/payment';
import { Checker, type CheckerReport } from '../../../local/checker/checker';
import type { AppearedRow, LedgerObserver } from '../../../local/checker/judged-ledger';
import { PostgresqlLedger } from '../../../local/checker/postgresql-ledger';
import { type TableClient, Tables } from '../../../local/checker/tables';
import type { ApiClient } from '../../../local/load/api-client';
import type { Outcome, SentMovement, SentPayment } from '../../../local/load/outcome';
import { describeWithPostgresql, PostgresqlDatabase } from '../../lambdas/runtime/ledger/postgresql-database';
import { hold, holdEnd, payment, refund } from '../../lambdas/runtime/support/payments';

const WAIT_MILLISECONDS = 20_000;

const NO_ITEMS: TableClient = { call: async <Output>() => ({ Items: [] }) as Output };

describeWithPostgresql('the checker of a ledger in PostgreSQL', () => {
  let database: PostgresqlDatabase;
  let written: WrittenLedger;
  let judged: PostgresqlLedger;
  let checker: Checker;
  let settled: string[];
  /** What the ledger told while it was followed. */
  let told: AppearedRow[];
  let failures: Error[];

  const sql = (text: string) => database.connections.query({ text });
  const observer = (isWaiting: () => boolean = () => checker.isWaiting): LedgerObserver => ({
    appeared: (rows) => {
      told.push(...rows);
      checker.appeared(rows);
    },
    rewritten: (id) => checker.rewritten(id),
    get isWaiting() {
      return isWaiting();
    },
    failed: (error) => failures.push(error),
  });
  const until = async (condition: () => boolean): Promise<void> => {
    for (const start = Date.now(); !condition(); await delay(5)) {
      if (Date.now() - start > WAIT_MILLISECONDS || failures.length > 0) {
        throw failures[0] ?? new Error(`it does not come; ${told.length} rows were told`);
      }
    }
  };
  /** The API answers with the balance that the ledger's own queries read. */
  const api = {
    get: async (path: string) => {
      const [, merchantId, currency] = /^\/merchants\/(.*)\/balance\?currency=(.*)$/.exec(path)!;
      const balance = (await new PostgresqlLedgerQueries(database.connections).balances(merchantId)).find((it) => it.currency === currency)!;
      return { status: 200, body: `{"available":${balance.available},"held":${balance.held}}` };
    },
  } as unknown as ApiClient;
  const outcome = (status: number, of: Pick<Outcome, 'payment' | 'movement'>): Outcome =>
    ({ ...of, status, scheduledAt: Date.now(), answeredAt: Date.now(), late: false });
  const acknowledge = (...payments: readonly PaymentRecord[]) => checker.addOutcomes(payments.map((it): Outcome => {
    const { merchantId, idempotencyKey, payerId, amount, currency, type, refundOf, cardToken: token } = it;
    return outcome(202, { payment: { merchantId, idempotencyKey, payerId, amount, currency, type, refundOf, token } satisfies SentPayment });
  }));
  const acknowledgeMovement = (movement: SentMovement) => checker.addOutcomes([outcome(202, { movement })]);

  beforeAll(async () => {
    database = await PostgresqlDatabase.start();
    written = new WrittenLedger({ database: database.connections });
  }, 60_000);
  afterAll(() => database.stop());

  beforeEach(async () => {
    await sql('TRUNCATE ledger.entry, ledger.entry_key, ledger.balance_slot');
    const { host, port, user, database: name } = database.engine;
    judged = new PostgresqlLedger([{ host, port, user, database: name, schema: 'ledger' }], 5);
    told = [];
    settled = [];
    failures = [];
    checker = new Checker({
      ledger: judged, tables: new Tables(NO_ITEMS), names: { parking: 'parking' }, apis: [api], onSettled: (identities) => settled.push(...identities),
    });
  });
  afterEach(() => judged.stop());

  /** Two payments with a refund and one of too much, a hold and its release: acknowledged and written. */
  async function fill(): Promise<void> {
    const payments = [payment('m', 'a'), payment('m', 'b', { amount: 50, cardToken: undefined })];
    const refunds = [refund('m', 'r', 'a', { amount: 30 }), refund('m', 'x', 'b', { amount: 51 })];
    acknowledge(...payments, ...refunds);
    acknowledgeMovement({ merchantId: 'm', idempotencyKey: 'h', amount: 40, currency: 'EUR', type: 'hold', reason: 'review' });
    acknowledgeMovement({ merchantId: 'm', idempotencyKey: 'e', amount: 10, currency: 'EUR', type: 'release', holdOf: 'h' });
    await written.applyPayments(payments);
    await written.applyHolds([hold('m', 'h', { amount: 40, reason: 'review' })]);
    for (const it of refunds) {
      await written.applyRefund(it);
    }
    await written.applyHoldEnd(holdEnd('m', 'e', 'h', { amount: 10 }));
  }

  it('finds nothing where everything is as it was promised', async () => {
    await judged.follow(observer());
    await fill();
    await until(() => told.length === 6);
    expect(checker.progress()).toMatchObject({ acknowledgedKeys: 6, settledKeys: 6, ledgerEffects: 5 });
    expect(await checker.projectedEffects()).toBe(5);
    expect(settled.sort()).toEqual(['a', 'b', 'e', 'h', 'r', 'x'].map((key) => `m\u0000${key}`));
    expect(await checker.report()).toMatchObject({
      sent: 6, acked: 6, applied: 5, rejected: 1, holds: 1, releases: 1, lost: 0, doubled: 0, outOfBalance: 0, findings: [],
      balances: [{ merchantId: 'm', currency: 'EUR', balance: '120' }],
    });
  });

  /** A copy of a row under another key of the index, as two writers with different ideas of a key would leave it. */
  const copyUnderAnotherKey = `WITH copy AS (
      INSERT INTO ledger.entry SELECT (jsonb_populate_record(entry, '{"key":"00000000-0000-0000-0000-000000000001"}')).*
      FROM ledger.entry WHERE idempotency_key = 'b' RETURNING key, settled_at, amount
    ) INSERT INTO ledger.entry_key SELECT key, settled_at, amount FROM copy`;
  const change = (column: string, value: string, key: string): string => `UPDATE ledger.entry SET ${column} = ${value} WHERE idempotency_key = '${key}'`;
  const keyOf = (key: string): string => `(SELECT key FROM ledger.entry WHERE idempotency_key = '${key}')`;
  const slot = 'ctid = (SELECT min(ctid) FROM ledger.balance_slot)';

  it.each<[string, string, Partial<CheckerReport>, string]>([
    ['a row that is lost', "DELETE FROM ledger.entry WHERE idempotency_key = 'b'", { lost: 1 }, 'lost: m / b was acknowledged and is in no table'],
    ['a row that is there once more, under another key', copyUnderAnotherKey, { doubled: 1 }, 'doubled: m / b took effect 2 times'],
    ['a row that nobody asked for', change('idempotency_key', "'b~2'", 'b'), { doubled: 1, lost: 1 }, 'doubled: m / b~2 has an effect that nobody asked for'],
    ['another amount', change('amount', 'amount + 1', 'b'), {}, 'outOfBalance: m / b is stored with fields that were not sent'],
    ['another payer', change('payer_id', "'payer-2'", 'a'), {}, 'outOfBalance: m / a is stored with fields that were not sent'],
    ['a card token that was not sent', change('card_token', "'tok_1'", 'b'), {}, 'outOfBalance: m / b is stored with fields that were not sent'],
    ['another type', change('type', "'settle'", 'e'), {}, 'outOfBalance: m / e is stored with fields that were not sent'],
    ['a refund of another payment', change('draws_on', "'b'", 'r'), {}, 'outOfBalance: m / r is stored with fields that were not sent'],
    ['a hold for another reason', change('movement_reason', "'payout'", 'h'), {}, 'outOfBalance: m / h is stored with fields that were not sent'],
    ['a rejection without its reason', change('rejection', "'exceeds_payment'", 'r'), {}, 'outOfBalance: m / r was rejected though 100 is left to refund'],
    ['a refund of too much that took effect', change('rejection', 'NULL', 'x'), {}, 'outOfBalance: m / b has 50 left to refund, the books say -1'],
    ['a balance that is off by one', `UPDATE ledger.balance_slot SET available = available + 1 WHERE ${slot}`, { outOfBalance: 2 },
      'outOfBalance: the balance table says 91 and 30 held for m / EUR, the books say 90 and 30 held'],
    ['a held sum that is off by one', `UPDATE ledger.balance_slot SET held = held - 1 WHERE ${slot}`, { outOfBalance: 2 },
      'outOfBalance: the balance table says 90 and 29 held for m / EUR, the books say 90 and 30 held'],
    ['a balance of nobody', "INSERT INTO ledger.balance_slot VALUES ('n', 'EUR', 0, 1, 0, 1)", { outOfBalance: 1 }, 'the balance table says 1 for n / EUR'],
    ['money left to refund that is not', `UPDATE ledger.entry_key SET remaining = remaining + 1 WHERE key = ${keyOf('a')}`, { outOfBalance: 1 },
      'outOfBalance: m / a has 71 left to refund, the books say 70'],
    ['too little left to refund where nothing was refunded', `UPDATE ledger.entry_key SET remaining = 49 WHERE key = ${keyOf('b')}`, { outOfBalance: 1 },
      'outOfBalance: m / b has 49 left to refund, the books say 50'],
    ['money left of a hold that is not', `UPDATE ledger.entry_key SET remaining = 40 WHERE key = ${keyOf('h')}`, { outOfBalance: 1 },
      'outOfBalance: m / h has 40 held, the books say 30'],
    ['a row whose key is gone', `DELETE FROM ledger.entry_key WHERE key = ${keyOf('b')}`, { outOfBalance: 1 },
      'outOfBalance: m / b has undefined left to refund, the books say 50'],
  ])('finds %s', async (_, defect, counts, finding) => {
    await fill();
    await sql(defect);
    const report = await checker.report();
    expect(report.findings.join('\n')).toContain(finding);
    expect(report).toMatchObject(counts);
  });

  it('finds a row that was written over while it followed, wherever that put it', async () => {
    await judged.follow(observer());
    await fill();
    await until(() => told.length === 6);
    // Back and forth: in the end nothing is to be seen of it in the table.
    await sql(change('amount', '1', 'b'));
    await sql(change('amount', '50', 'b'));
    await until(() => told.length > 6);
    // Once more for each form that was looked at.
    expect((await checker.report()).findings.join()).toMatch(/^doubled: m \/ b took effect [23] times$/);
  });

  it('tells every row once, whichever of many writers placed it, soon after it is there', async () => {
    await judged.follow(observer());
    const connections = database.connect({ poolSize: 8 });
    const many = new WrittenLedger({ database: connections, batchSize: 60, concurrency: 1 });
    const sent: string[] = [];
    await Promise.all(Array.from({ length: 6 }, async (_, writer) => {
      for (let batch = 0; batch < 6; batch++) {
        // Of every length, so that pages end in every way.
        const payments = Array.from({ length: (writer * 7 + batch * 13) % 90 }, (__, index) => (
          payment(`m${index % 9}`, `${writer}-${batch}-${index}-${'x'.repeat((index * 31 + writer) % 60)}`)));
        sent.push(...payments.map(({ idempotencyKey }) => idempotencyKey));
        acknowledge(...payments);
        await many.applyPayments(payments);
        if (writer % 3 === 0) {
          await delay(3);
        }
      }
    }));
    await until(() => told.length >= sent.length);
    expect(told.map(({ idempotencyKey }) => idempotencyKey).sort()).toEqual([...sent].sort());
    expect(checker.progress()).toMatchObject({ acknowledgedKeys: sent.length, settledKeys: sent.length, ledgerEffects: sent.length });
    expect(await checker.report()).toMatchObject({ applied: sent.length, lost: 0, doubled: 0, outOfBalance: 0 });
  });

  it('goes on after the server was killed and came back, and counts nothing twice', async () => {
    await judged.follow(observer());
    const payments = Array.from({ length: 200 }, (_, index) => payment('m', `k${index}`));
    acknowledge(...payments);
    await written.applyPayments(payments.slice(0, 90));
    await until(() => told.length === 90);
    await database.engine.kill();
    await database.engine.run();
    await written.applyPayments(payments);
    await until(() => told.length >= 200);
    expect(told.map(({ idempotencyKey }) => idempotencyKey).sort()).toEqual(payments.map(({ idempotencyKey }) => idempotencyKey).sort());
    expect(await checker.report()).toMatchObject({ applied: 200, lost: 0, doubled: 0, outOfBalance: 0, findings: [] });
  });

  it('finds by a full look what came into a page that it took for full', async () => {
    await judged.follow(observer());
    const long = Array.from({ length: 40 }, (_, index) => payment('m', `${'x'.repeat(1_000)}${index}`));
    acknowledge(...long);
    await written.applyPayments(long);
    await until(() => told.length === 40);
    // The server takes note of the room that is left, and another writer is sent there.
    await sql('VACUUM ledger.entry');
    acknowledge(payment('m', 'new'));
    await new WrittenLedger({ database: database.connect({ poolSize: 1 }) }).applyPayments([payment('m', 'new')]);
    const [last] = await sql('SELECT idempotency_key FROM ledger.entry WHERE ctid = (SELECT max(ctid) FROM ledger.entry)');
    expect(last).not.toEqual({ idempotency_key: 'new' });
    await until(() => checker.progress().settledKeys === 41);
    expect(told).toHaveLength(41);
  });

  it('follows partitions that are made while it does', async () => {
    await sql('CREATE SCHEMA IF NOT EXISTS young');
    await sql('CREATE TABLE IF NOT EXISTS young.entry (LIKE ledger.entry INCLUDING DEFAULTS) PARTITION BY RANGE (settled_at)');
    const { host, port, user, database: name } = database.engine;
    const young = new PostgresqlLedger([{ host, port, user, database: name, schema: 'young' }], 5);
    await young.follow(observer(() => true));
    try {
      await sql('CREATE TABLE young.first PARTITION OF young.entry DEFAULT');
      await sql(`INSERT INTO young.entry (key, settled_at, accepted_at, amount, type, merchant_id, idempotency_key, currency)
        VALUES (gen_random_uuid(), 1, 1, 1, 'payment', 'm', 'a', 'EUR')`);
      await until(() => told.length === 1);
    } finally {
      await young.stop();
      await sql('DROP SCHEMA young CASCADE');
    }
  });

  it('says what is wrong where there is no ledger', async () => {
    const { host, port, user, database: name } = database.engine;
    const nowhere = new PostgresqlLedger([{ host, port, user, database: name, schema: 'no "where' }], 5);
    await expect(nowhere.follow(observer())).rejects.toThrow('relation "no "where.entry" does not exist');
    await nowhere.stop();
  });
});
