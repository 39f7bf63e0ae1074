import type { DynamoDBRecord } from 'aws-lambda';
import fc from 'fast-check';
import { AwsServiceError } from '../../../../lambdas/runtime/aws/errors';
import { BalanceProjector } from '../../../../lambdas/runtime/balance/balance-projector';
import { RetryBudget } from '../../../../lambdas/runtime/retry/retry-budget';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { ManualClock } from '../support/manual-clock';
import { RecordedMetrics, recordedLogger } from '../support/silent';
import { insertRecord } from '../support/stream-records';
import { InMemoryBalanceRows } from './in-memory-balance-rows';

describe('BalanceProjector', () => {
  let rows: InMemoryBalanceRows;
  let metrics: RecordedMetrics;

  beforeEach(() => {
    rows = new InMemoryBalanceRows();
    metrics = new RecordedMetrics();
  });

  function projector(maximumAttempts = 5): BalanceProjector {
    const retry = new RetryPolicy({ clock: new ManualClock(), maximumAttempts, budget: new RetryBudget({ capacity: 1e6 }) });
    return new BalanceProjector({ balances: rows, metrics, logger: recordedLogger().logger, retry });
  }

  function row(merchantId: string, shard = 's', currency = 'EUR'): object | undefined {
    return rows.rows.get(JSON.stringify([merchantId, currency, shard]));
  }

  it('adds payments, takes off refunds, and merges a batch into one write a row', async () => {
    const end = await projector().project([
      insertRecord('1', 'a', 'payment', 100), insertRecord('2', 'b', 'payment', 7), insertRecord('3', 'a', 'refund', 30),
      insertRecord('4', 'a', 'payment', 5, { currency: 'USD' }),
    ], 's');
    expect(end).toBe(4);
    expect(row('a')).toEqual({ available: 70n, held: 0n, count: 2n, lastSequence: '3'.padStart(40, '0') });
    expect(row('b')).toMatchObject({ available: 7n });
    expect(row('a', 's', 'USD')).toMatchObject({ available: 5n });
    expect(rows.writes).toBe(3);
    expect(metrics.counts.BalanceRowsWritten).toBe(3);
  });

  it('lets rejected refunds, later changes and removals of rows move no money', async () => {
    const records: DynamoDBRecord[] = [
      insertRecord('1', 'a', 'refund', 30, { status: 'rejected' }),
      { ...insertRecord('2', 'a', 'payment', 30), eventName: 'MODIFY' },
      { ...insertRecord('3', 'a', 'payment', 30), eventName: 'REMOVE' },
    ];
    expect(await projector().project(records, 's')).toBe(3);
    expect(rows.rows.size).toBe(0);
  });

  it('goes below zero when refunds come through before payments of another shard', async () => {
    await projector().project([insertRecord('1', 'a', 'refund', 30)], 's1');
    await projector().project([insertRecord('1', 'a', 'payment', 100)], 's2');
    expect(row('a', 's1')).toMatchObject({ available: -30n });
    expect(rows.balance('a', 'EUR')).toBe(70n);
  });

  it('sums beyond 2^53 without error', async () => {
    const records = Array.from({ length: 10_001 }, (_, index) => insertRecord(BigInt(index), 'a', 'payment', 1e12 - 1));
    await projector().project(records, 's');
    expect(row('a')).toMatchObject({ available: 10_001n * (10n ** 12n - 1n) });
  });

  it('keeps what is held', async () => {
    await projector().project([insertRecord('1', 'a', 'payment', 1)], 's');
    const key = JSON.stringify(['a', 'EUR', 's']);
    rows.rows.set(key, { ...rows.rows.get(key)!, held: 9n });
    await projector().project([insertRecord('2', 'a', 'payment', 1)], 's');
    expect(row('a')).toMatchObject({ available: 2n, held: 9n });
  });

  it('drops what a row contains already, with other batch borders too', async () => {
    const records = [1, 2, 3, 4].map((sequence) => insertRecord(BigInt(sequence * 999), 'a', 'payment', 10 ** sequence));
    await projector().project(records.slice(0, 3), 's');
    await projector().project(records.slice(1, 2), 's');
    await projector().project(records.slice(1, 4), 's');
    expect(row('a')).toMatchObject({ available: 11_110n, count: 4n });
    expect(metrics.counts.BalanceReplaysDropped).toBe(3);
  });

  it('reads again when a second invocation has written meanwhile, and adds nothing twice', async () => {
    const records = [insertRecord('1', 'a', 'payment', 10), insertRecord('2', 'a', 'payment', 20)];
    let interfered = false;
    rows.beforeWrite = async () => {
      if (!interfered) {
        interfered = true;
        await projector().project(records.slice(0, 1), 's');
      }
    };
    expect(await projector().project(records, 's')).toBe(2);
    expect(row('a')).toMatchObject({ available: 30n });
    expect(metrics.counts.BalanceWriteConflicts).toBe(1);
  });

  it('finds its own write when only the answer was lost', async () => {
    let writes = 0;
    rows.writeFault = () => (writes++ === 0 ? 'lost' : 'none');
    expect(await projector().project([insertRecord('1', 'a', 'payment', 10)], 's')).toBe(1);
    expect(row('a')).toMatchObject({ available: 10n });
  });

  it('asks for delivery from the first record of the first row that could not be written', async () => {
    const records = ['a', 'b', 'a', 'c', 'b'].map((merchant, index) => insertRecord(BigInt(index), merchant, 'payment', 1));
    rows.compareAndSet = async (changes) => changes.map(({ key }) => (key.merchantId === 'a' ? 'written' : 'failed'));
    expect(await projector().project(records, 's')).toBe(1);
    rows.readFails = () => true;
    expect(await projector().project(records, 's')).toBe(0);
  });

  it('moves money between what is available and what is held, and out', async () => {
    const records = [['payment', 100], ['hold', 70], ['release', 20], ['settle', 30], ['refund', 5]] as const;
    await projector().project(records.map(([type, amount], index) => insertRecord(String(index + 1), 'a', type, amount)), 's');
    expect(row('a')).toMatchObject({ available: 45n, held: 20n, count: 5n });
    await projector().project([insertRecord('6', 'a', 'settle', 20), insertRecord('7', 'a', 'release', 9, { status: 'rejected' })], 's');
    expect(row('a')).toMatchObject({ available: 45n, held: 0n, count: 6n });
    await projector().project([insertRecord('8', 'b', 'hold', 10)], 's');
    expect(row('b')).toMatchObject({ available: -10n, held: 10n });
  });

  it('tries nothing again that does not pass by itself', async () => {
    let reads = 0;
    rows.read = async () => {
      reads++;
      throw new AwsServiceError('AccessDeniedException', 400, '');
    };
    expect(await projector().project([insertRecord('1', 'a', 'payment', 10)], 's')).toBe(0);
    expect(reads).toBe(1);
  });

  it.each([
    ['of a type that it does not know', insertRecord('2', 'a', 'later', 5)],
    ['without amount', insertRecord('2', 'a', 'payment', Number.NaN)],
    ['without image', { eventName: 'INSERT', dynamodb: { SequenceNumber: '2' } } as DynamoDBRecord],
    ['with a sequence number that is none', insertRecord('x', 'a', 'payment', 5)],
  ])('skips no row %s: what comes before is added, the rest waits', async (_what, unreadable) => {
    const end = await projector().project([insertRecord('1', 'a', 'payment', 10), unreadable, insertRecord('3', 'a', 'payment', 20)], 's');
    expect(end).toBe(1);
    expect(row('a')).toMatchObject({ available: 10n });
  });

  it('gives exact sums for any delivery: replays, other borders, shards in any turn, lost answers, late invocations', async () => {
    const someRecord = fc.record({
      shard: fc.constantFrom('s1', 's2', 's3'), merchant: fc.constantFrom('a', 'b'), type: fc.constantFrom('payment', 'payment', 'refund'),
      amount: fc.integer({ min: 1, max: 1e12 }), status: fc.constantFrom('applied', 'applied', 'applied', 'rejected'),
      gap: fc.bigInt({ min: 1n, max: 10n ** 20n }),
    });
    await fc.assert(fc.asyncProperty(
      fc.array(someRecord, { maxLength: 40 }),
      fc.infiniteStream(fc.nat(1_000)),
      fc.infiniteStream(fc.constantFrom('none', 'none', 'none', 'refused', 'lost')),
      async (drawn, choices, faults) => {
        rows = new InMemoryBalanceRows();
        rows.writeFault = () => faults.next().value as 'none';
        const choose = (below: number): number => choices.next().value! % below;
        const expected = new Map([['a', 0n], ['b', 0n]]);
        const shards = new Map(['s1', 's2', 's3'].map((shard) => [shard, { records: [] as DynamoDBRecord[], checkpoint: 0, reached: 0 }]));
        let sequence = 10n ** 19n;
        for (const { shard, merchant, type, amount, status, gap } of drawn) {
          // Of different lengths in digits, and far apart.
          sequence += gap;
          shards.get(shard)!.records.push(insertRecord(sequence, merchant, type, amount, { status }));
          if (status === 'applied') {
            expected.set(merchant, expected.get(merchant)! + BigInt(type === 'payment' ? amount : -amount));
          }
        }
        const names = [...shards.keys()];
        for (let turn = 0; turn < 500 && [...shards.values()].some(({ records, checkpoint }) => checkpoint < records.length); turn++) {
          const name = names[choose(3)];
          const shard = shards.get(name)!;
          // The checkpoint may fall back; then what was delivered comes again, cut in another way.
          const start = choose(4) === 0 ? choose(shard.checkpoint + 1) : shard.checkpoint;
          const batch = shard.records.slice(start, start + 1 + choose(7));
          const invocation = projector(2).project(batch, name);
          if (choose(5) === 0) {
            // A second invocation of the same shard at the same time, with a part that was delivered before.
            await projector(2).project(shard.records.slice(Math.max(0, start - 2), start + choose(batch.length + 1)), name);
          }
          shard.checkpoint = start + await invocation;
        }
        expect(rows.balance('a', 'EUR')).toBe(expected.get('a'));
        expect(rows.balance('b', 'EUR')).toBe(expected.get('b'));
      },
    ), { numRuns: 300 });
  });
});
