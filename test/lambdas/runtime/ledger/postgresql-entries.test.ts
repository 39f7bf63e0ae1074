import type { Outcome } from '../../../../lambdas/runtime/ledger/ledger';
import { PostgresqlLedger } from '../../../../lambdas/runtime/ledger/postgresql-ledger';
import { PostgresqlLedgerQueries } from '../../../../lambdas/runtime/ledger/postgresql-queries';
import type { StreamRecord } from '../../../../lambdas/runtime/payment/movement';
import { hold, newMerchant, payment, refund } from '../support/payments';
import { FaultyDatabase } from './faulty-database';
import { describeWithPostgresql, PostgresqlDatabase } from './postgresql-database';

const APPLIED: Outcome = { kind: 'applied' };
const DUPLICATE: Outcome = { kind: 'duplicate', conflict: false };
const CONFLICT: Outcome = { kind: 'duplicate', conflict: true };

describeWithPostgresql('payments and holds of PostgresqlLedger together', () => {
  let database: PostgresqlDatabase;
  let queries: PostgresqlLedgerQueries;
  let faulty: FaultyDatabase;
  let ledger: PostgresqlLedger;
  let merchant: string;

  beforeAll(async () => {
    database = await PostgresqlDatabase.start();
    queries = new PostgresqlLedgerQueries(database.connections);
  });
  afterAll(() => database.stop());
  beforeEach(() => {
    faulty = new FaultyDatabase(database.connections);
    ledger = new PostgresqlLedger({ database: faulty });
    merchant = newMerchant();
  });

  it('are stored with one call, each with the effect of its kind', async () => {
    const entries: StreamRecord[] = [
      payment(merchant, 'k1'), hold(merchant, 'h1', { amount: 30, reason: 'fraud' }), payment(merchant, 'k2', { amount: 7 }), payment(merchant, 'k3', { currency: 'USD' }),
      hold(merchant, 'h2', { amount: 5 }),
    ];
    expect(await ledger.applyEntries(entries)).toEqual(entries.map(() => APPLIED));
    expect(faulty.calls).toHaveLength(1);
    expect(await queries.balances(merchant)).toEqual([
      { currency: 'EUR', available: 72n, held: 35n, count: 4n }, { currency: 'USD', available: 100n, held: 0n, count: 1n },
    ]);
    expect((await ledger.find(merchant, 'h1'))).toMatchObject({ type: 'hold', amount: 30, movementReason: 'fraud' });
    expect((await ledger.find(merchant, 'k2'))).toMatchObject({ type: 'payment', amount: 7 });
  });

  it.each([1, 3, 60])('are stored once where %i of a call were there before', async (known) => {
    const entries: StreamRecord[] = Array.from({ length: 60 }, (_, index) => (index % 4 === 0 ? hold(merchant, `h${index}`, { amount: 1 }) : payment(merchant, `k${index}`)));
    await ledger.applyEntries(entries.slice(0, known));
    expect(await ledger.applyEntries(entries)).toEqual(entries.map((_, index) => (index < known ? DUPLICATE : APPLIED)));
    expect(await queries.balances(merchant)).toEqual([{ currency: 'EUR', available: 4_485n, held: 15n, count: 60n }]);
  });

  it('have keys of one kind: what comes later, in the call or another, is a conflict', async () => {
    expect(await ledger.applyEntries([payment(merchant, 'k'), hold(merchant, 'k'), payment(merchant, 'k')])).toEqual([APPLIED, CONFLICT, DUPLICATE]);
    expect(await ledger.applyEntries([hold(merchant, 'k'), payment(merchant, 'other')])).toEqual([CONFLICT, APPLIED]);
    expect(await queries.balances(merchant)).toEqual([{ currency: 'EUR', available: 200n, held: 0n, count: 2n }]);
  });

  it('are no draws', async () => {
    expect(await ledger.applyEntries([refund(merchant, 'r', 'k'), payment(merchant, 'k')])).toEqual([
      { kind: 'impossible', reason: 'it is not a payment or hold' }, APPLIED,
    ]);
  });

  it('are taken from workers of the version before, which send kinds apart', async () => {
    const insert = async (type: string, key: string, name: string): Promise<unknown[]> => (await database.connections.query({
      text: `SELECT * FROM ledger.insert_entries($1, $2, 1, $3, $4, $5, '{100}', '{EUR}', ARRAY[$2::bigint], '{NULL}', '{NULL}', '{NULL}', '{NULL}')`,
      values: [type, Date.now(), [key], [merchant], [name]],
    })).map((row) => row.idempotency_key);
    const [one, other] = ['00000000-0000-0000-0000-0000000000a1', '00000000-0000-0000-0000-0000000000a2'];
    expect(await insert('payment', one, 'a')).toEqual([]);
    expect(await insert('hold', other, 'b')).toEqual([]);
    expect(await insert('payment', one, 'a')).toEqual(['a']);
    expect(await queries.balances(merchant)).toEqual([{ currency: 'EUR', available: 0n, held: 100n, count: 2n }]);
  });
});
