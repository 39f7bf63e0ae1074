import { Duration, Size } from 'aws-cdk-lib';
import { type Fact, Facts } from '../../../lib/facts';
import { Decision, sizeKinesisStream, sizeLedger, sizeStatelessTier, sizeStreamWorker, SizingPlan } from '../../../lib/sizing';
import { KeySkew, LatencyTarget, Rate, RecoveryTier, Workload } from '../../../lib/workload';
import { sizeAll, sizesAt } from './plans';

/** Remembers which facts were read. */
class RecordingFacts extends Facts {
  readonly read = new Set<string>();

  override get(id: string, region?: string): Fact {
    this.read?.add(id);
    return super.get(id, region);
  }
}

describe('every decision', () => {
  const { decisions } = sizesAt(100_000, { cells: 4, paymentsPerRequest: 23 });

  it('has a name of its own within its part', () => {
    expect(() => new SizingPlan(decisions)).not.toThrow();
    expect(decisions.length).toBeGreaterThanOrEqual(40);
  });

  it.each(decisions.map((it) => [`${it.path}/${it.name}`, it] as const))('says how %s came about', (_, decision) => {
    expect(decision.formula).toMatch(/\d/);
    expect(decision.formula).not.toMatch(/NaN|undefined|Infinity/);
    expect(decision.binding).not.toBe('');
    expect(decision.origin).toBe('derived');
    for (const option of decision.rejected) {
      expect(option.because).not.toMatch(/NaN|undefined|Infinity|^$/);
    }
    for (const input of Object.values(decision.inputs)) {
      expect(typeof input === 'string' || Number.isFinite(input)).toBe(true);
    }
    const { value, headroom, quota } = decision;
    if (typeof value === 'number') {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeGreaterThanOrEqual(decision.limits?.minimum ?? 0);
      expect(value).toBeLessThanOrEqual(decision.limits?.maximum ?? Infinity);
    }
    if (headroom !== undefined) {
      expect(headroom).toBeGreaterThan(0);
      expect(headroom).toBeLessThanOrEqual(1);
    }
    if (quota !== undefined) {
      expect(quota.value).toBe(Facts.DEFAULT.number(quota.id));
      expect(decision.facts).toContain(quota.id);
    }
  });

  it('ends its formula with its value', () => {
    const wrong = decisions.filter(({ formula, value }) => typeof value === 'number' && / = /.test(formula)
      && !formula.replace(/,/g, '').replace(/ with [^=]*$/, '').endsWith(`= ${value}`));
    expect(wrong.map((it) => `${it.path}/${it.name}: ${it.formula} (${String(it.value)})`)).toEqual([]);
  });

  it('names the facts that it rests on: all that were read, and no other', () => {
    const facts = new RecordingFacts();
    const named = new Set(sizeAll(new Workload({ peak: Rate.perSecond(100_000), cells: 4 }), facts).decisions.flatMap((it) => it.facts));
    expect([...facts.read].filter((id) => !named.has(id))).toEqual([]);
    expect([...named].filter((id) => !facts.read.has(id))).toEqual([]);
  });
});

