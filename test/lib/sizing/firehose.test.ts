import { Size } from 'aws-cdk-lib';
import { Facts } from '../../../lib/facts';
import { Decision } from '../../../lib/sizing';
import { sizeFirehose } from '../../../lib/sizing/firehose';
import { Rate } from '../../../lib/workload';
import { itKeepsTheLaws, RATES, workloadAt } from './store-laws';

const GIB = 1024 ** 3;
const SECONDS = 730 * 3600;

describe('a Firehose stream', () => {
  itKeepsTheLaws(sizeFirehose);
  describe('behind a Kinesis stream, with partitions', () => {
    itKeepsTheLaws((workload, facts) => sizeFirehose(workload, facts, { source: 'stream', paymentsPerStreamRecord: 40, partitions: 10 }));
  });

  describe('for 100,000 payments/s of 512 B, 40,000/s on average', () => {
    const sizing = sizeFirehose(workloadAt(100_000));

    it('packs as many as hardly lose anything to the rounding', () => {
      expect(sizing.paymentsPerRecord).toBe(200);
    });

    it('bills 5 KB for each payment alone, and half of 5 KB lost on a packed record', () => {
      // 105,120,000,000 payments: 512,000 GB alone (of which the first 500 TB are dearer), 51,378 GB packed.
      const payments = 40_000 * SECONDS;
      const [packed, alone] = sizing.options.map((it) => it.monthlyUsd.typical);
      expect(packed).toBeCloseTo(payments / 200 * 5120 * 20.5 / GIB * 0.029, 6);
      const gigabytes = payments * 5120 / GIB;
      expect(gigabytes).toBeLessThan(512_000);
      expect(alone).toBeCloseTo(gigabytes * 0.029, -1);
      expect(alone / packed).toBeCloseTo(200 / 20.5, 1);
      expect(sizing.monthlyUsd.typical).toBe(packed);
    });

    it('calls with full batches, and shows the quotas of a new stream', () => {
      // 48.8 MiB/s in calls of 4 MiB.
      expect(sizing.callsPerSecond).toBe(13);
      const quota = (name: string): unknown => Decision.find(sizing.decisions, name).quota;
      expect(quota('mebibytesPerSecond')).toMatchObject({ used: 49, value: 5, adjustable: true });
      expect(quota('recordsPerSecond')).toMatchObject({ used: 500, value: 500_000 });
      expect(quota('callsPerSecond')).toMatchObject({ used: 13, value: 2000 });
    });

    it('has the quotas of its region', () => {
      const { decisions } = sizeFirehose(workloadAt(100_000), Facts.DEFAULT.forRegion('sa-east-1'));
      expect(Decision.find(decisions, 'mebibytesPerSecond').quota).toMatchObject({ value: 1 });
      expect(Decision.find(decisions, 'callsPerSecond').quota).toMatchObject({ value: 1000 });
    });
  });

  it('buffers until an object has its size, but not for ever', () => {
    // 64 MiB at 400/s of 512 B: 328 s; at 4/s it would take nine hours.
    expect(sizeFirehose(workloadAt(1000)).bufferInterval.toSeconds()).toBe(328);
    expect(sizeFirehose(workloadAt(10)).bufferInterval.toSeconds()).toBe(900);
    expect(sizeFirehose(workloadAt(100_000)).bufferInterval.toSeconds()).toBe(60);
    expect(sizeFirehose(workloadAt(1000)).bufferSize.toMebibytes()).toBe(64);
  });

  it('packs no more than what arrives while a producer waits', () => {
    expect(sizeFirehose(workloadAt(10)).paymentsPerRecord).toBe(1);
    // 400/s over three producers.
    expect(sizeFirehose(workloadAt(1000)).paymentsPerRecord).toBe(133);
  });

  it('takes the records of a stream as they are, without quotas on what is put', () => {
    const { decisions, callsPerSecond, monthlyUsd } = sizeFirehose(workloadAt(100_000), Facts.DEFAULT, { source: 'stream', paymentsPerStreamRecord: 40 });
    expect(callsPerSecond).toBe(0);
    expect(decisions.map((it) => it.name)).not.toContain('mebibytesPerSecond');
    expect(monthlyUsd.typical).toBeLessThan(sizeFirehose(workloadAt(100_000)).monthlyUsd.typical);
  });

  it('fills the cheaper tiers of the price', () => {
    // 1,000,000/s all month: 1,284 TB packed, of which 500 TB at the first price.
    const { high } = sizeFirehose(workloadAt(1_000_000)).monthlyUsd;
    const gigabytes = 1e6 / 200 * 5120 * 20.5 * SECONDS / GIB;
    expect(high).toBeCloseTo(512_000 * 0.029 + (gigabytes - 512_000) * 0.025, 4);
  });

  it('bills partitions and counts them', () => {
    const plain = sizeFirehose(workloadAt(1000));
    const sizing = sizeFirehose(workloadAt(1000), Facts.DEFAULT, { partitions: 600 });
    expect(sizing.dynamicPartitioning).toBe(true);
    // Each of them delivers an object every 15 minutes, long before it is full.
    const partitioned = 400 * 512 * SECONDS / GIB * 0.02;
    expect(sizing.monthlyUsd.typical - plain.monthlyUsd.typical).toBeCloseTo(partitioned + 600 * SECONDS / 900 * 0.005 / 1000, 6);
    expect(Decision.find(sizing.decisions, 'partitions').quota).toMatchObject({ used: 600, value: 500, adjustable: true });
    expect(sizing.bufferInterval.toSeconds()).toBe(900);
  });

  it('refuses what no record holds', () => {
    expect(() => sizeFirehose(workloadAt(1, { payload: { mean: Size.mebibytes(1) } })))
      .toThrow('`payload.p99` must be at most 1,024,000 B, what a record of Firehose holds, got: 2,097,152 B');
    expect(() => sizeFirehose(workloadAt(1), Facts.DEFAULT, { partitions: 0 })).toThrow('`partitions` must be at least 1, got: 0');
  });

  it.each(RATES)('carries and bills no less for more or larger payments than %d/s', (rate) => {
    const of = (mean: number, factor: number): number[] => {
      const workload = workloadAt(factor * rate, { payload: { mean: Size.bytes(mean) }, average: Rate.perSecond(factor * rate) });
      const { bytesPerSecond, callsPerSecond, options } = sizeFirehose(workload);
      return [bytesPerSecond, callsPerSecond, options[options.length - 1].monthlyUsd.typical];
    };
    const base = of(512, 1);
    [of(512, 1.9), of(1500, 1)].forEach((more) => more.forEach((it, index) => expect(it).toBeGreaterThanOrEqual(base[index])));
  });
});
