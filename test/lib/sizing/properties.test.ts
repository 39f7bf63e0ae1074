import { Duration, Size } from 'aws-cdk-lib';
import fc from 'fast-check';
import { Facts } from '../../../lib/facts';
import { KeySkew, LatencyTarget, Rate, RecoveryTier, Workload, type WorkloadProps } from '../../../lib/workload';
import { type Sizes, sizeAll, sizesAt } from './plans';

/** A workload as plain numbers, so that one of them can be changed alone. */
interface Stated {
  readonly rate: number;
  readonly payload: number;
  readonly spread: number;
  readonly keys: number;
  readonly exponent: number;
  readonly paymentsPerRequest: number;
  readonly refundShare: number;
  readonly settle: number;
  readonly cells: number;
  readonly tier: number;
}

const stated = fc.record<Stated>({
  rate: fc.double({ min: 0, max: 6.3, noNaN: true }).map((exponent) => 10 ** exponent),
  payload: fc.integer({ min: 40, max: 20_000 }),
  spread: fc.double({ min: 1, max: 10, noNaN: true }),
  keys: fc.integer({ min: 1, max: 2_000_000 }),
  exponent: fc.double({ min: 0, max: 2, noNaN: true }),
  paymentsPerRequest: fc.double({ min: 1, max: 500, noNaN: true }),
  refundShare: fc.double({ min: 0, max: 1, noNaN: true }),
  settle: fc.integer({ min: 200, max: 30_000 }),
  cells: fc.integer({ min: 1, max: 6 }),
  tier: fc.integer({ min: 0, max: 3 }),
}).filter((it) => it.rate < 1e6 || it.keys > 10);

function props(it: Stated): WorkloadProps {
  return {
    peak: Rate.perSecond(it.rate),
    payload: { mean: Size.bytes(it.payload), p99: Size.bytes(Math.ceil(it.payload * it.spread)) },
    keySkew: KeySkew.zipf({ keys: it.keys, exponent: it.exponent }),
    paymentsPerRequest: it.paymentsPerRequest,
    refundShare: it.refundShare,
    latencyTarget: LatencyTarget.settle(Duration.millis(it.settle)),
    cells: it.cells,
    recoveryTier: RecoveryTier.ALL[it.tier],
  };
}

/** Sizes, or nothing where the workload is beyond what one merchant can have. */
function sizesOf(it: Stated): Sizes | undefined {
  try {
    return sizeAll(new Workload(props(it)));
  } catch (error) {
    expect((error as Error).message).toMatch(/^`keySkew` must leave one merchant/);
    return undefined;
  }
}

/** What must not fall when the load grows. */
function amounts({ stream, worker, ledger, projector, queue, tier }: Sizes): Record<string, number> {
  return {
    shards: stream.shards,
    reservedConcurrency: worker.reservedConcurrency,
    tables: ledger.tables,
    writeUnits: ledger.writeUnitsPerSecond,
    readUnits: ledger.readUnitsPerSecond,
    buckets: ledger.bucketsPerMerchant,
    streamShards: ledger.streamShards,
    warmOfAllTables: ledger.tables * ledger.warmThroughputPerTable.write + ledger.tables,
    projectorConcurrency: projector.reservedConcurrency,
    queueConcurrency: queue.maximumConcurrency,
    taskVcpus: tier.maximumTasks * tier.cpu,
    tasks: tier.maximumTasks,
  };
}

function expectNotSmaller(before: Sizes, after: Sizes, names: readonly string[]): void {
  const [from, to] = [amounts(before), amounts(after)];
  for (const name of names) {
    expect({ name, grows: to[name] >= from[name] }).toEqual({ name, grows: true });
  }
}

const RUNS = { numRuns: 25 };