describe('the stream', () => {
  const cell = new Workload({ peak: Rate.perSecond(100_000), cells: 4, paymentsPerRequest: 23 }).cellShare();

  it('has shards for its bytes at 70 %', () => {
    const shards = Decision.find(sizeKinesisStream(cell).decisions, 'shards');
    expect(shards.value).toBe(19);
    expect(shards.formula).toBe('ceil(max(12.9 MiB/s / 1 MiB/s, 712 records/s / 1,000) / 0.7) = 19');
    expect(shards.binding).toBe('bytes written to a shard at 70 % of its limit');
  });

  it('has shards for its records where payments come alone and small', () => {
    const alone = new Workload({
      peak: Rate.perSecond(100_000), payload: { mean: Size.bytes(120) }, latencyTarget: LatencyTarget.accept(Duration.millis(20)),
    });
    const shards = Decision.find(sizeKinesisStream(alone).decisions, 'shards');
    expect(shards.binding).toBe('records written to a shard at 70 % of its limit');
    expect(shards.value).toBe(45);
  });

  it('has shards for the lanes of the worker where payments are tiny', () => {
    const facts = Facts.DEFAULT.withOverrides({ 'payment-worker/cpuPerPayment': 1000 });
    const shards = Decision.find(sizeKinesisStream(cell, facts).decisions, 'shards');
    expect(shards.binding).toBe('payments that one lane of the worker settles while it catches up');
    expect(shards.value).toBeGreaterThan(19);
  });

  it('keeps payments from waiting behind one shard in trouble, by recovery tier', () => {
    const shards = (recoveryTier: RecoveryTier): number => sizesAt(50, { recoveryTier }).stream.shards;
    expect(RecoveryTier.ALL.map(shards)).toEqual([4, 2, 1, 1]);
  });

  it('packs what arrives in a request and within the linger time, up to a full record', () => {
    const { aggregation } = sizeKinesisStream(cell);
    expect(aggregation.linger.toMilliseconds()).toBe(5);
    expect(aggregation.maximumBytes).toBe(25_000);
    // 23 of the request, and 5 ms of 33,333 payments/s over 7 tasks.
    expect(aggregation.paymentsPerRecord).toBe(46.8);
    const large = new Workload({ peak: Rate.perSecond(100_000), paymentsPerRequest: 23, payload: { mean: Size.kibibytes(4) } });
    expect(sizeKinesisStream(large).aggregation.paymentsPerRecord).toBe(6);
    expect(aggregation.maximumPayments).toBeGreaterThan(aggregation.paymentsPerRecord);
  });

  it('pushes to its consumer where polling is too slow', () => {
    const fanOut = (milliseconds: number, percentile: number): boolean => sizeKinesisStream(new Workload({
      peak: Rate.perSecond(1000), latencyTarget: LatencyTarget.settle(Duration.millis(milliseconds), percentile),
    })).enhancedFanOut;
    expect(fanOut(1000, 99)).toBe(true);
    expect(fanOut(1581, 99)).toBe(false);
    expect(fanOut(1000, 90)).toBe(false);
    expect(fanOut(600, 50)).toBe(true);
    expect(fanOut(1580, 99.9)).toBe(true);
  });

  it('says when no stream can settle that fast', () => {
    const impossible = new Workload({ peak: Rate.perSecond(1000), latencyTarget: LatencyTarget.settle(Duration.millis(100), 99) });
    expect(() => sizeKinesisStream(impossible))
      .toThrow('`latencyTarget` to settle must be above 109 ms at p99, what a stream takes to reach a function, got: 100 ms');
  });

  it('keeps records for an outage, but not longer than the idempotency records', () => {
    const hours = (days: number, recoveryTier = RecoveryTier.CRITICAL): number => sizesAt(1000, {
      idempotencyWindow: Duration.days(days), refundWindow: Duration.days(days), recoveryTier,
    }).stream.retention.toHours();
    expect(hours(7)).toBe(72);
    expect(hours(7, RecoveryTier.IMPORTANT)).toBe(48);
    expect(hours(7, RecoveryTier.ANALYTICS)).toBe(24);
    // 5 days less 24 h of client retries, 15 min of waiting and 24 h of parking.
    expect(hours(5)).toBe(71);
    expect(hours(4)).toBe(47);
  });
});

describe('the stream worker', () => {
  it('has a lane and an execution environment for each shard', () => {
    const { stream, worker } = sizesAt(5_000, { paymentsPerRequest: 23 });
    expect(worker).toMatchObject({ parallelizationFactor: 1, reservedConcurrency: stream.shards });
    expect(worker.memory.toMebibytes()).toBe(512);
    expect(worker.timeout.toSeconds()).toBe(30);
    expect(worker.batchingWindow.toSeconds()).toBe(0);
    // 90 % of 72 hours, in whole hours.
    expect(worker.maximumRecordAge.toHours()).toBe(64);
  });

  it('takes the payments that fit the settle target in one batch', () => {
    const batch = Decision.find(sizesAt(5_000, { paymentsPerRequest: 23 }).worker.decisions, 'batchSize');
    // (1,000 - 109) ms / 2 for an invocation of 25 ms + n x (26 us / (512 / 1,769) + 30 ms / 200).
    const payments = Math.floor((891 / 2 - 25) / (0.026 / (512 / 1769) + 30 / 200));
    expect(batch.inputs.paymentsPerInvocation).toBe(payments);
    expect(batch.value).toBe(Math.floor(payments / 31.3));
    expect(batch.binding).toBe('time that the settle target leaves to one invocation');
  });

  it('stops at the payload of an invocation where time is plenty', () => {
    const { worker } = sizesAt(5_000, {
      latencyTarget: LatencyTarget.settle(Duration.seconds(20)), paymentsPerRequest: 23, payload: { mean: Size.kibibytes(2) },
    });
    const batch = Decision.find(worker.decisions, 'batchSize');
    expect(batch.binding).toBe('payload of an invocation');
  });

  it('collects in a window where the settle target has a second to give', () => {
    const window = (seconds: number): number => {
      const latencyTarget = LatencyTarget.settle(Duration.seconds(seconds));
      return sizesAt(5_000, { latencyTarget }).worker.batchingWindow.toSeconds();
    };
    expect([1, 5, 6, 60].map(window)).toEqual([0, 0, 1, 5]);
  });

  it('gets more memory where a lane would not catch up', () => {
    const memory = (microseconds: number): number => {
      const facts = Facts.DEFAULT.withOverrides({ 'payment-worker/cpuPerPayment': microseconds });
      const cell = new Workload({ peak: Rate.perSecond(5_000) });
      return sizeStreamWorker(cell, sizeKinesisStream(cell), facts).memory.toMebibytes();
    };
    expect(memory(26)).toBe(512);
    expect(memory(150)).toBe(1024);
    expect(memory(300)).toBe(1769);
    expect(memory(3000)).toBe(1769);
  });

  it('cannot be given lanes beside each other', () => {
    const factor = Decision.find(sizesAt(5_000).worker.decisions, 'parallelizationFactor');
    expect(() => Decision.override(factor, 2)).toThrow('`parallelizationFactor` must be between 1 and 1, got: 2');
  });
});

