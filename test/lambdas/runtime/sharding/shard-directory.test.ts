import fc from 'fast-check';
import { merchantOf, partitionKey, ShardDirectory, tableIndex } from '../../../../lambdas/runtime/sharding/shard-directory';
import { stableHash } from '../../../../lambdas/runtime/sharding/stable-hash';

describe('ShardDirectory', () => {
  it('reads the buckets of merchants', () => {
    const directory = ShardDirectory.parse('{"default":2,"merchants":{"m-1":8}}');
    expect(directory.buckets('m-1')).toBe(8);
    expect(directory.buckets('other')).toBe(2);
    expect(ShardDirectory.parse('{}').buckets('any')).toBe(1);
  });

  it('knows no merchant by accident', () => {
    expect(ShardDirectory.parse('{"default":3}').buckets('constructor')).toBe(3);
    expect(ShardDirectory.parse('{"merchants":{"__proto__":5}}').buckets('__proto__')).toBe(5);
  });

  it.each([
    ['nonsense', 'is not JSON'],
    ['[1]', 'must be an object'],
    ['{"default":0}', '`default` of the shard directory must be a whole number between 1 and 4096, got: 0'],
    ['{"merchants":{"m-1":2.5}}', '`merchants.m-1` of the shard directory must be a whole number between 1 and 4096, got: 2.5'],
    ['{"merchants":{"m-1":"8"}}', 'got: "8"'],
    ['{"merchants":[]}', '`merchants` of the shard directory must be an object'],
    ['{"buckets":{}}', 'unknown members: buckets'],
  ])('refuses %s', (text, message) => {
    expect(() => ShardDirectory.parse(text)).toThrow(message);
  });
});

describe('partitionKey', () => {
  const directory = new ShardDirectory(1, new Map([['hot', 16]]));

  it('takes the bucket from the idempotency key', () => {
    expect(partitionKey(directory, 'cold', 'any key')).toBe('cold#0');
    expect(partitionKey(directory, 'hot', 'key-1')).toBe(`hot#${stableHash('key-1') % 16}`);
  });

  it('leads back to the merchant, whatever its id', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('#', 'a', '1', '支') }), fc.string(), (merchantId, key) => {
      expect(merchantOf(partitionKey(directory, merchantId, key))).toBe(merchantId);
    }));
  });
});

describe('tableIndex', () => {
  it('names one of the tables, each about as often', () => {
    const counts = [0, 0, 0];
    for (let merchant = 0; merchant < 3_000; merchant++) {
      counts[tableIndex(`merchant-${merchant}#0`, 3)]++;
    }
    counts.forEach((count) => expect(Math.abs(count - 1_000)).toBeLessThan(150));
    expect(tableIndex('anything', 1)).toBe(0);
  });
});
