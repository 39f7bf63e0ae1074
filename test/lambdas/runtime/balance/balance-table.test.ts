import { AwsConnectionError, AwsServiceError } from '../../../../lambdas/runtime/aws/errors';
import { BalanceTable, type BalanceRow, type BalanceRowKey } from '../../../../lambdas/runtime/balance/balance-table';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { Dynoxide } from '../../../support/dynoxide';
import { FaultyCaller, LOSE, PASS } from '../support/faulty-caller';
import { ManualClock } from '../support/manual-clock';
import { newMerchant } from '../support/payments';

describe('BalanceTable (dynoxide)', () => {
  let engine: Dynoxide;
  let caller: FaultyCaller;
  let table: BalanceTable;
  let merchantId: string;

  beforeAll(async () => {
    engine = await Dynoxide.start();
    await engine.createTables('balances');
  });
  afterAll(() => engine.stop());
  beforeEach(() => {
    caller = new FaultyCaller(engine.client);
    table = new BalanceTable({ dynamodb: caller, table: 'balances', retry: new RetryPolicy({ clock: new ManualClock() }) });
    merchantId = newMerchant();
  });

  const row: BalanceRow = { available: 10n, held: 2n, count: 3n, lastSequence: '001' };

  function key(streamShard: string, currency = 'EUR'): BalanceRowKey {
    return { merchantId, currency, streamShard };
  }

  it('sums the rows of one currency, beyond 2^53', async () => {
    const large = 12_345_678_901_234_567_890_123_456_789n;
    await table.compareAndSet([
      { key: key('s1'), next: { ...row, available: large } },
      { key: key('s2'), next: { ...row, available: -5n } },
      { key: key('s1', 'EUX'), next: row },
      { key: { merchantId: newMerchant(), currency: 'EUR', streamShard: 's1' }, next: row },
    ]);
    expect(await table.balance(merchantId, 'EUR')).toEqual({ available: large - 5n, held: 4n });
    expect(await table.balance(merchantId, 'USD')).toEqual({ available: 0n, held: 0n });
  });

  it('reads all pages of a balance', async () => {
    await table.compareAndSet(Array.from({ length: 7 }, (_, index) => ({ key: key(`s${index}`), next: row })));
    caller.decide = (operation, input) => (operation === 'Query'
      ? { kind: 'run', run: (target) => target.call('Query', { ...input, Limit: 3 }) }
      : PASS);
    expect(await table.balance(merchantId, 'EUR')).toEqual({ available: 70n, held: 14n });
    expect(caller.count('Query')).toBe(3);
  });

  it('reads back what it wrote', async () => {
    await table.compareAndSet([{ key: key('s1'), next: row }]);
    expect(await table.read([key('s2'), key('s1')])).toEqual([undefined, row]);
  });

  it('writes a row only while it is as it was read', async () => {
    const next = { ...row, available: 11n, lastSequence: '002' };
    expect(await table.compareAndSet([{ key: key('s1'), next: row }])).toEqual(['written']);
    expect(await table.compareAndSet([{ key: key('s1'), next }])).toEqual(['conflict']);
    expect(await table.compareAndSet([{ key: key('s1'), next, readSequence: '000' }])).toEqual(['conflict']);
    expect(await table.compareAndSet([{ key: key('absent'), next, readSequence: '001' }])).toEqual(['conflict']);
    expect(await table.read([key('s1'), key('absent')])).toEqual([row, undefined]);
    expect(await table.compareAndSet([{ key: key('s1'), next, readSequence: '001' }])).toEqual(['written']);
    expect(await table.read([key('s1')])).toEqual([next]);
  });

  it('takes more rows than one call can, and answers in their order', async () => {
    const changes = Array.from({ length: 130 }, (_, index) => ({ key: key(`s${index}`), next: { ...row, count: BigInt(index) } }));
    await table.compareAndSet(changes.filter((_, index) => index % 3 === 0));
    expect(await table.compareAndSet(changes)).toEqual(changes.map((_, index) => (index % 3 === 0 ? 'conflict' : 'written')));
    expect((await table.read(changes.map((change) => change.key))).map((read) => read?.count)).toEqual(changes.map(({ next }) => next.count));
  });

  it('does not know of a write whose answer was lost, and says so', async () => {
    caller.decide = () => LOSE;
    expect(await table.compareAndSet([{ key: key('s1'), next: row }])).toEqual(['failed']);
    caller.decide = () => ({ kind: 'run', run: async () => ({ Responses: [{ Error: { Code: 'ThrottlingError' } }] }) });
    expect(await table.compareAndSet([{ key: key('s2'), next: row }])).toEqual(['failed']);
  });

  it('reads again what was left unprocessed or failed to be read', async () => {
    await table.compareAndSet([{ key: key('s1'), next: row }, { key: key('s2'), next: row }]);
    let calls = 0;
    caller.decide = (_operation, input) => {
      calls++;
      if (calls === 1) {
        return { kind: 'fail', error: new AwsConnectionError('reset') };
      }
      const { balances: { Keys: keys } } = input.RequestItems as { balances: { Keys: object[] } };
      return calls > 2 ? PASS : {
        kind: 'run',
        run: async (target) => ({
          ...await target.call<object>('BatchGetItem', { RequestItems: { balances: { Keys: keys.slice(0, 1) } } }),
          UnprocessedKeys: { balances: { Keys: keys.slice(1) } },
        }),
      };
    };
    expect(await table.read([key('s1'), key('s2')])).toEqual([row, row]);
    expect(calls).toBe(3);
  });

  it('throws what does not pass by itself', async () => {
    caller.decide = () => ({ kind: 'fail', error: new AwsServiceError('AccessDeniedException', 400, 'no') });
    await expect(table.read([key('s1')])).rejects.toThrow('no');
    await expect(table.compareAndSet([{ key: key('s1'), next: row }])).rejects.toThrow('no');
    await expect(table.balance(merchantId, 'EUR')).rejects.toThrow('no');
  });
});
