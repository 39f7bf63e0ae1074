import { Duration } from 'aws-cdk-lib';
import { Facts } from '../../../lib/facts';
import { Decision, sizeKinesisStream } from '../../../lib/sizing';
import { sizeWorkerCompute, type WorkerComputeSizing } from '../../../lib/sizing/worker-compute';
import { type WorkerComputeKind, type WorkerComputeOption } from '../../../lib/sizing/worker-compute-options';
import { LatencyTarget, RecoveryTier, type Workload } from '../../../lib/workload';
import { itKeepsTheLaws, RATES, workloadAt } from './store-laws';

function compute(workload: Workload, facts: Facts = Facts.DEFAULT): WorkerComputeSizing {
  return sizeWorkerCompute(workload, sizeKinesisStream(workload), facts);
}

function option(workload: Workload, kind: WorkerComputeKind): WorkerComputeOption {
  return compute(workload).options.find((it) => it.kind === kind)!;
}

describe('the compute of a worker', () => {
  // The choice steps from one place to another and with it its cost, so that the laws of costs are held for one place.
  itKeepsTheLaws((workload, facts) => {
    const sizing = sizeWorkerCompute(workload, sizeKinesisStream(workload), facts);
    return { ...sizing, monthlyUsd: sizing.options.find((it) => it.kind === 'fargate')!.monthlyUsd };
  });

  describe('at 100,000 payments/s of 26 µs', () => {
    const workload = workloadAt(100_000, { paymentsPerRequest: 23 });

    it('keeps 2.6 vCPU busy, and an own consumer a fifth more', () => {
      expect(option(workload, 'lambda').busyVcpus).toBeCloseTo(2.6, 9);
      expect(option(workload, 'fargate').busyVcpus).toBeCloseTo(3.12, 9);
    });

    it('takes instances that are never below three, at the EC2 price and a fee', () => {
      // 2.6 vCPU x 2 / (2 - 1) = 5.2 at the peak; 2.08 at the average, so that the least of three run.
      const { amount, lines, name } = option(workload, 'lambda-managed-instances');
      expect(name).toBe('Lambda Managed Instances, 6 x c7g.large');
      expect(amount).toEqual({ low: 3, typical: 3, high: 6 });
      expect(lines[0].monthlyUsd.typical).toBeCloseTo(3 * 730 * 0.0725, 9);
      expect(lines[1].monthlyUsd.typical).toBeCloseTo(3 * 730 * 0.0725 * 0.15, 9);
    });

    it('takes tasks that catch up with a zone lost', () => {
      // 3.12 x 2 x 3 / 2 = 9.4 at the peak, 3.7 on average.
      const { amount, monthlyUsd } = option(workload, 'fargate');
      expect(amount).toEqual({ low: 3, typical: 4, high: 10 });
      expect(monthlyUsd.typical).toBeCloseTo(4 * 730 * (0.03238 + 2 * 0.00356), 9);
    });

    it('runs half of what comes above the average on Spot', () => {
      // Of six tasks three.
      const spot = option(workload, 'fargate-spot').monthlyUsd;
      expect(spot.high).toBeCloseTo(730 * (7 * (0.03238 + 2 * 0.00356) + 3 * (0.01067 + 2 * 0.001175)), 6);
      expect(spot.typical).toBe(option(workload, 'fargate').monthlyUsd.typical);
    });

    it('puts pods onto nodes and bills the cluster', () => {
      const { monthlyUsd, name } = option(workload, 'pods');
      expect(name).toBe('10 pods of 1 vCPU on 12 x c7g.large');
      expect(monthlyUsd.high).toBeCloseTo(730 * (12 * 0.0725 + 0.1), 9);
    });

    it('stays with the function where another place saves little', () => {
      const sizing = compute(workload);
      expect(sizing.kind).toBe('lambda');
      expect(Decision.find(sizing.decisions, 'kind').binding).toMatch(/^the simplest to run; Fargate, 10 x 1 vCPU would save \$\d+ a month, less than the \$1,000/);
      expect(sizing.amount).toBe(sizeKinesisStream(workload).shards);
    });
  });

  it('leaves the function where another place saves enough, and shows its quota', () => {
    const sizing = compute(workloadAt(1_000_000, { paymentsPerRequest: 23 }));
    expect(sizing.kind).toBe('fargate');
    expect(Decision.find(sizing.decisions, 'amount').quota).toMatchObject({ id: 'fargate/onDemandVcpu.default', used: 94 });
    expect(compute(workloadAt(100_000, { paymentsPerRequest: 23 }), Facts.DEFAULT.withOverrides({ 'target/compute.leastSavingUsd': 100 })).kind).toBe('fargate');
  });

  it('tells what each place cannot do', () => {
    const { rejected } = Decision.find(compute(workloadAt(100_000, { paymentsPerRequest: 23 })).decisions, 'kind');
    const because = (name: string): string => rejected.find((it) => it.option.startsWith(name))!.because;
    expect(because('Lambda Managed Instances')).toMatch(/never below 3 instances, nor faster than double in 5 min; its mappings take 23\.8 MiB\/s until the quota is raised/);
    expect(because('Fargate')).toMatch(/needs a consumer library with a lease table/);
    expect(because('10 pods')).toMatch(/a cluster with its nodes, versions and add-ons/);
  });

  it('settles later with an own consumer that polls than with pushed records', () => {
    // Pushed: 109 + 25 + 30; polled five times a second: 200 + 40 + 30.
    const workload = workloadAt(100);
    expect(option(workload, 'lambda').settleMilliseconds).toBe(164);
    expect(option(workload, 'fargate').settleMilliseconds).toBe(270);
    const fast = workloadAt(100, { latencyTarget: LatencyTarget.settle(Duration.millis(200)) });
    expect(option(fast, 'fargate').settleMilliseconds).toBe(139);
  });

  it('excuses what is too slow for the target', () => {
    const { kind, excuses } = compute(workloadAt(100, { latencyTarget: LatencyTarget.settle(Duration.millis(150)) }));
    expect(kind).toBe('fargate');
    expect(excuses[0]).toMatch(/^Lambda, \d+ x \d+ MiB: settles within 164 ms at p99 at the best, the target is 150 ms$/);
    expect(() => compute(workloadAt(100, { latencyTarget: LatencyTarget.settle(Duration.millis(120)) })))
      .toThrow('`latencyTarget` to settle cannot be kept by any worker of a stream, got: 120 ms');
  });

  it('compares with the percentile of the target', () => {
    // At the median a pushed record takes 49.4 + 6 + 9, a polled one 8 + 100 + 9.
    const median = (milliseconds: number): WorkerComputeSizing =>
      compute(workloadAt(100, { latencyTarget: LatencyTarget.settle(Duration.millis(milliseconds), 50) }));
    expect(median(65).excuses).toEqual([]);
    expect(median(64).excuses.map((it) => it.replace(/,.*: /, ': '))).toEqual([
      'Lambda: settles within 64.4 ms at p50 at the best, the target is 64 ms',
      'Lambda Managed Instances: settles within 64.4 ms at p50 at the best, the target is 64 ms',
    ]);
  });

  it.each(RATES)('has enough vCPU in every place at %d/s, and more for more', (rate) => {
    const places = (workload: Workload): readonly WorkerComputeOption[] => compute(workload).options;
    const base = places(workloadAt(rate));
    const more = places(workloadAt(1.6 * rate));
    base.forEach((it, index) => {
      expect(it.vcpus).toBeGreaterThan(it.busyVcpus);
      expect(it.amount.high).toBeGreaterThanOrEqual(it.amount.low);
      if (it.kind !== 'lambda') {
        expect(more[index].vcpus).toBeGreaterThanOrEqual(it.vcpus);
        expect(more[index].monthlyUsd.high).toBeGreaterThanOrEqual(it.monthlyUsd.high);
      }
    });
  });

  it('has one process where no zone is to be lost', () => {
    expect(option(workloadAt(100, { recoveryTier: RecoveryTier.ANALYTICS }), 'fargate').amount).toEqual({ low: 1, typical: 1, high: 1 });
  });
});