describe('the ledger', () => {
  it('writes one unit a payment, four for each attempt of a refund, and one more for a duplicate', () => {
    const exact = { payload: { mean: Size.bytes(400), p99: Size.bytes(400) }, refundShare: 0.02, clientRetryShare: 0.03, readsPerPayment: 0.5 };
    const { ledger } = sizesAt(10_000, exact);
    // Refunds are tried 1 + 0.1 + 0.001 x 450 times.
    expect(ledger.writeUnitsPerSecond).toBe(Math.ceil(9_800 + 200 * 1.55 * 4 + 300));
    expect(ledger.readUnitsPerSecond).toBe(10_000 * 0.53);
  });

  it('spreads over as many tables as the quota of a table asks for', () => {
    expect(sizesAt(100_000).ledger).toMatchObject({ tables: 4, bucketsPerMerchant: 32, streamShards: 108 });
    expect(sizesAt(100_000).ledger.warmThroughputPerTable).toEqual({ write: 38_279, read: 12_000 });
    const raised = Facts.DEFAULT.withOverrides({ 'dynamodb/table.maxWriteUnits.default': 200_000 });
    expect(sizeAll(new Workload({ peak: Rate.perSecond(100_000) }), raised).ledger.tables).toBe(1);
  });

  it('takes a new table as it is where that is enough', () => {
    expect(sizesAt(1_000).ledger).toMatchObject({
      tables: 1, warmThroughputPerTable: { write: 4_000, read: 12_000 }, streamShards: 4, bucketsPerMerchant: 1,
    });
  });

  it('keeps every partition key within 500 write units', () => {
    for (const rate of [100, 5_000, 100_000, 1_000_000]) {
      const { ledger } = sizesAt(rate);
      const hottest = KeySkew.zipf({ keys: 500, exponent: 1 }).maximumShare() * ledger.writeUnitsPerSecond;
      expect(hottest / ledger.bucketsPerMerchant).toBeLessThanOrEqual(500);
    }
    expect(sizesAt(5_000).ledger).toMatchObject({ bucketsPerMerchant: 2, merchantsAboveOneBucket: 1 });
  });

  it('keeps rows for the longer of the two windows', () => {
    expect(sizesAt(10, { refundWindow: Duration.days(30) }).ledger.timeToLive.toDays()).toBe(30);
    expect(sizesAt(10, { idempotencyWindow: Duration.days(9) }).ledger.timeToLive.toDays()).toBe(9);
  });

  it('refuses windows that end while a payment is under way', () => {
    expect(() => sizesAt(10, { idempotencyWindow: Duration.days(3), refundWindow: Duration.days(3) })).toThrow(
      '`idempotencyWindow` or `refundWindow` must be at least 72.3 h, the time that a payment may be under way (stream, client retries, refund wait, parking), got: 72 h');
  });

  it('refuses a merchant that no number of buckets carries', () => {
    expect(() => sizesAt(3_000_000, { keySkew: KeySkew.uniform(1) })).toThrow('`keySkew` must leave one merchant at most 2,048,000 write units/s');
  });
});

