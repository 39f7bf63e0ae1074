import { Duration, Size } from 'aws-cdk-lib';
import fc from 'fast-check';
import { Facts } from '../../../lib/facts';
import { Decision } from '../../../lib/sizing';
import { type AuroraShardsSizing, sizeAuroraShards } from '../../../lib/sizing/aurora-shards';
import { operationsOfShard } from '../../../lib/sizing/aurora-shards-cost';
import { auroraLoad, partitionDays } from '../../../lib/sizing/aurora-shards-load';
import { pageReads } from '../../../lib/sizing/aurora-shards-memory';
import { placeMerchants } from '../../../lib/sizing/aurora-shards-merchants';
import { ConsistencyLevel, KeySkew, LatencyTarget, RecoveryTier, type Workload, type WorkloadProps } from '../../../lib/workload';
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

  it('has an instance whose memory holds the rows of an hour', () => {
    // 100,000 x 3,600 x (512 + 94 - 44 + 64) B / 7 shards / 0.7 = 42.8 GiB: 32 GiB are too few.
    const sizing = sizesAt(100_000);
    expect(sizing.instanceClass).toBe('db.r7g.2xlarge');
    const { binding, inputs, rejected } = Decision.find(sizing.decisions, 'instanceClass');
    expect(inputs.memoryBytes).toBeCloseTo(100_000 * 3_600 * 626 / 7 / 0.7, -4);
    expect(binding).toBe('of db.r7g.xlarge: 32 GiB, 42.8 GiB are needed');
    expect(rejected).toEqual([
      { option: 'db.r7g.xlarge', because: 'it has 32 GiB, 42.8 GiB are needed' },
      { option: 'db.r7g.4xlarge', because: '$48,200 a month with 0.76 page reads a row, a write within 62 ms' },
    ]);
    expect(sizesAt(1_000).instanceClass).toBe('db.r7g.large');
  });

  it('reads pages of the indexes of payers and keys that memory does not hold', () => {
    // Beside 30 GiB of hot rows are 64 GiB x 0.7 - 30 = 14.8 GiB, for 20.2 GiB of payers of a day and 162 GiB of keys of 8 days.
    const sizing = sizesAt(100_000);
    const [payers, keys] = [40_000 * 86_400 * 44 / 7, 40_000 * 8 * 86_400 * 44 / 7];
    const left = 64 * 1024 ** 3 * 0.7 - 100_000 * 3_600 * 626 / 7;
    const reads = 1 - left / payers + 1;
    const decision = Decision.find(sizing.decisions, 'pageReadsPerRow');
    expect(decision.value).toBe(1.27);
    expect(decision.inputs).toMatchObject({ payerIndexBytes: expect.closeTo(payers, -6), keyIndexBytes: expect.closeTo(keys, -6) });
    expect(Number(decision.inputs.readsPerSecondAtPeak)).toBeCloseTo(reads * 103_100 / 7, 0);
    // 29.5 rows a call at a millisecond a page: 37.3, and 2.326 x sqrt(29.5 x 0.27 x 0.73) more for one call in a hundred.
    expect(Decision.find(sizing.decisions, 'latencyP99').formula).toContain('+ their pages 42.9 +');
    // With more memory a part of the keys is there as well.
    const more = pageReads(auroraLoad(workloadAt(100_000), Facts.DEFAULT), 7, 128 * 1024 ** 3, Facts.DEFAULT);
    expect(more).toMatchObject({ payers: 0, keys: expect.closeTo(1 - (left + 64 * 1024 ** 3 * 0.7 - payers) / keys, 6) });
  });

  it('counts operations of log, indexes, refunds and repetitions, and of reads on readers, which have a memory of their own', () => {
    const load = (props = {}) => operationsOfShard(workloadAt(100_000, props), 7, 128 * 1024 ** 3, Facts.DEFAULT);
    const { keys, perRow } = pageReads(auroraLoad(workloadAt(100_000), Facts.DEFAULT), 7, 128 * 1024 ** 3, Facts.DEFAULT);
    expect(load()).toBeCloseTo((103_100 * ((785 + 512 - 227) / 4_096 + perRow) + 2_000) / 7, 6);
    expect(load({ consistency: STALE }) - load()).toBeCloseTo(100_000 * 0.1 * keys / 7, 6);
    // Of memory of which nothing is known, nothing is counted on.
    expect(operationsOfShard(workloadAt(100_000), 7, 0, Facts.DEFAULT)).toBeCloseTo((103_100 * (1_070 / 4_096 + 2) + 2_000) / 7, 6);
  });

  it('reads no page where memory holds both indexes, and more where keys are kept longer', () => {
    const small = Decision.find(sizesAt(10).decisions, 'pageReadsPerRow');
    expect([small.value, small.binding]).toEqual([0, 'the memory of db.r7g.large holds both indexes']);
    const loadOf = (days: number) => auroraLoad(workloadAt(1_000, { refundWindow: Duration.days(days) }), Facts.DEFAULT);
    const kept = (days: number): number => pageReads(loadOf(days), 1, 16 * 1024 ** 3, Facts.DEFAULT).perRow;
    expect([kept(7), kept(30), kept(3_650)].map((reads) => Math.round(100 * reads) / 100)).toEqual([0.32, 0.82, 1.08]);
  });

  it('has partitions of a hundredth of the time that entries are kept, and so an index of payers of several days', () => {
    expect([1, 7, 100, 101, 365, 3_660].map((days) => partitionDays(days, Facts.DEFAULT))).toEqual([1, 1, 1, 2, 4, 7]);
    const at = (days: number) => auroraLoad(workloadAt(100_000, { refundWindow: Duration.days(days) }), Facts.DEFAULT);
    expect(at(365).payerIndexBytes).toBeCloseTo(4 * at(7).payerIndexBytes, 3);
    expect(at(365).storedBytes).toBeCloseTo(40_000 * (365 + 4) * 86_400 * 714, -3);
  });

  it('has more memory where that costs less than to read pages, or where writes would be late', () => {
    // Pages at a thousand times their price: the class whose memory holds the indexes.
    const dear = Facts.DEFAULT.withOverrides({ 'aurora/io.standard.million': 200, 'aurora/ioOptimized.computeMultiplier': 1_000 });
    const saved = Decision.find(sizeAuroraShards(workloadAt(1_000), dear).decisions, 'instanceClass');
    expect([saved.value, saved.binding]).toEqual(['db.r7g.xlarge', 'it saves more in page reads and readers than it costs, or the time for them']);
    expect(saved.rejected[0]).toEqual({ option: 'db.r7g.large', because: expect.stringMatching(/ a month with 0\.32 page reads a row, a write within 39 ms$/) });
    // 68.7 rows a call: 1.9 pages each take 172 ms with a class that 10,000 payments/s fit.
    const classAt = (settle: number) => sizesAt(10_000, { latencyTarget: LatencyTarget.settle(Duration.millis(settle)) }).instanceClass;
    expect([classAt(1_000), classAt(150), classAt(90)]).toEqual(['db.r7g.xlarge', 'db.r7g.2xlarge', 'db.r7g.4xlarge']);
    // Where none is in time, the least bill of those that fit.
    expect(classAt(30)).toBe('db.r7g.xlarge');
  });

  it('costs its instances, rows and operations', () => {
    // 7 x 3 x 1.106 USD x 1.3 x 730 h; 40,000 x 8 days x 714 B at 0.225 USD a GB.
    const cost = Decision.find(sizesAt(100_000).decisions, 'monthlyUsd');
    expect(cost.formula).toBe('21 db.r7g.2xlarge x 730 h x $1.44 + 18,385 GB stored x $0.225 = 26178');
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
    // 2 million reads/s x 70 µs / 7 shards = 20 vCPU; 8 vCPU at 60 %, with two of three zones: 6.25.
    const stale = sizesAt(100_000, { readsPerPayment: 20, consistency: STALE });
    expect(stale).toMatchObject({ shards: 7, instanceClass: 'db.r7g.2xlarge', readersPerShard: 7, excuses: [] });
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

  it('says when a merchant is too hot for one shard', () => {
    // 14.7 % of 103,100 rows/s are 15,178: within 26,000 x 0.6 = 15,600. Of 120,000 payments/s they are 18,213.
    expect(sizesAt(100_000)).toMatchObject({ accountsOfHottestMerchant: 1, excuses: [] });
    const sizing = sizesAt(120_000);
    expect(sizing.accountsOfHottestMerchant).toBe(2);
    expect(sizing.excuses).toEqual([
      'one account a merchant: the hottest has 14.7 % of everything, which lies in one shard, and a shard takes 12.6 %, so it is split into 2 accounts',
    ]);
    expect(sizesAt(50_000_000, { keySkew: KeySkew.uniform(1) }).accountsOfHottestMerchant).toBe(3_305);
    // 46 shards for volume: what a shard takes is not bounded by rows alone.
    expect(sizesAt(100_000, { refundWindow: Duration.days(3_650) }).accountsOfHottestMerchant).toBe(7);
  });

  it('places the hottest merchants, so that no shard has more than it takes', () => {
    const { placedMerchants, decisions } = sizesAt(100_000);
    const placed = Decision.find(decisions, 'placedMerchants');
    expect(placedMerchants).toBe(82);
    expect(Number(placed.inputs.fullestShare)).toBeLessThanOrEqual(0.8 * 26_000 / 103_100);
    expect(Number(placed.inputs.mostShare)).toBeCloseTo(0.8 * 26_000 / 103_100, 6);
    expect(placed.rejected).toEqual([{ option: 'all merchants by a hash of their ids', because: expect.stringMatching(/^the fullest shard may have 3\d(\.\d)? % of everything, and takes 20.2 %$/) }]);
  });

  it.each([
    ['Zipf over 500', KeySkew.zipf({ keys: 500, exponent: 1 })], ['Zipf over 100, flat', KeySkew.zipf({ keys: 100, exponent: 0.5 })],
    ['20 equal ones', KeySkew.uniform(20)], ['a million', KeySkew.zipf({ keys: 1_000_000, exponent: 1 })],
  ])('leaves it to a hash only where that fills no shard too far: %s', (_, skew) => {
    const [shards, even, most] = [7, 0.15, 0.2];
    const { fullest, merchants } = placeMerchants(skew, shards, even, most);
    expect(fullest).toBeLessThanOrEqual(most);
    // Hashed by chance a hundred times: hardly ever is a shard fuller than was counted with.
    const random = fc.sample(fc.integer({ min: 0, max: shards - 1 }), { seed: 42, numRuns: 100_000 });
    const ranks = Math.min(skew.keys, 900);
    const rest = 1 - Array.from({ length: ranks }, (__, index) => skew.share(index + 1)).reduce((sum, share) => sum + share, 0);
    const fuller = Array.from({ length: 100 }, (__, run) => {
      const loads = new Array<number>(shards).fill(rest / shards);
      for (let rank = 1; rank <= ranks; rank++) {
        const at = rank <= merchants ? loads.indexOf(Math.min(...loads)) : random[(run * ranks + rank) % random.length];
        loads[at] += skew.share(rank);
      }
      return Math.max(...loads) > most;
    }).filter(Boolean).length;
    expect(fuller).toBeLessThanOrEqual(5);
  });

  it('has another shard where few merchants do not spread', () => {
    // 8 merchants of 12.5 % on 7 shards: two on one have 25 %, and it takes 20.2 %.
    const sizing = sizesAt(100_000, { keySkew: KeySkew.uniform(8) });
    expect([sizing.shards, shardsBinding(sizing)]).toEqual([8, 'merchants that do not spread evenly (uniform over 8 keys)']);
    expect(Decision.find(sizing.decisions, 'placedMerchants').inputs.fullestShare).toBe(0.125);
  });

  it('places no merchant where a hash is even enough, or one shard takes all', () => {
    for (const sizing of [sizesAt(1_000), sizesAt(100_000, { keySkew: KeySkew.uniform(100_000) })]) {
      expect(sizing.placedMerchants).toBe(0);
      expect(Decision.find(sizing.decisions, 'placedMerchants').rejected).toEqual([]);
    }
  });

  it('has shards for large payments and long windows', () => {
    const large = sizesAt(100_000, { payload: { mean: Size.bytes(20_000) } });
    // 100,000 x 3,600 x 20,114 B / (512 GiB x 0.7) = 18.8.
    expect([large.shards, shardsBinding(large)]).toEqual([19, 'rows that must be in memory of the largest class']);
    const kept = sizesAt(100_000, { refundWindow: Duration.days(3_650) });
    // 40,000 x 3,657 days x 714 B / (256 TiB x 0.7) = 45.8.
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
    // 20.1 % of 103,100 rows/s x 1,070 B x 6 copies / 0.5 = 254 MiB/s, where an even share takes 180.
    const { inputs } = Decision.find(sizesAt(100_000).decisions, 'instanceClass');
    const fullest = 103_100 * Number(Decision.find(sizesAt(100_000).decisions, 'placedMerchants').inputs.fullestShare);
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
