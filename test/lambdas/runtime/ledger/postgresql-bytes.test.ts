import { PostgresqlLedger } from '../../../../lambdas/runtime/ledger/postgresql-ledger';
import { createPostgresqlPartitions } from '../../../../lambdas/runtime/ledger/postgresql-partitions';
import type { PaymentRecord } from '../../../../lambdas/runtime/payment/payment';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { Facts } from '../../../../lib/facts';
import { payment } from '../support/payments';
import { describeWithPostgresql, PostgresqlDatabase } from './postgresql-database';

const DAY = 86_400_000;
const FIRST = 25_000 * DAY;
const PAYMENTS = 30_000;
/** What the sizing takes for the workload of the reference. */
const PAYMENTS_OF_A_CALL = 30;
const MERCHANTS = 500;
const PAYERS = 1_000_000;
/** Multiples of it have parts after the point that are spread evenly, and in no order: https://en.wikipedia.org/wiki/Golden_ratio */
const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** Pages of an index whose entries are in no order are split in waves: it is between half full and full. */
const TOLERANCE = 0.15;

describeWithPostgresql('bytes of a payment in a ledger of PostgreSQL', () => {
  let database: PostgresqlDatabase;
  const bytes = new Map<string, number>();
  let logBytes: number;

  beforeAll(async () => {
    database = await PostgresqlDatabase.start();
    await createPostgresqlPartitions(database.connections, { from: FIRST, days: 1, partitionDays: 1 });
    // Aurora has no images of pages in its log.
    await database.connections.query({ text: 'ALTER SYSTEM SET full_page_writes TO off' });
    await database.connections.query({ text: 'SELECT pg_reload_conf()' });
    let now = FIRST;
    const ledger = new PostgresqlLedger({
      database: database.connections, refundWindowSeconds: 864_000,
      retry: new RetryPolicy({ clock: { now: () => now, sleep: async () => undefined } }),
    });
    const before = await sizes();
    const start = await logPosition();
    for (let stored = 0; stored < PAYMENTS; stored += PAYMENTS_OF_A_CALL) {
      now = FIRST + Math.floor(stored / PAYMENTS * DAY);
      await ledger.applyPayments(Array.from({ length: PAYMENTS_OF_A_CALL }, (_, index) => typicalPayment(stored + index, now)));
    }
    logBytes = await logPosition() - start;
    const after = await sizes();
    after.forEach((size, name) => bytes.set(name, size - before.get(name)!));
  }, 120_000);
  afterAll(() => database.stop());

  /** Of all tables and indexes, by their names. */
  async function sizes(): Promise<Map<string, number>> {
    const rows = await database.connections.query({
      text: `SELECT relname AS name, pg_relation_size(oid) AS bytes FROM pg_class
        WHERE relnamespace = 'ledger'::regnamespace AND relkind IN ('r', 'i')`,
    });
    return new Map(rows.map((row) => [String(row.name), Number(row.bytes)]));
  }

  async function logPosition(): Promise<number> {
    const [row] = await database.connections.query({ text: "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS position" });
    return Number(row.position);
  }

  /** One whose JSON takes 227 bytes, as the facts have it: what the fields hold has the lengths of docs/sizing.md. The same ones each time. */
  function typicalPayment(index: number, now: number): PaymentRecord {
    const spread = index * GOLDEN % 1;
    const serial = String(index).padStart(12, '0');
    // Zipf with exponent 1, nearly.
    const merchant = Math.floor(MERCHANTS ** spread);
    return payment(`merch-${1_000 + merchant}`, `00000000-0000-4000-8000-${serial}`, {
      payerId: `payer-${String(Math.floor(spread * PAYERS)).padStart(6, '0')}`, amount: 12_345,
      cardToken: `tok_000000000000${serial}`, acceptedAt: now,
    });
  }

  const partition = `entry_${FIRST}`;
  it.each([
    ['journalOverhead', [partition, `${partition}_pkey`, `${partition}_payer_id_idx`], Facts.DEFAULT.number('postgres/payloadOfLog')],
    ['payerIndexBytes', [`${partition}_payer_id_idx`], 0],
    ['keyRowBytes', ['entry_key'], 0],
    ['keyIndexBytes', ['entry_key_pkey'], 0],
  ])('are those of the fact %s', (fact, relations, beside) => {
    const each = relations.reduce((sum, relation) => sum + bytes.get(relation)!, 0) / PAYMENTS;
    const expected = Facts.DEFAULT.number(`postgres/${fact}`) + beside;
    expect(Math.abs(each / expected - 1)).toBeLessThan(TOLERANCE);
  });

  it('are in no relation that no fact counts', () => {
    // Balances have a size of their own, whatever the number of payments.
    const balances = ['balance_slot', 'balance_slot_pkey'];
    const counted = [...balances, partition, `${partition}_pkey`, `${partition}_payer_id_idx`, 'entry_key', 'entry_key_pkey'];
    const others = [...bytes].filter(([name]) => !counted.includes(name)).reduce((sum, [, size]) => sum + size, 0);
    expect(others / PAYMENTS).toBeLessThan(TOLERANCE * Facts.DEFAULT.number('postgres/keyIndexBytes'));
  });

  it('in the log are those of the fact logPerPayment', () => {
    expect(Math.abs(logBytes / PAYMENTS / Facts.DEFAULT.number('postgres/logPerPayment') - 1)).toBeLessThan(TOLERANCE);
  });
});