describe('the audit archiver', () => {
  it('waits for as long as the average changes of a shard fit one invocation, between 1 and 10 seconds', () => {
    const { archiver, ledger } = sizesAt(100_000);
    // Two fifths of the peak come on average.
    const average = 0.4 * ledger.writeUnitsPerSecond / ledger.streamShards;
    expect(archiver.batchingWindow.toSeconds()).toBe(10);
    expect(10 * average).toBeLessThan(archiver.batchSize);
    expect(sizesAt(10).archiver.batchingWindow.toSeconds()).toBe(10);
    const large = sizesAt(100_000, { payload: { mean: Size.kibibytes(100) }, cells: 4 }).archiver;
    expect([large.batchSize, large.batchingWindow.toSeconds()]).toEqual([60, 1]);
    const medium = sizesAt(100_000, { payload: { mean: Size.kibibytes(2) }, cells: 4 });
    const [rate, seconds] = [0.4 * medium.ledger.writeUnitsPerSecond / medium.ledger.streamShards, medium.archiver.batchingWindow.toSeconds()];
    expect(seconds * rate).toBeLessThanOrEqual(medium.archiver.batchSize);
    expect((seconds + 1) * rate).toBeGreaterThan(medium.archiver.batchSize);
  });

  it('writes an object and a manifest for each shard and batch, which at the peak is full before its window ends', () => {
    const { archiver, ledger } = sizesAt(100_000);
    const full = archiver.batchSize / (ledger.writeUnitsPerSecond / ledger.streamShards);
    expect(full).toBeLessThan(10);
    expect(archiver.putsPerSecond).toBe(Math.ceil(2 * ledger.streamShards / full));
    expect(sizesAt(10).archiver.putsPerSecond).toBe(1);
    expect(archiver).toMatchObject({ parallelizationFactor: 1, reservedConcurrency: sizesAt(100_000).projector.reservedConcurrency });
  });

  it('makes objects that S3 moves to colder storage at the average rate, and says so where it does not', () => {
    const large = sizesAt(100_000).archiver;
    expect(large.objectBytes).toBeGreaterThan(128 * 1024);
    expect(Decision.find(large.decisions, 'objectBytes')).toMatchObject({ binding: 'large enough to move to colder storage', rejected: [] });
    const small = sizesAt(50).archiver;
    expect(small.objectBytes).toBeLessThan(128 * 1024);
    const { binding, rejected } = Decision.find(small.decisions, 'objectBytes');
    expect(binding).toBe('objects below 128 KiB are not moved to colder storage: they stay where they are');
    expect(rejected[0].option).toMatch(/^a window of [\d,]+ s, whose objects would move$/);
  });

  it('is locked for everybody where the books must be back within minutes', () => {
    const lockOf = (recoveryTier: RecoveryTier): [string, number] => {
      const { lock } = sizesAt(100, { recoveryTier });
      return [lock.mode, lock.retention.toDays()];
    };
    expect(RecoveryTier.ALL.map(lockOf)).toEqual([['COMPLIANCE', 2555], ['COMPLIANCE', 2555], ['GOVERNANCE', 365], ['GOVERNANCE', 90]]);
  });
});

describe('the projector', () => {
  it('merges the payments of a merchant within its window', () => {
    const { projector, ledger } = sizesAt(100_000);
    expect(projector.batchingWindow.toSeconds()).toBe(2);
    expect(projector.balanceWriteUnitsPerSecond).toBeLessThan(ledger.writeUnitsPerSecond / 10);
    expect(projector).toMatchObject({ parallelizationFactor: 1, reservedConcurrency: 156 });
    expect(projector.tumblingWindow.toSeconds()).toBe(60);
  });

  it('writes as often as payments come where merchants are too many to merge', () => {
    const { projector } = sizesAt(1_000, { keySkew: KeySkew.uniform(10_000_000) });
    expect(projector.balanceWriteUnitsPerSecond).toBeGreaterThan(1_000);
    expect(projector.balanceWriteUnitsPerSecond).toBeLessThan(1_060);
    expect(projector.batchingWindow.toSeconds()).toBe(5);
  });

  it('has as many rows to write as a simulation of it', () => {
    // 5,000 payments/s over 50 equal merchants, one bucket each, on 5 shards, for windows of the derived length.
    const keySkew = KeySkew.uniform(50);
    const { projector, ledger } = sizesAt(5_000, { keySkew });
    const seconds = projector.batchingWindow.toSeconds();
    let random = 1;
    const next = (): number => (random = random * 48_271 % 2_147_483_647) / 2_147_483_647;
    const rows = new Set<string>();
    const windows = 20;
    for (let window = 0; window < windows; window++) {
      for (let index = 0; index < 5_000 * seconds; index++) {
        const merchant = Math.floor(next() * 50);
        rows.add(`${window}/${merchant}/${Math.floor(next() * ledger.bucketsPerMerchant)}`);
      }
    }
    expect(projector.balanceWriteUnitsPerSecond / (rows.size / windows / seconds * 1.05)).toBeCloseTo(1, 1);
  });
});

