import { Facts } from '../../../lib/facts';
import { Decision, sizeKinesisStream } from '../../../lib/sizing';
import { sizeFlink } from '../../../lib/sizing/flink';
import { RecoveryTier } from '../../../lib/workload';
import { itKeepsTheLaws, RATES, workloadAt } from './store-laws';

describe('a Flink application', () => {
  itKeepsTheLaws((workload, facts) => sizeFlink(workload, facts, { sourceShards: 56 }));

  it('has KPUs for the CPU of its events', () => {
    // 100,000/s x 50 µs / 0.6 = 8.3.
    const { kpus, parallelism, parallelismPerKpu, decisions } = sizeFlink(workloadAt(100_000));
    expect([kpus, parallelism, parallelismPerKpu]).toEqual([9, 9, 1]);
    expect(Decision.find(decisions, 'kpus')).toMatchObject({ binding: 'CPU of an event', quota: { id: 'flink/kpu.perApp.default', used: 9, value: 64 } });
  });

  it('has KPUs for the state of its windows', () => {
    // A billion keys x 3 windows x 150 B = 450 GB, of 25 GB a KPU.
    const { kpus, stateBytes, decisions } = sizeFlink(workloadAt(1000), Facts.DEFAULT, { keys: 1e9 });
    expect(stateBytes).toBe(450e9);
    expect(kpus).toBe(18);
    expect(Decision.find(decisions, 'kpus').binding).toBe('state of the windows');
  });

  it('counts as keys the payers of the longest window', () => {
    // 1,000/s x 3,600 s, every second one another payer, in three windows of 150 B.
    expect(sizeFlink(workloadAt(1000)).stateBytes).toBe(1000 * 3600 / 2 * 3 * 150);
    expect(sizeFlink(workloadAt(1000), Facts.DEFAULT, { windows: 1 }).stateBytes).toBe(1000 * 3600 / 2 * 150);
  });

  it('reads with no more subtasks than the source has shards', () => {
    expect(sizeFlink(workloadAt(100_000), Facts.DEFAULT, { sourceShards: 4 }).sourceParallelism).toBe(4);
    expect(sizeFlink(workloadAt(100_000)).sourceParallelism).toBe(Math.min(9, sizeKinesisStream(workloadAt(100_000)).shards));
  });

  it('takes a checkpoint within half of the recovery point, and at least every minute', () => {
    const interval = (recoveryTier: RecoveryTier): number => sizeFlink(workloadAt(10, { recoveryTier })).checkpointInterval.toSeconds();
    expect(RecoveryTier.ALL.map(interval)).toEqual([30, 60, 60, 60]);
  });

  it('bills its KPUs, one more that leads them, and their storage', () => {
    expect(sizeFlink(workloadAt(100_000)).monthlyUsd.typical).toBeCloseTo(10 * 730 * 0.11 + 9 * 50 * 0.1, 9);
  });

  it('asks for a raise beyond the quota, and refuses what no application can have', () => {
    const { quota } = Decision.find(sizeFlink(workloadAt(1_000_000)).decisions, 'kpus');
    expect(quota).toMatchObject({ used: 84, value: 64, adjustable: true });
    expect(() => sizeFlink(workloadAt(4_000_000)))
      .toThrow('`peak` must need at most 250 KPUs, what an application can have, got: 334; split the application by key, or state fewer keys and windows');
    expect(() => sizeFlink(workloadAt(10), Facts.DEFAULT, { sourceShards: 0 })).toThrow('`sourceShards` must be at least 1, got: 0');
  });

  it.each(RATES)('never has less CPU or storage than %d/s need, and never less for more', (rate) => {
    const { kpus, stateBytes } = sizeFlink(workloadAt(rate));
    expect(kpus).toBeGreaterThan(rate * 50e-6);
    expect(kpus * 50e9).toBeGreaterThan(stateBytes);
    expect(sizeFlink(workloadAt(1.4 * rate)).kpus).toBeGreaterThanOrEqual(kpus);
  });
});
