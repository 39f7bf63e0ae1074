import { Duration } from 'aws-cdk-lib';
import { Facts } from '../../../lib/facts';
import { Decision, sizeKinesisStream } from '../../../lib/sizing';
import { type KinesisModeOption, sizeKinesisCapacityMode } from '../../../lib/sizing/kinesis-capacity-mode';
import { Rate, RecoveryTier, type Workload } from '../../../lib/workload';
import { itKeepsTheLaws, RATES, workloadAt } from './store-laws';

const GIB = 1024 ** 3;
const SECONDS = 730 * 3600;

function options(workload: Workload, streams?: number): Record<string, KinesisModeOption> {
  const { options: all } = sizeKinesisCapacityMode(workload, Facts.DEFAULT, { streams });
  return Object.fromEntries(all.map((it) => [it.mode, it]));
}

describe('the capacity mode of a stream', () => {
  itKeepsTheLaws((workload, facts) => sizeKinesisCapacityMode(workload, facts, { stream: sizeKinesisStream(workload) }));

  describe('with one payment a record of 24 hours', () => {
    const workload = workloadAt(100, { recoveryTier: RecoveryTier.ANALYTICS, average: Rate.perSecond(50) });
    const stream = { ...sizeKinesisStream(workload), shards: 2, retention: Duration.hours(24), enhancedFanOut: true };
    const alone = { ...stream, aggregation: { ...stream.aggregation, paymentsPerRecord: 1 } };
    const bytesPerPayment = Decision.find(stream.decisions, 'shards').inputs.bytesPerPayment as number;
    const gigabytes = 50 * (bytesPerPayment + 30) * SECONDS / GIB;
    const find = (mode: string): KinesisModeOption =>
      sizeKinesisCapacityMode(workload, Facts.DEFAULT, { stream: alone }).options.find((it) => it.mode === mode)!;

    it('bills shards, PUT units, consumer-shards and pushed bytes of provisioned capacity', () => {
      const units = 50 * SECONDS;
      expect(find('provisioned').monthlyUsd.typical).toBeCloseTo(2 * 730 * 0.015 + units * 1.4e-8 + 2 * 730 * 0.015 + gigabytes * 0.013, 6);
      expect(find('provisioned').monthlyUsd.low).toBeCloseTo(43.8, 9);
    });

    it('bills every record on demand as at least 1 KB in, and its bytes out', () => {
      // Of the payloads hardly one is above 1 KB once it is packed, so that nearly each is one unit.
      const rounded = 50 * 1024 * SECONDS / GIB;
      const { typical } = find('on-demand-standard').monthlyUsd;
      expect(typical).toBeGreaterThan(730 * 0.04 + rounded * 0.08 + gigabytes * 0.05);
      expect(typical).toBeLessThan(730 * 0.04 + 1.02 * rounded * 0.08 + gigabytes * 0.05);
    });

    it('bills the committed throughput of the account, 25 MiB/s in and out', () => {
      const committed = 25 * 1024 * 1024 * SECONDS / GIB;
      expect(find('on-demand-advantage').monthlyUsd).toEqual({
        low: expect.closeTo(committed * 0.048, 6), typical: expect.closeTo(committed * 0.048, 6), high: expect.closeTo(committed * 0.048, 6),
      });
    });
  });

  it('lets the streams of the account share the commitment', () => {
    const workload = workloadAt(1000);
    const usd = (streams: number): number => options(workload, streams)['on-demand-advantage'].monthlyUsd.low;
    expect(usd(4)).toBeCloseTo(usd(1) / 4, 9);
    expect(() => options(workload, 0)).toThrow('`streams` must be a whole number of at least 1, got: 0');
  });

  it('excuses On-demand Standard for what a new stream does not take', () => {
    const [excuse] = options(workloadAt(100_000, { paymentsPerRequest: 23 }))['on-demand-standard'].excuses;
    expect(excuse).toMatch(/^a new stream takes 4 MiB\/s or 4,000 records\/s; the peak is 9\.67 times that, 4 doublings or at least 60 min away/);
    expect(options(workloadAt(5000, { paymentsPerRequest: 23 }))['on-demand-standard'].excuses).toEqual([]);
  });

  it('stays with shards where another mode saves little, and says how little', () => {
    const sizing = sizeKinesisCapacityMode(workloadAt(10));
    expect(sizing.mode).toBe('provisioned');
    expect(Decision.find(sizing.decisions, 'capacityMode').binding).toMatch(/On-demand Standard would save \$1\d\d, less than the \$500 that is asked for/);
    const saving = Facts.DEFAULT.withOverrides({ 'target/kinesis.leastModeSavingUsd': 50 });
    expect(sizeKinesisCapacityMode(workloadAt(10), saving).mode).toBe('on-demand-standard');
  });

  it('takes On-demand Advantage where the volume is large', () => {
    const sizing = sizeKinesisCapacityMode(workloadAt(1_000_000, { paymentsPerRequest: 23 }));
    expect(sizing.mode).toBe('on-demand-advantage');
    expect(sizing.warmThroughputMiBps).toBe(553);
    expect(Decision.find(sizing.decisions, 'capacityMode').quota).toMatchObject({ id: 'kinesis/advantage.maxWarmMiBps', used: 553 });
  });

  it('breaks even where both modes cost the same', () => {
    const at = (share: number): number => {
      const workload = workloadAt(100_000, { paymentsPerRequest: 23, average: Rate.perSecond(100_000 * share) });
      const { 'provisioned': provisioned, 'on-demand-standard': standard } = options(workload);
      return provisioned.monthlyUsd.typical - standard.monthlyUsd.typical;
    };
    const workload = workloadAt(100_000, { paymentsPerRequest: 23 });
    const sizing = sizeKinesisCapacityMode(workload);
    const utilizationAtPeak = Decision.find(sizing.decisions, 'breakEvenUtilization').inputs.utilization as number / 0.4;
    const share = sizing.breakEvenUtilization / utilizationAtPeak;
    expect(at(0.9 * share)).toBeGreaterThan(0);
    expect(at(1.1 * share)).toBeLessThan(0);
  });

  it.each(RATES)('costs no less for more or larger payments than %d/s', (rate) => {
    const usd = (workload: Workload): number[] => Object.values(options(workload)).map((it) => it.monthlyUsd.typical);
    const base = usd(workloadAt(rate));
    usd(workloadAt(2 * rate)).forEach((it, index) => expect(it).toBeGreaterThanOrEqual(base[index]));
  });
});