describe('all models', () => {
  it('give the same plan twice', () => {
    fc.assert(fc.property(stated, (it) => {
      expect(JSON.stringify(sizesOf(it)?.decisions)).toBe(JSON.stringify(sizesOf(it)?.decisions));
    }), RUNS);
  });

  it('never get smaller when the rate grows', () => {
    fc.assert(fc.property(stated, fc.double({ min: 1, max: 4, noNaN: true }), (it, factor) => {
      const [before, after] = [sizesOf(it), sizesOf({ ...it, rate: it.rate * factor })];
      fc.pre(before !== undefined && after !== undefined);
      // Warm throughput is rounded up for each table, and the partitions of it again: with more tables each of them may be smaller.
      const rounded = ['warmOfAllTables', 'projectorConcurrency'];
      expectNotSmaller(before!, after!, Object.keys(amounts(before!)).filter((name) => !rounded.includes(name)));
      expect(after!.ledger.tables * after!.ledger.warmThroughputPerTable.write).toBeGreaterThanOrEqual(
        before!.ledger.tables * (before!.ledger.warmThroughputPerTable.write - 1));
      expect(after!.projector.reservedConcurrency).toBeGreaterThanOrEqual(before!.projector.reservedConcurrency - before!.ledger.tables);
    }), RUNS);
  });

  it('never get smaller when payloads grow', () => {
    fc.assert(fc.property(stated, fc.integer({ min: 0, max: 4000 }), (it, more) => {
      const [before, after] = [sizesOf(it), sizesOf({ ...it, payload: it.payload + more })];
      fc.pre(before !== undefined && after !== undefined);
      expectNotSmaller(before!, after!, ['shards', 'reservedConcurrency', 'tables', 'writeUnits', 'readUnits', 'buckets', 'streamShards']);
    }), RUNS);
  });

  it('never need fewer buckets when the skew grows', () => {
    fc.assert(fc.property(stated, fc.double({ min: 0, max: 1, noNaN: true }), (it, more) => {
      const [before, after] = [sizesOf(it), sizesOf({ ...it, exponent: it.exponent + more })];
      fc.pre(before !== undefined && after !== undefined);
      expectNotSmaller(before!, after!, ['buckets', 'shards', 'tables', 'writeUnits']);
    }), RUNS);
  });

  it('never stay below what a hard limit asks for', () => {
    const limit = (id: string): number => Facts.DEFAULT.number(id);
    fc.assert(fc.property(stated, (it) => {
      const sizes = sizesOf(it);
      fc.pre(sizes !== undefined);
      const { stream, worker, ledger, projector, tier } = sizes!;
      const cell = new Workload(props(it)).cellShare();
      const rate = cell.peak.perSecond;

      // A shard: records per second, and at least the bytes of the payments' contents.
      const records = rate / stream.aggregation.paymentsPerRecord;
      expect(stream.shards * limit('kinesis/shard.writeRecordsPerSec')).toBeGreaterThan(records);
      const contents = Math.max(0, it.payload - 170);
      expect(stream.shards * limit('kinesis/shard.writeBytesPerSec')).toBeGreaterThan(rate * contents);
      expect(worker.reservedConcurrency).toBe(stream.shards);
      expect(worker.maximumRecordAge.toSeconds()).toBeLessThan(stream.retention.toSeconds());

      // Tables and partition keys: every payment is at least one unit, every refund four.
      const units = it.rate * (1 - it.refundShare) + it.rate * it.refundShare * 4;
      expect(ledger.writeUnitsPerSecond).toBeGreaterThanOrEqual(units);
      expect(ledger.tables * limit('dynamodb/table.maxWriteUnits.default')).toBeGreaterThan(units);
      expect(ledger.tables * ledger.warmThroughputPerTable.write).toBeGreaterThan(units);
      expect(ledger.streamShards * limit('dynamodb/partition.maxWcu')).toBeGreaterThanOrEqual(units);
      const hottest = KeySkew.zipf({ keys: it.keys, exponent: it.exponent }).maximumShare() * units;
      expect(ledger.bucketsPerMerchant * limit('dynamodb/partition.maxWcu')).toBeGreaterThan(hottest);
      expect(projector.reservedConcurrency).toBeGreaterThanOrEqual(ledger.streamShards);
      expect(projector.batchSize).toBeLessThanOrEqual(limit('lambda-esm/stream.batchSize.max'));

      // Tasks: never busier than all of their CPU.
      const busy = rate * 28e-6 + rate / it.paymentsPerRequest * 38e-6;
      expect(tier.maximumTasks * tier.cpu / 1024).toBeGreaterThan(busy);
    }), RUNS);
  });
});

describe('plans', () => {
  it.each([10, 1_000, 100_000, 1_000_000])('are plausible at %d payments/s', (rate) => {
    const { stream, worker, ledger, projector, queue, tier } = sizesAt(rate, { cells: rate >= 100_000 ? 4 : 1, paymentsPerRequest: 23 });
    const figures = {
      shards: stream.shards,
      paymentsPerRecord: stream.aggregation.paymentsPerRecord,
      retentionHours: stream.retention.toHours(),
      batchSize: worker.batchSize,
      workerMemory: worker.memory.toMebibytes(),
      workerConcurrency: worker.reservedConcurrency,
      tables: ledger.tables,
      writeUnits: ledger.writeUnitsPerSecond,
      warmWrite: ledger.warmThroughputPerTable.write,
      buckets: ledger.bucketsPerMerchant,
      streamShards: ledger.streamShards,
      window: projector.batchingWindow.toSeconds(),
      balanceWrites: projector.balanceWriteUnitsPerSecond,
      projectorConcurrency: projector.reservedConcurrency,
      queueConcurrency: queue.maximumConcurrency,
      tasks: `${tier.minimumTasks}-${tier.maximumTasks} x ${tier.cpu}`,
    };
    expect(figures).toMatchSnapshot();
  });

  it('take ten million concurrent users, each with a payment every five minutes and a merchant of a million', () => {
    const { stream, ledger, tier } = sizesAt(10_000_000 / 300, { cells: 3, keySkew: KeySkew.zipf({ keys: 1_000_000, exponent: 1 }) });
    expect(stream.shards).toBeLessThan(20);
    expect(ledger.tables).toBe(2);
    expect(tier.maximumTasks).toBeLessThan(20);
  });
});
