import { CfnParameter, Duration, Size, Stack } from 'aws-cdk-lib';
import { GrowthModel, KeySkew, LatencyTarget, PayloadSize, Rate, RecoveryTier, Workload, type WorkloadProps } from '../../../lib/workload';

const peak = Rate.perSecond(1000);

describe('Workload', () => {
  it('fills in what is not stated', () => {
    const workload = new Workload({ peak });
    expect(workload.average.perSecond).toBe(400);
    expect(workload.payloadSize).toMatchObject({ meanBytes: 512, p99Bytes: 1024 });
    expect(workload.keySkew).toMatchObject({ keys: 500, exponent: 1 });
    expect(workload).toMatchObject({ paymentsPerRequest: 1, refundShare: 0.01, clientRetryShare: 0.01, readsPerPayment: 0.1, cells: 1 });
    expect(workload.latencyTarget).toMatchObject({ accept: { milliseconds: 100, percentile: 99 }, settle: { milliseconds: 1000, percentile: 99 } });
    expect(workload.idempotencyWindow.toDays()).toBe(7);
    expect(workload.refundWindow.toDays()).toBe(7);
    expect(workload.refundWait.toMinutes()).toBe(15);
    expect(workload.clientRetryWindow.toHours()).toBe(24);
    expect(workload.recoveryTier).toBe(RecoveryTier.CRITICAL);
  });

  const mistakes: [string, Omit<WorkloadProps, 'peak'>, string][] = [
    ['average above the peak', { average: Rate.perSecond(1001) }, '`average` must be at most `peak` (1000 payments/s), got: 1001'],
    ['an empty payload', { payload: { mean: Size.bytes(0) } }, '`payload.mean` must be at least 1 byte, got: 0'],
    ['a percentile below the mean', { payload: { mean: Size.bytes(500), p99: Size.bytes(400) } },
      '`payload.p99` must be at least `payload.mean` (500 B), got: 400 B'],
    ['less than one payment a request', { paymentsPerRequest: 0.5 }, '`paymentsPerRequest` must be between 1 and 500, got: 0.5'],
    ['more payments a request than the API takes', { paymentsPerRequest: 501 }, '`paymentsPerRequest` must be between 1 and 500, got: 501'],
    ['no number of payments a request', { paymentsPerRequest: Number.NaN }, '`paymentsPerRequest` must be between 1 and 500, got: NaN'],
    ['a negative share of refunds', { refundShare: -0.1 }, '`refundShare` must be between 0 and 1, got: -0.1'],
    ['a share of refunds above 1', { refundShare: 1.5 }, '`refundShare` must be between 0 and 1, got: 1.5'],
    ['no share of retries', { clientRetryShare: Number.NaN }, '`clientRetryShare` must be between 0 and 1, got: NaN'],
    ['negative reads', { readsPerPayment: -1 }, '`readsPerPayment` must be 0 or more, got: -1'],
    ['no cell', { cells: 0 }, '`cells` must be an integer of at least 1, got: 0'],
    ['half a cell', { cells: 1.5 }, '`cells` must be an integer of at least 1, got: 1.5'],
    ['a window of nothing', { idempotencyWindow: Duration.seconds(0) }, '`idempotencyWindow` must be at least 1 s, got: 0 ms'],
    ['no share of the public edge', { publicEdgeShare: 2 }, '`publicEdgeShare` must be between 0 and 1, got: 2'],
    ['a region that is none', { recoveryRegion: 'eu-wset-1' }, '`recoveryRegion` must be the code of an AWS region such as eu-west-1, got: eu-wset-1'],
    ['a zone for a region', { recoveryRegion: 'eu-west-1a' }, '`recoveryRegion` must be the code of an AWS region such as eu-west-1, got: eu-west-1a'],
    ['a day without growth', { plannedFor: '2027-11-01' },
      '`plannedFor` must be stated beside a `growth`, else nothing tells the rates of that day, got: 2027-11-01 alone'],
    ['a day before the rates were stated', { growth: GrowthModel.linear({ perYear: 1, from: '2026-11-01' }), plannedFor: '2026-01-01' },
      '`plannedFor` must be on or after `growth.from` (2026-11-01), got: 2026-01-01'],
    ['a day that is none', { growth: GrowthModel.linear({ perYear: 1, from: '2026-11-01' }), plannedFor: 'soon' },
      '`plannedFor` must be a day like 2027-11-01, got: soon'],
    ['a refund that waits longer than it is allowed', { refundWindow: Duration.minutes(1), refundWait: Duration.minutes(2) },
      '`refundWait` must be at most `refundWindow` (60 s), got: 120 s'],
  ];
  it.each(mistakes)('refuses %s', (_, props, message) => {
    expect(() => new Workload({ peak, ...props })).toThrow(message);
  });

  it.each(['us-east-1', 'eu-west-3', 'ap-southeast-7', 'us-gov-west-1', 'cn-northwest-1', 'il-central-1', 'mx-central-1', 'eusc-de-east-1', 'us-iso-east-1', 'us-isob-east-1'])(
    'takes %s for a region', (recoveryRegion) => {
      expect(new Workload({ peak, recoveryRegion }).recoveryRegion).toBe(recoveryRegion);
    });

  it('names the peak when it is no rate', () => {
    const broken = { perSecond: -1 } as unknown as Rate;
    expect(() => new Workload({ peak: broken, average: peak })).toThrow('`peak` must be greater than 0 payments/s, got: -1');
  });

  it('refuses values that are known only at deployment', () => {
    const seconds = new CfnParameter(new Stack(), 'Seconds', { type: 'Number' }).valueAsNumber;
    expect(() => new Workload({ peak, refundWait: Duration.seconds(seconds) })).toThrow('`refundWait` must be known at synthesis');
    expect(() => new Workload({ peak, payload: { mean: Size.kibibytes(seconds) } })).toThrow('`payload.mean` must be known at synthesis');
  });

  it('has a part of its rate for what carries only some of the payments, and keeps the rest', () => {
    const whole = new Workload({ peak: Rate.perSecond(2000), average: Rate.perSecond(500), cells: 3, refundShare: 0.02 });
    const part = whole.share(0.01);
    expect([part.peak.perSecond, part.average.perSecond, part.cells, part.refundShare]).toEqual([20, 5, 3, 0.02]);
    expect(() => whole.share(0)).toThrow('`part` must be above 0, got: 0');
    expect(() => whole.share(Number.NaN)).toThrow('`part` must be above 0, got: NaN');
  });

  it('gives each of several cells what the others need when one is lost', () => {
    const workload = new Workload({ peak: Rate.perSecond(100_000), cells: 4, paymentsPerRequest: 23, recoveryTier: RecoveryTier.IMPORTANT });
    const cell = workload.cellShare();
    expect(cell.peak.perSecond).toBeCloseTo(100_000 / 4 * 4 / 3, 6);
    expect(cell.average.perSecond).toBeCloseTo(40_000 / 3, 6);
    expect(cell).toMatchObject({ cells: 1, paymentsPerRequest: 23, recoveryTier: RecoveryTier.IMPORTANT });
    expect(cell.cellShare().peak.perSecond).toBe(cell.peak.perSecond);
  });

  it('is its own share where there is one cell', () => {
    expect(new Workload({ peak }).cellShare().peak.perSecond).toBe(1000);
  });
});

