import { type BalanceProjectorHandler, createBalanceProjectorHandler } from '../../../lambdas/balance-projector/handler';
import { streamShardName } from '../../../lambdas/runtime/balance/stream-shard';
import { RetryPolicy } from '../../../lambdas/runtime/retry/retry';
import { InMemoryBalanceRows } from '../runtime/balance/in-memory-balance-rows';
import { ManualClock } from '../runtime/support/manual-clock';
import { RecordedMetrics, recordedLogger } from '../runtime/support/silent';
import { insertRecord } from '../runtime/support/stream-records';

const ARN = 'arn:aws:dynamodb:eu-west-1:111122223333:table/ledger/stream/1';
const SHARD = 'shardId-00000001414576573621-f55eea83';
const CONTEXT = { getRemainingTimeInMillis: () => 60_000 };

describe('balance projector', () => {
  let balances: InMemoryBalanceRows;
  let metrics: RecordedMetrics;
  let clock: ManualClock;
  let handler: BalanceProjectorHandler;

  beforeEach(() => {
    balances = new InMemoryBalanceRows();
    metrics = new RecordedMetrics();
    clock = new ManualClock(1_700_000_003_000);
    handler = createBalanceProjectorHandler({
      balances, metrics, clock, logger: recordedLogger().logger, retry: new RetryPolicy({ clock, maximumAttempts: 2, baseMilliseconds: 0 }),
    });
  });

  it('writes its sums before it answers, with empty state', async () => {
    const records = [insertRecord('10', 'a', 'payment', 5), insertRecord('11', 'a', 'payment', 6)];
    expect(await handler({ Records: records, shardId: SHARD, eventSourceARN: ARN }, CONTEXT)).toEqual({ batchItemFailures: [], state: {} });
    expect([...balances.rows]).toEqual([
      [JSON.stringify(['a', 'EUR', streamShardName(ARN, SHARD)]), { available: 11n, held: 0n, count: 2n, lastSequence: '11'.padStart(40, '0') }],
    ]);
    expect(metrics.values.BalanceLag).toEqual([3_000]);
    expect(metrics.flushes).toBe(1);
  });

  it('does not mix shards or tables, whose sequence numbers mean nothing to each other', async () => {
    await handler({ Records: [insertRecord('10', 'a', 'payment', 5)], shardId: SHARD, eventSourceARN: ARN }, CONTEXT);
    await handler({ Records: [insertRecord('3', 'a', 'payment', 5)], shardId: `${SHARD}2`, eventSourceARN: ARN }, CONTEXT);
    await handler({ Records: [insertRecord('3', 'a', 'payment', 5)], shardId: SHARD, eventSourceARN: `${ARN}2` }, CONTEXT);
    expect(balances.rows.size).toBe(3);
    expect(balances.balance('a', 'EUR')).toBe(15n);
  });

  it('names the first record that must come again, and answers with state then too', async () => {
    balances.compareAndSet = async (changes) => changes.map(({ key }) => (key.merchantId === 'a' ? 'written' : 'failed'));
    const records = [insertRecord('10', 'a', 'payment', 5), insertRecord('11', 'b', 'payment', 6), insertRecord('12', 'a', 'payment', 5)];
    expect(await handler({ Records: records, shardId: SHARD, eventSourceARN: ARN }, CONTEXT))
      .toEqual({ batchItemFailures: [{ itemIdentifier: '11' }], state: {} });
    expect(metrics.counts.RecordsLeftForRetry).toBe(2);
  });

  it('takes the last invocation of a window, which may have no records', async () => {
    expect(await handler({ Records: [], shardId: SHARD, eventSourceARN: ARN }, CONTEXT)).toEqual({ batchItemFailures: [], state: {} });
  });

  it('says that a tumbling window is missing, and adds nothing without knowing the shard', async () => {
    await expect(handler({ Records: [insertRecord('10', 'a', 'payment', 5)] }, CONTEXT)).rejects.toThrow('needs a tumbling window');
    expect(balances.rows.size).toBe(0);
  });

  it('fails as a whole when a failure cannot be named', async () => {
    const unnamed = { eventName: 'INSERT' as const, dynamodb: {} };
    await expect(handler({ Records: [unnamed], shardId: SHARD, eventSourceARN: ARN }, CONTEXT)).rejects.toThrow('without sequence number');
  });
});