describe('the queue worker', () => {
  it('waits until payments under way have settled', () => {
    const { queue } = sizesAt(5_000);
    expect(queue.delay.toSeconds()).toBe(2);
    expect(queue.visibilityTimeout.toSeconds()).toBe(6 * queue.timeout.toSeconds());
    expect(queue).toMatchObject({ batchSize: 10, maximumReceives: 480 });
  });

  it('has the concurrency of its attempts', () => {
    const concurrency = (rate: number): number => sizesAt(rate).queue.maximumConcurrency;
    expect(concurrency(10)).toBe(2);
    expect(concurrency(100_000)).toBeGreaterThan(10);
    expect(concurrency(100_000_000 / 50)).toBeLessThanOrEqual(1_000);
  });
});

describe('the stateless tier', () => {
  it('has a small task in each zone for a small load', () => {
    expect(sizesAt(50).tier).toMatchObject({ cpu: 256, minimumTasks: 3, maximumTasks: 3, onDemandBase: 3, onDemandWeight: 1, spotWeight: 1 });
    expect(sizesAt(50, { recoveryTier: RecoveryTier.ANALYTICS }).tier).toMatchObject({ minimumTasks: 1, onDemandWeight: 0, spotWeight: 1 });
  });

  it('carries the peak with a zone gone', () => {
    const { tier } = sizesAt(100_000);
    const load = Decision.find(tier.decisions, 'maximumTasks').inputs.offeredLoad as number;
    expect(load).toBeCloseTo(100_000 * 166e-6 + 10_000 * 138e-6, 6);
    const left = tier.maximumTasks * 2 / 3;
    expect(left).toBeGreaterThanOrEqual(load + 2.375 * Math.sqrt(load));
    expect(load / left).toBeLessThanOrEqual(0.6 + 1e-9);
    expect(tier.cpu).toBe(1024);
    expect(tier.memory.toMebibytes()).toBe(2048);
  });

  it('scales on the requests that fill a task to its target', () => {
    expect(sizesAt(100_000, { paymentsPerRequest: 23 }).tier.requestsPerTargetPerMinute).toBe(Math.floor(60 * 0.6 / 782e-6));
  });

  it('counts what a payment costs in the ledger where tasks write it themselves', () => {
    const workload = new Workload({ peak: Rate.perSecond(20_000) });
    const load = (settles: boolean) =>
      Decision.find(sizeStatelessTier(workload, Facts.DEFAULT, { settles }).decisions, 'maximumTasks').inputs.offeredLoad as number;
    const microseconds = Facts.DEFAULT.number('payment-worker/cpuPerPayment');
    expect(load(true) - load(false)).toBeCloseTo(20_000 * microseconds / 1e6, 6);
    expect(Decision.find(sizeStatelessTier(workload, Facts.DEFAULT, { settles: true }).decisions, 'cpu').facts).toContain('payment-worker/cpuPerPayment');
  });

  it('tells what new accounts must ask for', () => {
    const raises = new SizingPlan(sizesAt(100_000, { cells: 1 }).decisions).raises();
    expect(raises.map((it) => [it.id, it.code])).toContainEqual(['fargate/onDemandVcpu.default', 'L-3032A538']);
  });
});

describe('hard limits', () => {
  it('are told where more refunds come than one queue mapping catches up with', () => {
    expect(() => sizesAt(1_000_000, { refundShare: 0.9, keySkew: KeySkew.uniform(1_000_000), cells: 4 }))
      .toThrow(/^`refundShare` must leave refunds with which 1,000 executions, .* got: [\d,]+ refunds\/s, which take [\d,]+$/);
  });

  it('are told where the ledger would need more tables than an account may have', () => {
    const workload = new Workload({
      peak: Rate.perSecond(800_000), refundShare: 1, payload: { mean: Size.kibibytes(20) }, keySkew: KeySkew.uniform(1_000_000),
    });
    expect(() => sizeLedger(workload)).toThrow(/^`peak` must leave a ledger of at most 2,500 tables, .* got: [\d,]+$/);
  });
});
