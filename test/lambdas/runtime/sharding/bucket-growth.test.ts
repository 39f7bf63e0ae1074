import fc from 'fast-check';
import type { Item } from '../../../../lambdas/runtime/aws/dynamodb';
import { DirectoryLapsedError, DirectoryLease, type DirectorySource } from '../../../../lambdas/runtime/sharding/directory-lease';
import { DirectoryTable } from '../../../../lambdas/runtime/sharding/directory-table';
import { DirectoryVersion } from '../../../../lambdas/runtime/sharding/directory-version';
import { DynamoDbGrowingTable } from '../../../../lambdas/runtime/sharding/dynamodb-growing-table';
import { GrowingRows, type GrowingTable, type Stored } from '../../../../lambdas/runtime/sharding/growing-rows';
import { Dynoxide } from '../../../support/dynoxide';
import { Interleaving, type Turn } from '../parking/interleaving';
import { ManualClock } from '../support/manual-clock';
import { LEASE, MemoryDirectory, runThroughGrowth } from '../support/memory-directory';

const WINDOW = 7 * 86_400_000;
const OWNER = 'm-1';
const KEYS = Array.from({ length: 6 }, (_, index) => `order-${index}`);

class MemoryGrowingTable implements GrowingTable<string> {
  public readonly items = new Map<string, Stored<string>>();

  public async insert(pk: string, sk: string, row: string): Promise<'inserted' | 'exists'> {
    return this.put([[pk, sk, { kind: 'row', row }]]);
  }

  public async insertMarked(pk: string, earlier: string, sk: string, row: string): Promise<'inserted' | 'exists'> {
    return this.put([[pk, sk, { kind: 'row', row }], [earlier, sk, { kind: 'moved', pk }]]);
  }

  public async find(pk: string, sk: string): Promise<Stored<string> | undefined> {
    return this.items.get(`${pk}/${sk}`);
  }

  private put(items: readonly (readonly [string, string, Stored<string>])[]): 'inserted' | 'exists' {
    if (items.some(([pk, sk]) => this.items.has(`${pk}/${sk}`))) {
      return 'exists';
    }
    items.forEach(([pk, sk, stored]) => this.items.set(`${pk}/${sk}`, stored));
    return 'inserted';
  }
}

/** A table whose caller may be frozen before each call, and after it. */
function frozenAt(turn: Turn, table: GrowingTable<string>): GrowingTable<string> {
  const around = async <Output>(call: () => Promise<Output>): Promise<Output> => {
    await turn();
    const output = await call();
    await turn();
    return output;
  };
  return {
    insert: (...input) => around(() => table.insert(...input)),
    insertMarked: (...input) => around(() => table.insertMarked(...input)),
    find: (...input) => around(() => table.find(...input)),
  };
}

