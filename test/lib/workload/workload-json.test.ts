import { Duration, Size } from 'aws-cdk-lib';
import {
  Band, ConsistencyLevel, GrowthModel, KeySkew, LatencyTarget, Rate, RecoveryTier, Workload, type WorkloadProps,
} from '../../../lib/workload';

const everything: WorkloadProps = {
  peak: Rate.ofConcurrentUsers({ users: 1_000_000, thinkTime: Duration.seconds(20) }),
  average: Rate.perSecond(12_000),
  payload: { mean: Size.bytes(700), p99: Size.bytes(4000) },
  keySkew: KeySkew.zipf({ keys: 90, exponent: 0.7 }),
  paymentsPerRequest: 5,
  refundShare: 0.02,
  clientRetryShare: 0.03,
  readsPerPayment: 2,
  latencyTarget: LatencyTarget.accept(Duration.millis(50), 99.9).andSettle(Duration.seconds(3), 95),
  idempotencyWindow: Duration.days(5),
  refundWindow: Duration.days(30),
  refundWait: Duration.minutes(7),
  clientRetryWindow: Duration.hours(3),
  cells: 3,
  recoveryTier: RecoveryTier.IMPORTANT,
  recoveryRegion: 'eu-central-1',
  consistency: { status: ConsistencyLevel.READ_YOUR_WRITES, balances: ConsistencyLevel.eventual(Duration.seconds(12)) },
  publicEdgeShare: 0.4,
  growth: GrowthModel.linear({ perYear: 0.3, from: '2026-11-01' }),
  plannedFor: '2028-01-15',
  uncertainty: { peak: Band.between(40_000, 90_000), growthPerYear: Band.between(0.1, 0.6) },
};

describe('a workload as JSON', () => {
  it('is written with defaults, in units that the keys name', () => {
    expect(new Workload({ peak: Rate.perSecond(100_000) }).toJSON()).toEqual({
      peak: 100_000,
      average: 40_000,
      payload: { meanBytes: 512, p99Bytes: 1024 },
      keySkew: { keys: 500, exponent: 1 },
      paymentsPerRequest: 1,
      refundShare: 0.01,
      clientRetryShare: 0.01,
      readsPerPayment: 0.1,
      latencyTarget: { accept: { seconds: 0.1, percentile: 99 }, settle: { seconds: 1, percentile: 99 } },
      idempotencyWindowSeconds: 604_800,
      refundWindowSeconds: 604_800,
      refundWaitSeconds: 900,
      clientRetryWindowSeconds: 86_400,
      cells: 1,
      recoveryTier: 'critical',
      consistency: { status: 'strong', balances: { eventualSeconds: 5 } },
      publicEdgeShare: 0.05,
    });
  });

  it('comes back as it went', () => {
    const workload = new Workload(everything);
    const text = JSON.stringify(workload);
    const back = Workload.fromJSON(JSON.parse(text));
    expect(JSON.stringify(back)).toBe(text);
    expect(back.peak).toMatchObject({ perSecond: workload.peak.perSecond, concurrentUsers: workload.peak.concurrentUsers });
    expect(back.draw(7).peak.perSecond).toBe(workload.draw(7).peak.perSecond);
    expect(back.recoveryTier).toBe(RecoveryTier.IMPORTANT);
    expect(JSON.parse(text)).toMatchObject({
      peak: { concurrentUsers: 1_000_000, thinkTimeSeconds: 20 },
      growth: { kind: 'linear', perYear: 0.3, from: '2026-11-01' },
      plannedFor: '2028-01-15',
      uncertainty: { peak: { low: 40_000, high: 90_000 } },
    });
    expect(Object.keys(JSON.parse(text) as object)).toHaveLength(Object.keys(everything).length);
  });

  it('needs no more than a peak', () => {
    expect(JSON.stringify(Workload.fromJSON({ peak: 5000 }))).toBe(JSON.stringify(new Workload({ peak: Rate.perSecond(5000) })));
    expect(Workload.fromJSON({ peak: 5000, latencyTarget: { settle: { seconds: 4 } } }).latencyTarget).toMatchObject({
      accept: { milliseconds: 100, percentile: 99 }, settle: { milliseconds: 4000, percentile: 99 },
    });
    expect(Workload.fromJSON({ peak: 5000, payload: { meanBytes: 300 } }).payloadSize.p99Bytes).toBe(600);
  });

  it.each<[unknown, string]>([
    [undefined, '`workload` must be an object, got: undefined'],
    [[], '`workload` must be an object, got: []'],
    [{}, '`peak` must be stated, got: nothing'],
    [{ peak: '5000' }, '`peak` must be a number of payments per second, or an object with `concurrentUsers` and `thinkTimeSeconds`, got: "5000"'],
    [{ peak: 0 }, '`peak` must be greater than 0 payments/s, got: 0'],
    [{ peak: { concurrentUsers: 5 } }, '`peak.thinkTimeSeconds` must be stated, got: nothing'],
    [{ peak: 5, peek: 6 }, '`peek` must be left out: there is no such key, only peak, average,'],
    [{ peak: 5, payload: { meanBytes: 5, p98Bytes: 6 } }, '`payload.p98Bytes` must be left out: there is no such key, only meanBytes, p99Bytes, got: 6'],
    [{ peak: 5, payload: { meanBytes: -5 } }, '`payload.meanBytes` must be 0 or more, got: -5'],
    [{ peak: 5, payload: { meanBytes: 50, p99Bytes: 40 } }, '`payload.p99` must be at least `payload.mean` (50 B), got: 40 B'],
    [{ peak: 5, average: 6 }, '`average` must be at most `peak` (5 payments/s), got: 6'],
    [{ peak: 5, refundShare: 'many' }, '`refundShare` must be a number, got: "many"'],
    [{ peak: 5, refundWaitSeconds: -1 }, '`refundWaitSeconds` must be 0 or more, got: -1'],
    [{ peak: 5, recoveryTier: 'urgent' }, '`recoveryTier` must be one of critical, important, supporting, analytics, got: "urgent"'],
    [{ peak: 5, recoveryRegion: 7 }, '`recoveryRegion` must be a text, got: 7'],
    [{ peak: 5, consistency: { status: 'weak' } }, '`consistency.status` must be one of strong, readYourWrites, got: "weak"'],
    [{ peak: 5, consistency: { status: 5 } }, '`consistency.status` must be "strong", "readYourWrites" or an object with `eventualSeconds`, got: 5'],
    [{ peak: 5, growth: { kind: 'wild', perYear: 1, from: '2026-11-01' } }, '`growth.kind` must be one of compound, linear, got: "wild"'],
    [{ peak: 5, growth: { kind: 'linear', perYear: 1 } }, '`growth.from` must be stated, got: nothing'],
    [{ peak: 5, uncertainty: { peak: [1, 6] } }, '`uncertainty.peak` must be an object, got: [1,6]'],
    [{ peak: 5, uncertainty: { peak: { low: 7, high: 6 } } }, '`band` must be two numbers, the lower one first, got: 7 to 6'],
    [{ peak: 5, keySkew: { keys: 0, exponent: 1 } }, '`keySkew.keys` must be an integer of at least 1, got: 0'],
    [{ peak: 5, cells: null }, '`cells` must be a number, got: null'],
  ])('refuses %j', (json, message) => {
    expect(() => Workload.fromJSON(json)).toThrow(message);
  });
});
