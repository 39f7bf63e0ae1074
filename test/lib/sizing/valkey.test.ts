import { Facts } from '../../../lib/facts';
import { Decision } from '../../../lib/sizing';
import { sizeValkey, type ValkeySizing } from '../../../lib/sizing/valkey';
import { KeySkew, RecoveryTier, type Workload, type WorkloadProps } from '../../../lib/workload';
import { itKeepsTheLaws, RATES, workloadAt } from './store-laws';

function sizesAt(rate: number, props: Omit<WorkloadProps, 'peak'> = {}, facts: Facts = Facts.DEFAULT): ValkeySizing {
  return sizeValkey(workloadAt(rate, props), facts);
}

const NODES_ONLY = Facts.DEFAULT.withOverrides({ 'elasticache/serverless.maxGB': 0.001 });

describe('the cache', () => {
  itKeepsTheLaws((workload: Workload, facts) => sizeValkey(workload, facts));

  it('holds merchants, rules, and the payers of an hour', () => {
    // 500 x (1,024 + 80) + 1,000 x 0.5 x 3,600 x (256 + 80) + 10,000 x (512 + 80).
    expect(sizesAt(1_000).workingSetBytes).toBe(552_000 + 604_800_000 + 5_920_000);
    expect(sizesAt(1_000).operationsPerSecond).toBe(3_500);
  });

  it('is serverless where the load is small, at the price of its units', () => {
    const sizing = sizesAt(1_000);
    expect(sizing).toMatchObject({ deployment: 'serverless', nodeType: 'serverless', shards: 0, replicasPerShard: 0, excuses: [] });
    // 248.392 MB x 0.084 USD x 730 h, and half of 3,500 units/s, kept ready for the peak, x 2,628,000 s at 0.0023 USD a million.
    expect(sizing.monthlyUsd.typical).toBeCloseTo(248_392_000 / 1024 ** 3 * 0.084 * 730 + 1_750 * 2.628 * 0.0023, 6);
    // The floor of 0.1 GB.
    expect(sizesAt(10).monthlyUsd.typical).toBeCloseTo(0.1 * 0.084 * 730 + 17.5 * 2.628 * 0.0023, 6);
  });

  it('has nodes where they cost less', () => {
    const sizing = sizesAt(100_000, { recoveryTier: RecoveryTier.IMPORTANT });
    // Zipf over 500: the hottest key has 14,721 of 350,000 commands/s; (350,000 - 14,721) / (160,000 x 0.4 - 14,721) = 6.8.
    expect(sizing).toMatchObject({ deployment: 'nodes', nodeType: 'cache.r7g.large', shards: 7, replicasPerShard: 1, clusters: 1 });
    expect(sizing.monthlyUsd.typical).toBeCloseTo(14 * 0.1752 * 730, 6);
    expect(sizing.options.map((it) => it.name)).toEqual([
      '24 x cache.m7g.large', '14 x cache.m7g.xlarge', '14 x cache.r7g.large', '14 x cache.r7g.xlarge', '14 x cache.r7g.2xlarge', '14 x cache.r7g.4xlarge', 'serverless',
    ]);
    expect(Decision.find(sizing.decisions, 'shards').binding).toBe('commands that one thread runs');
    expect(Decision.find(sizing.decisions, 'clusters').quota).toMatchObject({ id: 'elasticache/nodes.perCluster', used: 14 });
  });

  it('has shards for its memory, less the quarter that is reserved', () => {
    const long = NODES_ONLY.withOverrides({ 'target/cache.payerSeconds': 36_000 });
    const sizing = sizesAt(100_000, {}, long);
    const bytes = 552_000 + 100_000 * 0.5 * 36_000 * 336 + 5_920_000;
    const gigabytes = Number(/r7g\.(\w+)/.exec(sizing.nodeType)?.[1] === 'xlarge' ? 26.32 : 13.07);
    expect(sizing.shards).toBe(Math.ceil(bytes / (gigabytes * 0.75 * 1024 ** 3)));
    expect(Decision.find(sizing.decisions, 'shards').binding).toBe('memory less what the engine reserves');
  });

  it('has shards for the network of its nodes', () => {
    const facts = NODES_ONLY.withOverrides({ 'target/cache.ruleBytes': 100_000, 'target/cache.rules': 100 });
    const sizing = sizesAt(10_000, {}, facts);
    expect(Decision.find(sizing.decisions, 'shards').binding).toBe('network of a node');
    // 10,000 x (1.5 x 256 + 1,024 + 100,000) B/s over 0.937 Gbit/s x 0.5, or the same with larger nodes.
    const gigabits = { 'large': 0.937, 'xlarge': 1.876, '2xlarge': 3.75, '4xlarge': 7.5 }[sizing.nodeType.split('.')[2]] as number;
    expect(sizing.shards).toBe(Math.ceil(10_000 * 101_408 * 8 / (gigabits * 1e9 * 0.5)));
  });

  it('has replicas by recovery tier', () => {
    expect(RecoveryTier.ALL.map((recoveryTier) => sizesAt(1_000, { recoveryTier }, NODES_ONLY).replicasPerShard)).toEqual([2, 1, 1, 0]);
  });

  it('lets processes keep copies of a key that is too hot for a shard', () => {
    expect(sizesAt(100_000).localCopySeconds).toBe(0);
    const hot = sizesAt(1_000_000);
    expect(hot.localCopySeconds).toBe(1);
    // 400 processes ask once a second.
    expect(hot.excuses).toEqual(['the shared cache alone: 147,214 commands/s for one key, more than 16,000; with copies 400']);
  });

  it('says why serverless does not fit', () => {
    expect(sizesAt(1_000, {}, NODES_ONLY).excuses).toEqual(['serverless: 0.569 GB, at most 0.001']);
    const trusting = Facts.DEFAULT.withOverrides({ 'target/cache.hotKeyShare': 1 });
    expect(sizesAt(40_000, { keySkew: KeySkew.uniform(1) }, trusting).excuses).toEqual(['serverless: 40,000 ECPU/s for the hottest key, at most 30,000']);
    expect(sizesAt(10_000_000).excuses.join()).toContain('serverless: 35,000,000 ECPU/s, at most 15,000,000');
    expect(sizesAt(10_000_000)).toMatchObject({ deployment: 'nodes', clusters: 5 });
  });

  it('tells what the store must take when the cache is lost', () => {
    const cold = Decision.find(sizesAt(100_000).decisions, 'coldReadUnits');
    // A payer for each payment; 500 merchants in 40 processes; rules at most once a payment.
    expect(cold.value).toBe(100_000 + 20_000 + 100_000);
    expect(cold.quota).toMatchObject({ id: 'dynamodb/table.maxReadUnits.default', value: 40_000, used: 220_000 });
    expect(sizesAt(10).coldReadUnits).toBe(30);
  });

  it('answers a little later through the proxy of a serverless cache', () => {
    expect(sizesAt(1_000).latencyP99Milliseconds).toBeCloseTo(1.287 + 0.7 - 0.423, 9);
    expect(sizesAt(1_000, {}, NODES_ONLY).latencyP99Milliseconds).toBe(1.287);
  });

  it('never has fewer shards for more rate or skew', () => {
    const shards = (rate: number, exponent: number): number => sizesAt(rate, { keySkew: KeySkew.zipf({ keys: 500, exponent }) }, NODES_ONLY).shards;
    for (let rate = 10; rate < 2_000_000; rate *= 1.7) {
      // The cheapest type may change with the rate: larger nodes are fewer.
      const usd = (it: number): number => sizesAt(it).monthlyUsd.typical;
      expect(usd(rate * 1.7)).toBeGreaterThanOrEqual(usd(rate));
      expect(shards(rate, 1.4)).toBeGreaterThanOrEqual(shards(rate, 1));
    }
    for (const rate of RATES) {
      expect(sizesAt(rate, {}, NODES_ONLY).shards * 160_000).toBeGreaterThan(3.5 * rate);
    }
  });
});
