import { Duration, Size } from 'aws-cdk-lib';
import { Facts } from '../../../lib/facts';
import { Decision } from '../../../lib/sizing';
import { type AuroraShardsSizing, sizeAuroraShards } from '../../../lib/sizing/aurora-shards';
import { ConsistencyLevel, KeySkew, RecoveryTier, type Workload, type WorkloadProps } from '../../../lib/workload';
import { itKeepsTheLaws, RATES, workloadAt } from './store-laws';

function sizesAt(rate: number, props: Omit<WorkloadProps, 'peak'> = {}): AuroraShardsSizing {
  return sizeAuroraShards(workloadAt(rate, props));
}

function shardsBinding(sizing: AuroraShardsSizing): string {
  return Decision.find(sizing.decisions, 'shards').binding;
}

const STALE = { status: ConsistencyLevel.eventual(Duration.seconds(1)) };

describe('Aurora shards', () => {
  itKeepsTheLaws((workload: Workload, facts) => sizeAuroraShards(workload, facts));

  it('has as many writers as rows need at 60 % of what one was measured to take', () => {
    // 100,000 x (0.99 + 0.01 + 2 x 0.01 x 1.55 attempts) = 103,100 rows/s; / (26,000 x 0.6) = 6.6.
    const sizing = sizesAt(100_000);
    expect(sizing).toMatchObject({ shards: 7, readersPerShard: 2 });
    expect(Decision.find(sizing.decisions, 'shards').inputs.rowsPerSecond).toBeCloseTo(103_100, 6);
    expect(RATES.map((rate) => sizesAt(rate).shards)).toEqual([1, 1, 7, 67]);
    for (const rate of RATES) {
      expect(sizesAt(rate).shards * 26_000).toBeGreaterThan(rate);
    }
  });

  it('has an instance whose memory holds the rows of an hour and the payers of a day', () => {
    // (100,000 x 3,600 x (512 + 94 - 44 + 64) B + 40,000 x 86,400 x 44 B) / 7 shards / 0.7 = 71.7 GiB: 64 GiB are too few.
    const sizing = sizesAt(100_000);
    expect(sizing.instanceClass).toBe('db.r7g.4xlarge');
    const { inputs, rejected } = Decision.find(sizing.decisions, 'instanceClass');
    expect(inputs.memoryBytes).toBeCloseTo((100_000 * 3_600 * 626 + 40_000 * 86_400 * 44) / 7 / 0.7, -2);
    expect(rejected.map(({ option }) => option)).toEqual(['db.r7g.2xlarge', 'db.r7g.8xlarge']);
    expect(rejected[0].because).toBe('it has 64 GiB, 71.7 GiB are needed');
    expect(rejected[1].because).toMatch(/^\$80,112 a month with 0.2 page reads a row$/);
    expect(sizesAt(1_000).instanceClass).toBe('db.r7g.large');
  });

  it('reads pages of the index of keys that memory does not hold', () => {
    // Keys of 8 days: 40,000 x 691,200 s x 44 B / 7 shards = 162 GiB; beside the hot rows are 128 GiB x 0.7 - 50.2 GiB = 39.4 GiB.
    const sizing = sizesAt(100_000);
    const index = 40_000 * 8 * 86_400 * 44 / 7;
    const hot = (100_000 * 3_600 * 626 + 40_000 * 86_400 * 44) / 7;
    const reads = 1 - (128 * 1024 ** 3 * 0.7 - hot) / index;
    const decision = Decision.find(sizing.decisions, 'pageReadsPerRow');
    expect(decision.value).toBe(0.76);
    expect(decision.inputs.readsPerSecondAtPeak).toBeCloseTo(reads * 103_100 / 7, 3);
    // 29.5 rows a call, a millisecond for each page: 22.3 ms.
    expect(Decision.find(sizing.decisions, 'latencyP99').formula).toContain('+ their pages 22.3 +');
    // Log in units of 4,096 B, these pages, and those of 1 % refunds and 1 % repeated payments.
    expect(sizing.operationsPerSecondOfShard).toBeCloseTo((103_100 * ((785 + 512 - 227) / 4_096 + reads) + 2_000) / 7, 6);
  });

  it('reads no page where memory holds the whole index', () => {
    const small = Decision.find(sizesAt(10).decisions, 'pageReadsPerRow');
    expect([small.value, small.binding]).toEqual([0, 'the memory of db.r7g.large holds the index']);
    const kept = (days: number): number => Number(Decision.find(sizesAt(100_000, { refundWindow: Duration.days(days) }).decisions, 'pageReadsPerRow').value);
    expect(kept(30)).toBeGreaterThan(kept(7));
    expect(kept(3_650)).toBeLessThanOrEqual(1);
  });

  it('has more memory where that costs less than to read pages', () => {
    // Pages at a thousand times their price: the class whose memory holds the index.
    const facts = Facts.DEFAULT.withOverrides({ 'aurora/io.standard.million': 200, 'aurora/ioOptimized.computeMultiplier': 1_000 });
    const sizing = sizeAuroraShards(workloadAt(1_000), facts);
    const { binding, rejected } = Decision.find(sizing.decisions, 'instanceClass');
    expect([sizing.instanceClass, binding]).toEqual(['db.r7g.xlarge', 'it saves more in page reads and readers than it costs']);
    expect(rejected[0]).toEqual({ option: 'db.r7g.large', because: expect.stringMatching(/ a month with 0\.32 page reads a row$/) });
    expect(Decision.find(sizing.decisions, 'pageReadsPerRow').value).toBe(0);
  });

  it('costs its instances, rows and operations', () => {
    // 7 x 3 x 2.211 USD x 1.3 x 730 h; 40,000 x 8 days x 714 B at 0.225 USD a GB.
    const cost = Decision.find(sizesAt(100_000).decisions, 'monthlyUsd');
    expect(cost.formula).toBe('21 db.r7g.4xlarge x 730 h x $2.87 + 18,385 GB stored x $0.225 = 48200');
    // 412.4 rows/s x (1,070 B / 4,096 B + 0.32 pages) + 400 x 0.02 pages, x 2,628,000 s at 0.20 USD a million.
    expect(Decision.find(sizesAt(1_000).decisions, 'monthlyUsd').formula)
      .toBe('3 db.r7g.large x 730 h x $0.276 + 184 GB stored x $0.1 + 652,790,564 I/O x $0.2/M = 753');
  });

  it('pays a flat price for I/O where I/O is more than about a quarter', () => {
    // One small cluster, 1,000 payments/s all day, of which half are looked for again: 130 + 500 operations/s.
    const busy = sizesAt(2_000, { average: workloadAt(2_000).peak, clientRetryShare: 0.5, recoveryTier: RecoveryTier.ANALYTICS });
    expect(busy.storageMode).toBe('io-optimized');
    const { operationsShare, breakEvenShare } = Decision.find(busy.decisions, 'storageMode').inputs as Record<string, number>;
    expect(operationsShare).toBeGreaterThan(breakEvenShare);
    expect(breakEvenShare).toBeGreaterThan(0.2);
    expect(breakEvenShare).toBeLessThan(0.4);
    expect(Decision.find(busy.decisions, 'monthlyUsd').formula).not.toContain('I/O');
    const quiet = Decision.find(sizesAt(10).decisions, 'storageMode');
    expect(quiet.value).toBe('standard');
    // 0.3 of compute alone: 0.3 / 1.3.
    expect(quiet.inputs.breakEvenShare).toBeCloseTo(0.3 / 1.3, 2);
  });

  it('has readers for failover by recovery tier', () => {
    expect(RecoveryTier.ALL.map((recoveryTier) => sizesAt(1_000, { recoveryTier }).readersPerShard)).toEqual([2, 1, 1, 0]);
  });

  it('reads from readers only where reads may be that stale', () => {
    // 2 million reads/s x 70 µs / 7 shards = 20 vCPU; 16 vCPU at 60 %, with two of three zones: 3.1.
    const stale = sizesAt(100_000, { readsPerPayment: 20, consistency: STALE });
    expect(stale).toMatchObject({ shards: 7, instanceClass: 'db.r7g.4xlarge', readersPerShard: 4, excuses: [] });
    // On writers: 140 vCPU / (64 x 0.6 x 0.5) = 7.3.
    const strong = sizesAt(100_000, { readsPerPayment: 20 });
    expect(strong).toMatchObject({ shards: 8, readersPerShard: 2 });
    expect(shardsBinding(strong)).toBe('status reads');
    const fresh = sizesAt(100, { consistency: { status: ConsistencyLevel.eventual(Duration.millis(50)) } });
    expect(fresh.excuses).toEqual(['readers: they are up to 100 ms behind, and reads of status may be 50 ms old']);
  });

  it('never has more readers than a cluster takes', () => {
    const sizing = sizesAt(100_000, { readsPerPayment: 2_000, consistency: STALE });
    expect(sizing.readersPerShard).toBeLessThanOrEqual(15);
  });

  it('says when a merchant is too hot for one writer', () => {
    // 14.7 % of 103,100 rows/s are 15,178: within 26,000 x 0.6 = 15,600. Of 120,000 payments/s they are 18,213.
    expect(sizesAt(100_000)).toMatchObject({ accountsOfHottestMerchant: 1, excuses: [] });
    const sizing = sizesAt(120_000);
    expect(sizing.accountsOfHottestMerchant).toBe(2);
    expect(sizing.excuses).toEqual([
      'one account a merchant: the hottest has 18,213 rows/s, and all of them lie in one shard, whose writer takes 15,600 rows/s, so it is split into 2 accounts',
    ]);
    expect(sizesAt(50_000_000, { keySkew: KeySkew.uniform(1) }).accountsOfHottestMerchant).toBe(3_305);
  });

  it('places the hottest merchants, so that no shard has more than a writer was shown to take', () => {
    const { placedMerchants, decisions } = sizesAt(100_000);
    const placed = Decision.find(decisions, 'placedMerchants');
    const skew = KeySkew.zipf({ keys: 500, exponent: 1 });
    // By a hash: a seventh of all, with the hottest on top.
    expect(placed.inputs.fullestByHash).toBeCloseTo(103_100 * ((1 - skew.share(1)) / 7 + skew.share(1)), 3);
    expect(placed.rejected[0].because).toBe('the fullest shard may have 27,738 rows/s, and 26,000 are the most that one writer has been shown to take');
    expect(placedMerchants).toBe(43);
    expect(placed.inputs.fullest).toBeLessThanOrEqual(0.8 * 26_000);
    // The hottest alone on its shard, with a seventh of what is not placed and the largest of that.
    const others = 1 - Array.from({ length: 43 }, (_, index) => skew.share(index + 1)).reduce((sum, share) => sum + share, 0);
    expect(placed.inputs.fullest).toBeCloseTo(103_100 * (skew.share(1) + (others - skew.share(44)) / 7 + skew.share(44)), 3);
  });

  it('places no merchant where a hash is even enough, or one shard takes all', () => {
    for (const sizing of [sizesAt(1_000), sizesAt(100_000, { keySkew: KeySkew.uniform(100_000) })]) {
      expect(sizing.placedMerchants).toBe(0);
      expect(Decision.find(sizing.decisions, 'placedMerchants').rejected).toEqual([]);
    }
  });

  it('has shards for large payments and long windows', () => {
    const large = sizesAt(100_000, { payload: { mean: Size.bytes(20_000) } });
    // (100,000 x 3,600 x 20,114 B + 40,000 x 86,400 x 44 B) / (512 GiB x 0.7) = 19.2.
    expect([large.shards, shardsBinding(large)]).toEqual([20, 'rows that must be in memory of the largest class']);
    const kept = sizesAt(100_000, { refundWindow: Duration.days(3_650) });
    // 40,000 x 3,651 days x 714 B / (256 TiB x 0.7) = 45.7.
    expect([kept.shards, shardsBinding(kept)]).toEqual([46, 'bytes that a volume holds']);
    expect(kept.storedBytesPerShard).toBeLessThan(256 * 1024 ** 4);
    const facts = Facts.DEFAULT.withOverrides({ 'target/aurora.hotMinutes': 1 });
    const logged = sizeAuroraShards(workloadAt(100_000, { payload: { mean: Size.bytes(40_000) } }), facts);
    // 103,100 x 40,558 B x 6 copies / (30 Gbit/s x 0.5) = 13.4.
    expect([logged.shards, shardsBinding(logged)]).toEqual([14, 'log that the largest class sends to 6 copies']);
  });

  it('has pools by Little, and a proxy where connections are too many', () => {
    const { poolPerWorker, connectionsPerInstance, connectionProxy } = sizesAt(1_000);
    // A worker a zone:
    // 50 calls/s x (1,031 / 3 x 20 ms x (29 µs + 0.32 pages of 1 ms) + 356 µs + 12 ms + 1 ms)
    // = 0.788 busy; + 2.375 x sqrt(0.788) = 2.9. Twice (3 x 3 + 1).
    expect([poolPerWorker, connectionsPerInstance, connectionProxy]).toEqual([3, 20, false]);
    const facts = Facts.DEFAULT.withOverrides({ 'target/store.paymentsPerProcess': 80, 'target/aurora.hotMinutes': 1 });
    const many = sizeAuroraShards(workloadAt(100_000), facts);
    // 2.6 busy workers, 2.6 + 2.375 x sqrt(2.6) = 6.4 with a zone lost are 10, and all of them write to each shard. 2 x (10 x 6 + 1,250) of 4,997.
    expect([many.instanceClass, many.connectionsPerInstance, many.connectionProxy]).toEqual(['db.r7g.2xlarge', 2_620, true]);
    // 7 x 3 x 8 vCPU x 0.015 USD x 730 h.
    expect(Decision.find(many.decisions, 'monthlyUsd').inputs['proxy vCPU']).toBeCloseTo(168 * 0.015 * 730, 6);
  });

  it('has an instance for the network and the processors of the fullest shard', () => {
    // 20,770 rows/s x 1,070 B x 6 copies / 0.5 = 254 MiB/s, where an even share takes 180.
    const { inputs } = Decision.find(sizesAt(100_000).decisions, 'instanceClass');
    const fullest = Number(Decision.find(sizesAt(100_000).decisions, 'placedMerchants').inputs.fullest);
    expect(inputs.networkBytesPerSecond).toBeCloseTo(fullest * 1_070 * 6 / 0.5, -3);
  });

  it('says what the fullest shard lacks where no instance is large enough', () => {
    const facts = Facts.DEFAULT.withOverrides({ 'target/aurora.cpuFactor': 60 });
    const sizing = sizeAuroraShards(workloadAt(100_000), facts);
    expect(sizing.instanceClass).toBe('db.r7g.16xlarge');
    expect(sizing.excuses).toEqual(['the shard with most payments: its instance has 64 vCPU, 85.6 are needed']);
  });

  it('counts on calls of the payments that one worker collects for one shard', () => {
    const latency = Decision.find(sizesAt(100_000).decisions, 'latencyP99');
    // 103,100 rows/s over 7 shards and 10 workers, of 20 ms.
    expect(latency.inputs.rowsPerBatch).toBeCloseTo(103_100 / 7 / 10 * 0.02, 6);
  });

  it('never has fewer shards for more rate, payload or reads', () => {
    const shards = (rate: number, bytes: number, readsPerPayment: number): number =>
      sizesAt(rate, { payload: { mean: Size.bytes(bytes) }, readsPerPayment }).shards;
    for (let rate = 10; rate < 2_000_000; rate *= 1.7) {
      expect(shards(rate * 1.7, 512, 0.1)).toBeGreaterThanOrEqual(shards(rate, 512, 0.1));
      expect(shards(rate, 5_120, 0.1)).toBeGreaterThanOrEqual(shards(rate, 512, 0.1));
      expect(shards(rate, 512, 3)).toBeGreaterThanOrEqual(shards(rate, 512, 0.1));
      const split = (exponent: number): number => sizesAt(rate, { keySkew: KeySkew.zipf({ keys: 500, exponent }) }).accountsOfHottestMerchant;
      expect(split(1.5)).toBeGreaterThanOrEqual(split(1));
    }
  });

  it('refuses a fact that does not tell what an instance has', () => {
    const facts = Facts.DEFAULT.withOverrides({ 'aurora/shape.db.r7g.large': 'small' });
    expect(() => sizeAuroraShards(workloadAt(10), facts)).toThrow("`aurora/shape.db.r7g.large` must be a text like '2 vCPU / 16 GiB', got: small");
  });
});