describe('growth of an owner online', () => {
  it('stores each key once and finds it, with workers that freeze across the switch and clocks that differ', async () => {
    const seen = new Set<string>();
    const skews = fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: -20_000, max: 20_000 })));
    await fc.assert(fc.asyncProperty(skews, fc.infiniteStream(fc.nat(10_000)), async (offsets, choices) => {
      const choose = (below: number): number => choices.next().value! % below;
      const clock = new ManualClock(1_000_000);
      const directory = new MemoryDirectory(clock, OWNER, WINDOW);
      const table = new MemoryGrowingTable();
      const inserted = new Map<string, number>();
      const actors = new Interleaving();
      offsets.forEach((offset, worker) => actors.start(`worker ${worker}`, async (turn) => {
        const own = { now: () => clock.now() + offset, sleep: clock.sleep };
        const rows = new GrowingRows(frozenAt(turn, table), new DirectoryLease({ source: directory, clock: own }));
        for (const key of KEYS) {
          try {
            const before = inserted.has(key);
            if (choose(3) === 0) {
              const row = await rows.find(OWNER, key);
              // What was stored before the question is found.
              expect(before && row === undefined).toBe(false);
              continue;
            }
            const outcome = await rows.insert(OWNER, key, `${worker}`);
            inserted.set(key, (inserted.get(key) ?? 0) + (outcome === 'inserted' ? 1 : 0));
          } catch (error) {
            expect(error).toBeInstanceOf(DirectoryLapsedError);
          }
        }
      }));
      await runThroughGrowth(actors, directory, clock, choose);

      clock.time += 10 * LEASE;
      const rows = new GrowingRows(table, new DirectoryLease({ source: directory, clock }));
      for (const [key, times] of inserted) {
        const stored = [...table.items].filter(([text, { kind }]) => text.endsWith(`/${key}`) && kind === 'row');
        expect([key, times, stored.length]).toEqual([key, 1, 1]);
        expect(await rows.find(OWNER, key)).toBeDefined();
        stored.forEach(([text]) => seen.add(text));
      }
    }), { numRuns: 300 });
    // Both the old bucket and new ones were in use.
    expect([...seen].some((text) => text.startsWith('m-1#0/'))).toBe(true);
    expect([...seen].some((text) => !text.startsWith('m-1#0/'))).toBe(true);
  });

  it('a worker frozen between its lease and its write comes too late', async () => {
    const clock = new ManualClock();
    const directory = new MemoryDirectory(clock, OWNER, WINDOW);
    const table = new MemoryGrowingTable();
    let thaw: () => void = () => undefined;
    const frozen = new GrowingRows({
      ...table, find: (...input) => table.find(...input), insertMarked: (...input) => table.insertMarked(...input),
      insert: async (...input) => {
        await new Promise<void>((resolve) => { thaw = resolve; });
        return table.insert(...input);
      },
    }, new DirectoryLease({ source: directory, clock }));
    const key = KEYS.find((it) => new DirectoryVersion(1, 1, new Map([[OWNER, { buckets: 4 }]])).place(OWNER, it, 0).pk !== 'm-1#0')!;
    const late = frozen.insert(OWNER, key, 'late');
    await new Promise(setImmediate);
    directory.grow();
    clock.time += 3 * LEASE;
    const awake = new GrowingRows(table, new DirectoryLease({ source: directory, clock }));
    expect(await awake.insert(OWNER, key, 'first')).toBe('inserted');
    clock.time += 86_400_000;
    thaw();
    expect(await late).toBe('exists');
    expect(await awake.find(OWNER, key)).toBe('first');
    expect(await frozen.find(OWNER, key)).toBe('first');
  });
});

describe('DirectoryLease', () => {
  let clock: ManualClock;
  let directory: MemoryDirectory;

  beforeEach(() => {
    clock = new ManualClock();
    directory = new MemoryDirectory(clock, OWNER, WINDOW);
  });

  it('goes by what it has read until its end, and not a moment longer', async () => {
    const lease = new DirectoryLease({ source: directory, clock });
    const { until } = await lease.current();
    expect(until).toBe(clock.now() + LEASE);
    directory.isAway = true;
    clock.time = until - 1;
    expect((await lease.current()).until).toBe(until);
    clock.time = until;
    await expect(lease.current()).rejects.toBeInstanceOf(DirectoryLapsedError);
    directory.isAway = false;
    expect((await lease.current()).until).toBe(clock.now() + LEASE);
  });

  it('counts its lease from the question, not from the answer', async () => {
    const slow: DirectorySource = {
      head: async () => {
        clock.time += 10_000;
        return directory.head();
      },
      version: (number) => directory.version(number),
    };
    const asked = clock.now();
    expect((await new DirectoryLease({ source: slow, clock }).current()).until).toBe(asked + LEASE);
  });

  it('goes by the old version until the new one is in force, and everybody knows that one by then', async () => {
    const lease = new DirectoryLease({ source: directory, clock });
    await lease.current();
    directory.grow();
    const from = clock.now() + 2 * LEASE;
    clock.time += LEASE / 2;
    expect((await lease.current()).version.number).toBe(0);
    clock.time = from - 1;
    expect(await lease.current()).toMatchObject({ version: { number: 0 }, until: from });
    clock.time = from;
    expect((await lease.current()).version.number).toBe(1);
  });

  it('asks once for all who wait', async () => {
    const head = jest.spyOn(directory, 'head');
    const lease = new DirectoryLease({ source: directory, clock });
    await Promise.all([lease.current(), lease.current(), lease.current()]);
    expect(head).toHaveBeenCalledTimes(1);
    await lease.current();
    expect(head).toHaveBeenCalledTimes(1);
  });

  it('refuses a lease out of its range', () => {
    expect(() => new DirectoryLease({ source: directory, leaseMilliseconds: 999 })).toThrow('`leaseMilliseconds` must be a whole number between 1000 and 900000, got: 999');
  });
});

