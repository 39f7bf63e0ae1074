import { Facts } from '../../../lib/facts';
import { Decision, quotaUse, SizingPlan } from '../../../lib/sizing';

const shards = Decision.derive({
  path: 'stream',
  name: 'shards',
  value: 18,
  unit: 'shards',
  formula: 'ceil(12.3 / 0.7) = 18',
  inputs: { mebibytesPerSecond: 12.3 },
  binding: 'bytes',
  demand: 12.3,
  quota: quotaUse(Facts.DEFAULT, 'kinesis/shardQuota.account', 18),
  limits: { minimum: 1, maximum: 10_000, because: 'a stream has 1 to 10,000 shards' },
  facts: ['kinesis/shard.writeBytesPerSec', 'kinesis/shard.writeBytesPerSec'],
});
const flag = Decision.derive({ path: 'stream', name: 'enhancedFanOut', value: true, formula: 'true', inputs: {}, binding: 'target' });

describe('a derived decision', () => {
  it('knows its headroom and quota', () => {
    expect(shards).toMatchObject({ origin: 'derived', headroom: 0.3167, rejected: [], facts: ['kinesis/shard.writeBytesPerSec'] });
    expect(shards.quota).toEqual({ id: 'kinesis/shardQuota.account', value: 20_000, used: 18, adjustable: true, code: 'L-0918CF54', shared: true });
    expect(quotaUse(Facts.DEFAULT, 'lambda/concurrency.accountDefault', 5).code).toBe('L-B99A9384');
  });

  it('publishes nine significant digits', () => {
    const noisy = Decision.derive({ path: 'p', name: 'n', value: 1, formula: '', inputs: { a: 1 / 3, b: 'text' }, binding: '' });
    expect(noisy.inputs).toEqual({ a: 0.333333333, b: 'text' });
    expect(noisy).not.toHaveProperty('headroom');
  });
});

describe('an override', () => {
  it('keeps the derived value and computes headroom and quota anew', () => {
    const more = Decision.override(shards, 36);
    expect(more).toMatchObject({ value: 36, derived: 18, origin: 'override', binding: 'stated', headroom: 0.6583 });
    expect(more.quota?.used).toBe(36);
    expect(more.formula).toBe('36 as stated; derived: ceil(12.3 / 0.7) = 18');
    expect(shards).toMatchObject({ value: 18, origin: 'derived' });
  });

  it('may stay below the need, and shows it', () => {
    expect(Decision.override(shards, 10)).toMatchObject({ headroom: -0.23, binding: 'stated; the peak needs 23 % more' });
  });

  it('is measured against the derived value when it is overridden again', () => {
    const twice = Decision.override(Decision.override(shards, 10), 20);
    expect(twice).toMatchObject({ value: 20, derived: 18, formula: '20 as stated; derived: ceil(12.3 / 0.7) = 18' });
    expect(twice.quota?.used).toBe(20);
  });

  it.each([0, -1, 10_001, Number.NaN])('beyond a hard limit is refused: %d', (value) => {
    expect(() => Decision.override(shards, value)).toThrow(`\`shards\` must be between 1 and 10000, got: ${value} (a stream has 1 to 10,000 shards)`);
  });

  it('names the one bound that there is', () => {
    const least = { ...shards, limits: { minimum: 4, because: 'so' } };
    const most = { ...shards, limits: { maximum: 4, because: 'so' } };
    expect(() => Decision.override(least, 3)).toThrow('`shards` must be at least 4, got: 3 (so)');
    expect(() => Decision.override(most, 5)).toThrow('`shards` must be at most 4, got: 5 (so)');
  });

  it('of another type is refused', () => {
    expect(() => Decision.override(flag, 1)).toThrow('`enhancedFanOut` must be a boolean, got: 1');
    expect(Decision.override(flag, false)).toMatchObject({ value: false, derived: true });
  });

  it('replaces one decision of many', () => {
    expect(Decision.replace([shards, flag], 'shards', 20).map((it) => it.value)).toEqual([20, true]);
    expect(() => Decision.replace([shards, flag], 'shard', 20)).toThrow("there is no decision 'shard'; there are 'shards', 'enhancedFanOut'");
  });
});

describe('SizingPlan', () => {
  const plan = new SizingPlan([Decision.withPath(shards, 'Stage/cell1-stream/Stream'), Decision.withPath(flag, 'Stage/cell1-stream/Stream'),
    Decision.withPath(flag, 'Stage/cell2-stream/Stream')]);

  it('refuses two decisions of one name', () => {
    expect(() => new SizingPlan([shards, shards])).toThrow("two decisions are called 'stream/shards'");
  });

  it('finds decisions by path', () => {
    expect(plan.under('Stage/cell1-stream')).toHaveLength(2);
    expect(plan.under('Stage/cell1')).toHaveLength(0);
  });

  it.each([
    ['Stage/cell1-stream/Stream/shards', 1], ['Stage/cell1-stream', 2], ['Stream/enhancedFanOut', 2], ['shards', 1], ['cell2-stream', 1], ['Stream', 3], ['nothing', 0],
  ])('finds what %s names', (text, count) => {
    expect(plan.search(text)).toHaveLength(count);
  });

  it('publishes the fields of the contract, and reads them back', () => {
    const json = JSON.parse(JSON.stringify(plan)) as { decisions: Record<string, unknown>[] };
    expect(Object.keys(json.decisions[0]).sort()).toEqual(
      ['binding', 'facts', 'formula', 'headroom', 'inputs', 'name', 'origin', 'path', 'quota', 'rejected', 'unit', 'value']);
    expect(SizingPlan.fromJSON(json).toJSON()).toEqual(plan.toJSON());
  });

  it.each([[undefined], [{}], [{ decisions: 3 }], [{ decisions: [{ path: 'a' }] }], [{ decisions: [null] }]])('refuses %j as a plan', (json) => {
    expect(() => SizingPlan.fromJSON(json)).toThrow('a sizing plan must be an object with a list `decisions`');
  });

  it('adds up the uses of a shared quota, and takes the largest of others', () => {
    const reserved = (path: string, used: number): Decision => Decision.derive({
      path, name: 'reservedConcurrency', value: used, formula: '', inputs: {}, binding: '', quota: quotaUse(Facts.DEFAULT, 'lambda/concurrency.accountDefault', used),
    });
    const table = (path: string, used: number): Decision => Decision.derive({
      path, name: 'tables', value: 1, formula: '', inputs: {}, binding: '', quota: quotaUse(Facts.DEFAULT, 'dynamodb/table.maxWriteUnits.default', used),
    });
    expect(new SizingPlan([reserved('a', 600), reserved('b', 300), table('a', 30_000), table('b', 39_000)]).raises()).toEqual([]);
    const raises = new SizingPlan([reserved('a', 600), reserved('b', 600), table('a', 30_000), table('b', 45_000)]).raises();
    expect(raises.map(({ id, used }) => [id, used])).toEqual([
      ['lambda/concurrency.accountDefault', 1200], ['dynamodb/table.maxWriteUnits.default', 45_000],
    ]);
  });
});
