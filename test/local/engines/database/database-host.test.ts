import { Client } from 'pg';
import { type DatabaseAddress, DatabaseHost, missingPostgresql } from '../../../../local/engines/database';
import { FloorSlices } from '../../../../local/engines/database/floor-slices';
import { PostgresqlConnections } from '../../../../lambdas/runtime/ledger/postgresql-connections';
import { PostgresqlLedger } from '../../../../lambdas/runtime/ledger/postgresql-ledger';
import { migratePostgresqlLedger } from '../../../../lambdas/runtime/ledger/postgresql-migrations';
import { createPostgresqlPartitions } from '../../../../lambdas/runtime/ledger/postgresql-partitions';
import { describeUnless } from '../../../support/describe-unless';

jest.setTimeout(60_000);

const SYSTEM = 'payment_system';
const DAY = 86_400_000;

describeUnless(missingPostgresql(), 'DatabaseHost', () => {
  let host: DatabaseHost;
  let connections: PostgresqlConnections;

  beforeAll(async () => {
    host = await DatabaseHost.start(2);
    await asOwner(host.address, `CREATE ROLE ${SYSTEM} SUPERUSER LOGIN`);
    connections = new PostgresqlConnections({ ...host.address, user: SYSTEM, password: async () => '', tls: 'off', poolSize: 2 });
    await migratePostgresqlLedger(connections);
    await createPostgresqlPartitions(connections);
  });
  afterAll(async () => {
    await connections.close();
    await host.close();
  });

  const payment = (index: number, key = `k-${index}`) => ({
    type: 'payment' as const, merchantId: `m-${index % 7}`, idempotencyKey: key, amount: 100 + index, currency: 'EUR', payerId: 'p-1', acceptedAt: Date.now(),
  });
  const ledger = () => new PostgresqlLedger({ database: connections, refundWindowSeconds: 7 * DAY });

  it('tells no cost of an empty ledger', async () => {
    expect(await host.ledgerCost('ledger')).toBeUndefined();
  });

  it('tells what a ledger cost, and what a bare insert of the same rows costs', async () => {
    for (let batch = 0; batch < 40; batch++) {
      await ledger().applyPayments(Array.from({ length: 50 }, (_, index) => payment(batch * 50 + index)));
    }
    const cost = (await host.ledgerCost('ledger', 4_000))!;
    // The floor of a small ledger is measured again and again.
    expect(cost).toMatchObject({ rows: 2_000, floorRows: 4_000 });
    expect(cost.microseconds).toBeGreaterThan(0);
    expect(cost.floorMicroseconds).toBeGreaterThan(0);
    // Neither table nor user of it is left.
    expect(await asOwner(host.address, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'bare%' UNION SELECT rolname FROM pg_roles WHERE rolname LIKE 'bare%'")).toEqual([]);
  });

  it('is killed, comes back on its port with what it had, and counts that', async () => {
    const { port } = host.address;
    expect(await host.restart(0.1)).toBe(1);
    expect(await host.restart(0.1)).toBe(0);
    await expect(asOwner(host.address, 'SELECT 1')).rejects.toThrow();
    await host.untilThere();
    expect(host.address.port).toBe(port);
    expect(await asOwner(host.address, 'SELECT count(*)::int AS count FROM ledger.entry')).toEqual([{ count: 2_000 }]);
    expect(await host.faultCounts()).toEqual({ restarts: 1, refusedKeys: 0 });
    expect((await host.ledgerCost('ledger', 1))!.rows).toBe(2_000);
  });

  it('tells the cost from a beginning on', async () => {
    await host.beginCost('ledger');
    expect(await host.ledgerCost('ledger')).toBeUndefined();
    await ledger().applyPayments([payment(1, 'later-1'), payment(2, 'later-2')]);
    expect((await host.ledgerCost('ledger', 1))!.rows).toBe(2);
  });

  it('does slices of the work again beside the ledger, each row once, over a restart', async () => {
    const slices = await FloorSlices.start({ ...host.address, schema: 'ledger', connections: 2, periodMilliseconds: 50, sliceMilliseconds: 50 });
    const rows = async () => (await asOwner(host.address, 'SELECT count(*)::int AS count FROM bare_ledger.entry') as { count: number }[])[0].count;
    let index = 0;
    const work = async (until: number) => {
      while (await rows() <= until) {
        await ledger().applyPayments([payment(index, `sliced-${index++}`)]);
      }
    };
    await work(0);
    await host.restart(0.1);
    await host.untilThere();
    await work(await rows());
    await slices.stop();
    expect(await slices.rows()).toBe(await rows());
    // They are rows of the ledger.
    expect(await asOwner(host.address, `SELECT count(*)::int AS others FROM bare_ledger.entry LEFT JOIN ledger.entry USING (key, settled_at, merchant_id, amount)
      WHERE ledger.entry.key IS NULL`)).toEqual([{ others: 0 }]);
    await slices.remove();
  });

  it('refuses keys that begin in a way, counts the writes that had one, and nothing else is refused', async () => {
    await host.refuseKeys('ledger', 'poison-');
    await host.refuseKeys('ledger', 'poison-');
    const outcomes = await ledger().applyPayments([payment(1, 'poison-1'), payment(2, 'new-2'), payment(3, 'new-poison-3')]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['impossible', 'applied', 'applied']);
    const { refusedKeys } = await host.faultCounts();
    expect(refusedKeys).toBeGreaterThanOrEqual(1);
    // The batch as a whole, its halves, and the one alone.
    expect(refusedKeys).toBeLessThanOrEqual(3);
  });
});

async function asOwner(address: DatabaseAddress, text: string): Promise<object[]> {
  const client = new Client(address);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<object>(text)).rows;
  } finally {
    await client.end();
  }
}