describe('on a table engine', () => {
  let engine: Dynoxide;
  const clock = new ManualClock();
  let tables = 0;
  let name: string;
  const table = (): DirectoryTable => new DirectoryTable({ dynamodb: engine.client, table: name, defaultBuckets: 1, clock });

  beforeAll(async () => { engine = await Dynoxide.start(); });
  afterAll(() => engine.stop());
  beforeEach(async () => {
    name = `directory-${++tables}`;
    await engine.client.call('CreateTable', {
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'version', KeyType: 'HASH' }, { AttributeName: 'owner', KeyType: 'RANGE' }],
      AttributeDefinitions: [{ AttributeName: 'version', AttributeType: 'S' }, { AttributeName: 'owner', AttributeType: 'S' }],
    });
  });

  it('publishes versions, each with what came before', async () => {
    expect(await table().head()).toBeUndefined();
    const published = clock.now();
    const first = await table().publish(new Map([['m-1', 8]]), WINDOW);
    expect(first).toEqual({ current: 1, previous: 0, from: published + 2 * LEASE });
    expect(await table().head()).toEqual(first);
    await expect(table().publish(new Map([['m-2', 2]]), WINDOW)).rejects.toThrow('version 1 of the shard directory is not in force before');
    clock.time = first.from;
    await table().publish(new Map([['m-2', 2]]), WINDOW);
    const second = await table().version(2);
    expect(second.owners).toEqual(new Map([
      ['m-1', { buckets: 8, growth: { was: 1, until: first.from + WINDOW }, past: [1] }],
      ['m-2', { buckets: 2, growth: { was: 1, until: clock.now() + 2 * LEASE + WINDOW }, past: [1] }],
    ]));
    clock.time += 2 * LEASE;
    await expect(table().publish(new Map([['m-1', 16]]), WINDOW)).rejects.toThrow('`m-1` still has rows in its 1 buckets of before');
    clock.time += WINDOW;
    await table().publish(new Map([['m-1', 16]]), WINDOW);
    expect((await table().version(3)).owners.get('m-2')).toEqual({ buckets: 2, past: [1] });
    expect((await table().version(3)).owners.get('m-1')).toMatchObject({ growth: { was: 8 }, past: [1, 8] });
  });

  it('lets one of two operators win, and never mixes what a third one left behind', async () => {
    // One who died before it moved the head.
    await engine.client.call('PutItem', { TableName: name, Item: { version: { S: '1' }, owner: { S: '-' } } });
    await engine.client.call('PutItem', { TableName: name, Item: { version: { S: '1' }, owner: { S: 'm-9' }, buckets: { N: '64' } } });
    const outcomes = await Promise.allSettled([table().publish(new Map([['m-1', 8]]), WINDOW), table().publish(new Map([['m-2', 4]]), WINDOW)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const head = (await table().head())!;
    expect(head.current).toBeGreaterThan(1);
    expect([...(await table().version(head.current)).owners.keys()]).toEqual([outcomes[0].status === 'fulfilled' ? 'm-1' : 'm-2']);
  });

  it('refuses what cannot be before anything is written', async () => {
    await expect(table().publish(new Map([['m-1', 5_000]]), WINDOW)).rejects.toThrow('`merchants.m-1` of the shard directory must be a whole number between 1 and 4096, got: 5000');
    await expect(table().publish(new Map([['m-1', 1]]), WINDOW)).rejects.toThrow('`m-1` must get more than the 1 buckets that it has, got: 1');
    await expect(table().publish(new Map([['-', 2]]), WINDOW)).rejects.toThrow("an owner must have a name other than '-'");
    await expect(table().publish(new Map([['m-1', 2]]), 0)).rejects.toThrow('`windowMilliseconds` must be a whole number between 1');
    const { Count: count } = await engine.client.call<{ Count: number }>('Scan', { TableName: name });
    expect(count).toBe(0);
  });

  it('stores a grown row and its mark, both or neither', async () => {
    await engine.createTables(`rows-${name}`);
    const rows = new DynamoDbGrowingTable({ dynamodb: engine.client, table: `rows-${name}`, markAttributes: () => ({ expiresAt: { N: '7' } }) });
    const row: Item = { amount: { N: '5' } };
    expect(await rows.insertMarked('m-1#3', 'm-1#0', 'k', row)).toBe('inserted');
    expect(await rows.insert('m-1#0', 'k', row)).toBe('exists');
    expect(await rows.find('m-1#0', 'k')).toEqual({ kind: 'moved', pk: 'm-1#3' });
    expect(await rows.find('m-1#3', 'k')).toEqual({ kind: 'row', row: { ...row, pk: { S: 'm-1#3' }, sk: { S: 'k' } } });
    expect(await rows.insert('m-1#0', 'early', row)).toBe('inserted');
    expect(await rows.insertMarked('m-1#3', 'm-1#0', 'early', row)).toBe('exists');
    expect(await rows.find('m-1#3', 'early')).toBeUndefined();
  });
});