describe('Rate', () => {
  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (value) => {
    expect(() => Rate.perSecond(value)).toThrow(`\`rate\` must be greater than 0 payments/s, got: ${value}`);
  });

  it('is multiplied', () => {
    expect(Rate.perSecond(100).times(0.4).perSecond).toBe(40);
    expect(() => Rate.perSecond(100).times(0)).toThrow('greater than 0');
  });
});

describe('PayloadSize', () => {
  it('takes twice the mean for the percentile that is not stated', () => {
    expect(new PayloadSize({ mean: Size.kibibytes(1) }).p99Bytes).toBe(2048);
  });
});

describe('LatencyTarget', () => {
  it('bounds accepting and settling', () => {
    const target = LatencyTarget.accept(Duration.millis(50), 95).andSettle(Duration.seconds(5), 90);
    expect(target).toMatchObject({ accept: { milliseconds: 50, percentile: 95 }, settle: { milliseconds: 5000, percentile: 90 } });
    const settle = LatencyTarget.settle(Duration.seconds(2));
    expect(settle).toMatchObject({ accept: { milliseconds: 100 }, settle: { milliseconds: 2000, percentile: 99 } });
  });

  it.each([0, 100, -5, Number.NaN])('refuses percentile %d', (percentile) => {
    expect(() => LatencyTarget.accept(Duration.millis(100), percentile)).toThrow(`\`latencyTarget percentile\` must be above 0 and below 100, got: ${percentile}`);
  });

  it('refuses no time at all', () => {
    expect(() => LatencyTarget.settle(Duration.millis(0))).toThrow('`latencyTarget` must be at least 1 ms, got: 0 ms');
  });
});

describe('RecoveryTier', () => {
  it('has the objectives of four tiers', () => {
    expect(RecoveryTier.ALL.map((it) => [it.name, it.recoveryTime.toMinutes(), it.recoveryPoint.toMinutes()])).toEqual([
      ['critical', 5, 1], ['important', 15, 5], ['supporting', 60, 15], ['analytics', 240, 60],
    ]);
  });
});

describe('KeySkew', () => {
  it.each([[0, 1], [-3, 1], [1.5, 1], [10, -1], [10, 3.5], [10, Number.NaN]])('refuses %d keys with exponent %d', (keys, exponent) => {
    expect(() => KeySkew.zipf({ keys, exponent })).toThrow(/^`keySkew\.(keys|exponent)` must be /);
  });
});
