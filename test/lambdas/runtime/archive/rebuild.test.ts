import { parseCheckpoint } from '../../../../lambdas/runtime/archive/balance-checkpoint';
import { verifyArchive } from '../../../../lambdas/runtime/archive/chain-verification';
import type { Item } from '../../../../lambdas/runtime/aws/dynamodb';
import { Dynoxide } from '../../../support/dynoxide';
import { payment } from '../support/payments';
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
    expect((await books.rebuild())).toMatchObject({ isEqual: false, balances: { balancesBehind: BigInt(other.count.N!) } });
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
