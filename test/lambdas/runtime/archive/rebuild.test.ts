import { parseCheckpoint } from '../../../../lambdas/runtime/archive/balance-checkpoint';
import { verifyArchive } from '../../../../lambdas/runtime/archive/chain-verification';
import type { Item } from '../../../../lambdas/runtime/aws/dynamodb';
import type { AwsCaller } from '../../../../lambdas/runtime/aws/json-client';
import type { Clock } from '../../../../lambdas/runtime/retry/clock';
import { Dynoxide } from '../../../support/dynoxide';
import { holdEnd, payment, refund } from '../support/payments';
import { Books, DAY } from './books';
import { MemoryObjectStore } from './memory-archive';

let engine: Dynoxide;

beforeAll(async () => { engine = await Dynoxide.start(); });
afterAll(() => engine.stop());

describe('rebuildBalances', () => {
  let books: Books<MemoryObjectStore>;

  beforeEach(async () => { books = await Books.open(engine, new MemoryObjectStore()); });

  it('equals the live rows, also after the oldest rows of the ledger have expired', async () => {
    for (let day = 0; day < 6; day++) {
      await books.trade(day);
      books.clock.time += DAY;
    }
    const before = await books.balances.balance('shop-1', 'EUR');
    expect(await books.expire()).toBeGreaterThan(30);
    await books.settle();

    const rebuild = await books.rebuild();
    expect(rebuild).toMatchObject({ isEqual: true, unknownRows: 0, removedRows: 0 });
    expect(rebuild.balances).toMatchObject({ differences: [], archiveBehind: [], balancesBehind: 0n });
    expect(rebuild.balances.rows).toBeGreaterThan(6);
    expect(rebuild.ledger.rows).toBe(28);
    expect(await books.balances.balance('shop-1', 'EUR')).toEqual(before);
    expect(rebuild.archive.changes).toBe(6 * (12 + 2 + 1));
    expect((await verifyArchive(books.objects, { heads: books.heads })).breaks).toEqual([]);
  });

  describe('of holds', () => {
    beforeEach(async () => {
      await books.trade(0);
      await books.setAside(0);
    });

    it('equals the live rows, also after rows of ended holds have expired, and open ones have not', async () => {
      // Payments of 101, 107 and 110, a refund of 40, holds of 120 of which 30 were released and 40 paid out.
      expect(await books.balances.balance('shop-1', 'EUR')).toEqual({ available: 101n + 107n + 110n - 40n - 120n + 30n, held: 50n });
      expect(await books.rebuild()).toMatchObject({ isEqual: true, unknownRows: 0, ledger: { rows: 14 + 4, differences: [] } });
      for (let day = 1; day < 6; day++) {
        books.clock.time += DAY;
        await books.trade(day);
      }
      await books.expire();
      const holds = (await Promise.all(books.ledgerTables.map((table) => books.scan(table)))).flat().filter(({ type }) => type.S === 'hold');
      expect(holds.map(({ sk, holdable }) => [sk.S, holdable.N])).toEqual([['d0-h2', '50']]);
      expect(await books.rebuild()).toMatchObject({ isEqual: true, removedRows: 0 });
      // Still there to be ended, long after everything else of that day.
      const acceptedAt = books.clock.now();
      expect(await books.ledger.applyHoldEnd(holdEnd('shop-1', 'late', 'd0-h2', { amount: 50, acceptedAt }))).toEqual({ kind: 'applied' });
      await books.settle();
      expect(await books.rebuild()).toMatchObject({ isEqual: true });
      expect((await books.balances.balance('shop-1', 'EUR')).held).toBe(0n);
    });

    it('begins at a checkpoint', async () => {
      const checkpoint = parseCheckpoint(JSON.stringify((await books.rebuild()).checkpoint()));
      books.clock.time += DAY;
      await books.setAside(1);
      expect(await books.rebuild({ checkpoint })).toMatchObject({ isEqual: true });
    });

    it('finds a balance whose held part was changed, and a hold that was', async () => {
      const rows = await books.scan(books.balanceTable);
      const row = rows.find(({ held }) => held.N === '50') ?? rows.find(({ held }) => held.N !== '0')!;
      const put = (table: string, item: Item) => engine.client.call('PutItem', { TableName: table, Item: item });
      await put(books.balanceTable, { ...row, held: { N: '7' } });
      expect((await books.rebuild()).balances.differences).toEqual([expect.objectContaining({ live: expect.objectContaining({ held: 7n }) })]);
      await put(books.balanceTable, row);
      const problems = async () => (await books.rebuild()).ledger.differences;
      for (const table of books.ledgerTables) {
        for (const open of (await books.scan(table)).filter(({ sk }) => sk.S === 'd0-h2')) {
          await put(table, { ...open, holdable: { N: '60' } });
          expect(await problems()).toMatchObject([{ merchantId: 'shop-1', expiryDay: undefined, problem: 'refundable' }]);
          await engine.client.call('DeleteItem', { TableName: table, Key: { pk: open.pk, sk: open.sk } });
          expect(await problems()).toMatchObject([{ problem: 'refundable' }]);
          await put(table, open);
        }
      }
      expect(await problems()).toEqual([]);
    });
  });

  it('begins at a checkpoint, and then reads only the objects after it', async () => {
    await books.trade(0);
    const checkpoint = parseCheckpoint(JSON.stringify((await books.rebuild()).checkpoint()));
    books.clock.time += DAY;
    await books.trade(1);
    books.objects.reads = 0;
    const rebuild = await books.rebuild({ checkpoint });
    expect(rebuild).toMatchObject({ isEqual: true, ledger: { rows: 28 } });
    expect(rebuild.archive.changes).toBe(15);
    expect(books.objects.reads).toBe(2 * rebuild.archive.manifests);

    // A second checkpoint stands on the first, and keeps the ends of chains to which nothing was added.
    const next = parseCheckpoint(JSON.stringify(rebuild.checkpoint()));
    expect(await books.rebuild({ checkpoint: next })).toMatchObject({ isEqual: true, archive: { changes: 0 } });
    const first = Object.keys(checkpoint.tips)[0];
    const forged = { ...checkpoint, tips: { ...checkpoint.tips, [first]: { ...checkpoint.tips[first], sha256: '0'.repeat(64) } } };
    expect((await books.rebuild({ checkpoint: forged })).archive.breaks[0].problem).toContain(`which has ${'0'.repeat(64)}`);
  });

  it('puts balance rows together that were folded over shards, in checkpoints too', async () => {
    await books.trade(0);
    const rows = (await books.scan(books.balanceTable)).filter(({ pk, sk }) => pk.S === 'shop-2' && sk.S!.startsWith('EUR'));
    expect(rows.length).toBeGreaterThan(1);
    const sum = (name: string): string => String(rows.reduce((total, row) => total + BigInt(row[name].N!), 0n));
    for (const { pk, sk } of rows) {
      await engine.client.call('DeleteItem', { TableName: books.balanceTable, Key: { pk, sk } });
    }
    const folded = { pk: { S: 'shop-2' }, sk: { S: 'EUR#' }, available: { N: sum('available') }, held: { N: '0' }, count: { N: sum('count') }, lastSequence: { S: '' } };
    await engine.client.call('PutItem', { TableName: books.balanceTable, Item: folded });
    const rebuild = await books.rebuild();
    expect(rebuild.isEqual).toBe(true);
    const checkpoint = parseCheckpoint(JSON.stringify(rebuild.checkpoint()));
    expect(checkpoint.balances.filter(({ merchantId, currency }) => merchantId === 'shop-2' && currency === 'EUR')).toHaveLength(1);
    expect((await books.rebuild({ checkpoint })).isEqual).toBe(true);
    await engine.client.call('PutItem', { TableName: books.balanceTable, Item: { ...folded, available: { N: '1' } } });
    expect((await books.rebuild({ checkpoint })).balances.differences).toEqual([expect.objectContaining({ merchantId: 'shop-2', live: expect.objectContaining({ available: 1n }) })]);
  });

  it('finds a balance that somebody changed, and one that is gone', async () => {
    await books.trade(0);
    const [row, other] = await books.scan(books.balanceTable);
    const available = BigInt(row.available.N!);
    await engine.client.call('PutItem', { TableName: books.balanceTable, Item: { ...row, available: { N: String(available + 1n) } } });
    const { balances, isEqual } = await books.rebuild();
    expect(isEqual).toBe(false);
    expect(balances.differences).toEqual([expect.objectContaining({
      merchantId: row.pk.S, live: expect.objectContaining({ available: available + 1n }), archive: expect.objectContaining({ available }),
    })]);
    await engine.client.call('PutItem', { TableName: books.balanceTable, Item: row });
    await engine.client.call('DeleteItem', { TableName: books.balanceTable, Key: { pk: other.pk, sk: other.sk } });
    const [currency, streamShard] = other.sk.S!.split('#');
    expect((await books.rebuild())).toMatchObject({
      isEqual: false,
      balances: {
        differences: [{
          merchantId: other.pk.S, currency, streamShard, live: undefined,
          archive: { available: BigInt(other.available.N!), count: BigInt(other.count.N!) },
        }],
        balancesBehind: 0n,
      },
    });
  });

  it('compares each row where it stands, and tells which side is behind', async () => {
    await books.trade(0);
    await books.ledger.applyPayments([payment('shop-0', 'late', { amount: 7, acceptedAt: books.clock.now() })]);
    await books.settle(['archiver']);
    expect(await books.rebuild()).toMatchObject({ isEqual: false, balances: { differences: [], balancesBehind: 1n }, ledger: { differences: [] } });

    books = await Books.open(engine, new MemoryObjectStore());
    await books.trade(0);
    await books.ledger.applyPayments(Array.from({ length: 20 }, (_, index) => payment('shop-0', `late-${index}`, { amount: 7, acceptedAt: books.clock.now() })));
    await books.settle(['projector']);
    const { balances, ledger } = await books.rebuild();
    expect(balances).toMatchObject({ differences: [], balancesBehind: 0n });
    expect(balances.archiveBehind.every(({ merchantId }) => merchantId === 'shop-0')).toBe(true);
    expect(balances.archiveBehind.length).toBeGreaterThan(0);
    expect(ledger.differences.reduce((sum, { ledgerRows, archiveRows }) => sum + ledgerRows - archiveRows, 0)).toBe(20);
  });

  it('finds a ledger row that somebody changed, added or removed', async () => {
    await books.trade(0);
    const table = books.ledgerTables.find((name) => name.endsWith('-0'))!;
    const row = (await books.scan(table)).find(({ type, status }) => type.S === 'payment' && status.S === 'applied')!;
    const problems = async (): Promise<string[]> => (await books.rebuild()).ledger.differences.map(({ problem }) => problem);
    const put = (item: Item) => engine.client.call('PutItem', { TableName: table, Item: item });
    await put({ ...row, payer: { S: 'somebody' } });
    expect(await problems()).toEqual(['content']);
    await put({ ...row, refundable: { N: '99999' } });
    expect(await problems()).toEqual(['refundable']);
    await put({ ...row, conflicts: { N: '3' } });
    expect(await problems()).toEqual([]);
    await put({ ...row, sk: { S: 'another' } });
    expect(await problems()).toEqual(['rows']);
    await engine.client.call('DeleteItem', { TableName: table, Key: { pk: row.pk, sk: { S: 'another' } } });
    await engine.client.call('DeleteItem', { TableName: table, Key: { pk: row.pk, sk: row.sk } });
    expect(await problems()).toEqual(['rows']);
  });

  describe('under traffic', () => {
    let day: number;

    beforeEach(async () => {
      await books.trade(0);
      await books.trade(1);
      books.clock.time += 3_600_000;
      day = 0;
    });

    /** Payments, and a refund of a payment that is an hour old. */
    async function traffic(): Promise<void> {
      await books.pay(9);
      if (day < 2) {
        const acceptedAt = books.clock.now();
        const outcome = await books.ledger.applyRefund(refund('shop-2', `late-r${day}`, `d${day}-2`, { currency: 'EUR', acceptedAt, amount: 30 }));
        expect(outcome).toMatchObject({ kind: 'applied' });
        day++;
      }
    }

    /** Has the system work on after each table is read. */
    function busy(readers?: Parameters<typeof books.settle>[0]): AwsCaller {
      return {
        call: async <Output>(operation: string, input: object) => {
          const output = await engine.client.call<Output>(operation, input);
          const { TableName: table } = input as { TableName: string };
          if (operation === 'Scan' && table !== books.headTable) {
            await traffic();
            await books.settle(readers);
          }
          return output;
        },
      };
    }

    /** Has the system work on while a rebuild waits. */
    function workingClock(work: () => Promise<void>): Clock {
      return {
        now: () => books.clock.now(),
        sleep: async (milliseconds) => {
          await books.clock.sleep(milliseconds);
          await work();
        },
      };
    }

    it('agrees, and writes a checkpoint that the next time stands on', async () => {
      const rebuild = await books.rebuild({}, busy());
      expect(rebuild.ledger).toMatchObject({ differences: [] });
      expect(rebuild.balances).toMatchObject({ differences: [], archiveBehind: [], balancesBehind: 0n });
      expect(rebuild.isEqual).toBe(true);
      expect(rebuild.ledger.rows).toBeGreaterThanOrEqual(28);
      expect(rebuild.ledger.youngRows).toBeGreaterThan(0);
      books.clock.time += 3_600_000;
      const checkpoint = parseCheckpoint(JSON.stringify(rebuild.checkpoint()));
      expect(await books.rebuild({ checkpoint }, busy())).toMatchObject({ isEqual: true });
      expect(await books.rebuild({ checkpoint })).toMatchObject({ isEqual: true, ledger: { youngRows: 0 } });
    });

    it('waits for balances and archive to pass what was there at the beginning, and for nothing that comes later', async () => {
      await books.pay(6);
      await books.settle(['archiver']);
      expect(await books.rebuild({}, busy(['archiver']))).toMatchObject({ isEqual: false });
      let waits = 0;
      // At each wait the projector is done with what was there, and behind again with what is new.
      const clock = workingClock(async () => {
        waits++;
        await books.settle(['projector']);
        await traffic();
        await books.settle(['archiver']);
      });
      expect(await books.rebuild({ clock, settleMilliseconds: 10_000 }, busy(['archiver']))).toMatchObject({ isEqual: true });
      expect(waits).toBe(1);
    });

    it('waits for an archive that is behind the balance rows', async () => {
      expect(await books.rebuild({}, busy(['projector']))).toMatchObject({ isEqual: false, balances: { differences: [] } });
      const clock = workingClock(() => books.settle(['archiver']));
      expect(await books.rebuild({ clock, settleMilliseconds: 10_000 }, busy(['projector']))).toMatchObject({ isEqual: true });
    });

    it('still finds what somebody changed', async () => {
      const problems = async (): Promise<unknown[]> => {
        const { isEqual, balances, ledger } = await books.rebuild({ settleMilliseconds: 10_000 }, busy());
        expect(isEqual).toBe(false);
        return [...balances.differences.map(({ live }) => (live === undefined ? 'missing' : 'sums')), ...ledger.differences.map(({ problem }) => problem)];
      };
      const spoil = async (table: string, row: Item, change?: Item): Promise<unknown[]> => {
        const { pk, sk } = row;
        await engine.client.call('DeleteItem', { TableName: table, Key: { pk, sk } });
        if (change !== undefined) {
          await engine.client.call('PutItem', { TableName: table, Item: { ...row, ...change } });
        }
        const found = await problems();
        await engine.client.call('PutItem', { TableName: table, Item: row });
        return found;
      };
      // Rows that the traffic does not touch.
      const balance = (await books.scan(books.balanceTable)).find(({ sk }) => sk.S!.startsWith('USD'))!;
      expect(await spoil(books.balanceTable, balance, { available: { N: '1' } })).toEqual(['sums']);
      expect(await spoil(books.balanceTable, balance)).toEqual(['missing']);
      const table = books.ledgerTables[0];
      const row = (await books.scan(table)).find(({ type, currency }) => type.S === 'payment' && currency.S === 'USD')!;
      await engine.client.call('DeleteItem', { TableName: table, Key: { pk: row.pk, sk: row.sk } });
      expect(await problems()).toEqual(['rows']);
    });
  });

  it('does not trust an archive that is broken', async () => {
    await books.trade(0);
    books.objects.objects.delete(books.objects.keys('changes/')[0]);
    const { isEqual, archive } = await books.rebuild();
    expect(isEqual).toBe(false);
    expect(archive.breaks).toHaveLength(1);
  });

  it('refuses what is no checkpoint', () => {
    expect(() => parseCheckpoint('{')).toThrow('a checkpoint must be JSON');
    expect(() => parseCheckpoint('{"schema":"else"}')).toThrow('a checkpoint must name the schema');
  });
});

describe('ArchiveHeadTable', () => {
  it('moves a head only from where it was read', async () => {
    const { heads } = await Books.open(engine, new MemoryObjectStore());
    const head = (number: number) => ({ number, lastSequence: String(number).padStart(40, '0'), manifestKey: `manifests/${number}`, manifest: `{"number": ${number}}\n` });
    expect(await heads.read('a')).toBeUndefined();
    expect(await heads.advance('a', head(1), undefined)).toBe('advanced');
    expect(await heads.advance('a', head(1), undefined)).toBe('conflict');
    expect(await heads.advance('a', head(3), head(2).lastSequence)).toBe('conflict');
    expect(await heads.advance('b', head(3), head(2).lastSequence)).toBe('conflict');
    expect(await heads.advance('a', head(2), head(1).lastSequence)).toBe('advanced');
    expect(await heads.read('a')).toEqual(head(2));
    const all = [];
    for await (const each of heads.all()) {
      all.push(each);
    }
    expect(all).toEqual([{ chain: 'a', head: head(2) }]);
  });
});
