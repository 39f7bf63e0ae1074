import fc from 'fast-check';
import { comparableSequence, streamShardName } from '../../../../lambdas/runtime/balance/stream-shard';

describe('comparableSequence', () => {
  it('sorts as text like the numbers, also beyond what a number can hold', () => {
    const sequence = fc.bigInt({ min: 0n, max: 10n ** 40n - 1n });
    fc.assert(fc.property(sequence, sequence, (a, b) => {
      expect(comparableSequence(String(a)) < comparableSequence(String(b))).toBe(a < b);
      expect(comparableSequence(String(a)) === comparableSequence(String(b))).toBe(a === b);
    }));
  });

  it.each(['', 'x', '-1', '1.5', '1'.repeat(41)])('refuses %j', (text) => {
    expect(() => comparableSequence(text)).toThrow('1 to 40 decimal digits');
  });
});

describe('streamShardName', () => {
  const arn = 'arn:aws:dynamodb:eu-west-1:111122223333:table/ledger-1/stream/2030-01-01T00:00:00.000';

  it('is short and never changes, because stored rows carry it', () => {
    expect(streamShardName(arn, 'shardId-00000001414576573621-f55eea83')).toBe('CZLDy7uE.00000001414576573621-f55eea83');
  });

  it('tells shards and streams apart', () => {
    const other = arn.replace('ledger-1', 'ledger-2');
    const names = [arn, other].flatMap((stream) => ['shardId-1', 'shardId-2'].map((shard) => streamShardName(stream, shard)));
    expect(new Set(names).size).toBe(4);
  });
});
