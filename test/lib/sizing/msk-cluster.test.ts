import { Duration, Size } from 'aws-cdk-lib';
import { Facts } from '../../../lib/facts';
import { Decision } from '../../../lib/sizing';
import { type MskOption } from '../../../lib/sizing/msk-brokers';
import { sizeMskCluster } from '../../../lib/sizing/msk-cluster';
import { KeySkew, LatencyTarget, Rate, type Workload } from '../../../lib/workload';
import { itKeepsTheLaws, RATES, workloadAt } from './store-laws';

const GIB = 1024 ** 3;
const SECONDS = 730 * 3600;

/** A payload with which a record is 1,000 bytes: 512 bytes make one of 421. */
const thousand = { mean: Size.bytes(512 + 1000 - 421) };

function option(workload: Workload, name: string): MskOption {
  const found = sizeMskCluster(workload).options.find((it) => it.brokerType === name);
  expect(found).toBeDefined();
  return found!;
}

describe('an MSK cluster', () => {
  itKeepsTheLaws(sizeMskCluster);
  describe.each(['standard', 'express'] as const)('of kind %s', (kind) => {
    itKeepsTheLaws((workload, facts) => sizeMskCluster(workload, facts, { kind, producers: 12 }));
  });

  describe('for 100,000 records/s of 1,000 bytes, 40,000/s on average, two groups of consumers', () => {
    const workload = workloadAt(100_000, { payload: thousand });

    it('has partitions for bytes, consumers and blast radius, an equal number in each zone', () => {
      // 100 MB/s / 3.5 MB/s = 28.6, in three zones 30.
      const { partitions, decisions } = sizeMskCluster(workload);
      expect(partitions).toBe(30);
      expect(Decision.find(decisions, 'partitions').binding).toBe('bytes written to a partition');
    });

    it('sizes standard brokers by disk and network with a zone down', () => {
      // Disk: 78.75 / 6.5 = 12.1 MiB/s of ingress; network: 117 / (5.7 + 2 x 1.5) = 13.4; of the smaller one half.
      const { brokers, bottleneck, storagePerBrokerGiB } = option(workload, 'kafka.m7g.large');
      expect(bottleneck).toMatchObject({ resource: 'ingress', perBroker: expect.closeTo(78.75 / 6.5 / 2 * 1024 * 1024, 3) });
      expect(brokers).toBe(18);
      // 40 MB/s x 72 h x 3 copies x 2.
      expect(storagePerBrokerGiB).toBe(Math.ceil(40e6 * 72 * 3600 * 6 / GIB / 18));
    });

    it('sizes express brokers by their sustained throughput', () => {
      // 100 MB/s / (15.6 x 0.75) = 8.5, in three zones 9.
      expect(option(workload, 'express.m7g.large')).toMatchObject({ brokers: 9, excuses: [] });
      expect(option(workload, 'express.m7g.4xlarge').brokers).toBe(3);
    });

    it('prices brokers, what is produced, what is kept and what goes between zones', () => {
      const gigabytes = 40e6 * SECONDS / GIB;
      const kept = 40e6 * 72 * 3600 / GIB;
      expect(option(workload, 'express.m7g.large').monthlyUsd.typical)
        .toBeCloseTo(9 * 730 * 0.408 + gigabytes * 0.01 + kept * 0.1 + gigabytes * 2 / 3 * 0.02, 4);
      expect(option(workload, 'kafka.m7g.large').monthlyUsd.typical)
        .toBeCloseTo(18 * 730 * 0.204 + kept * 6 * 0.1 + gigabytes * 2 / 3 * 0.02, 4);
      expect(option(workload, 'serverless').monthlyUsd.typical)
        .toBeCloseTo(730 * (0.75 + 30 * 0.0015) + gigabytes * 0.1 + 2 * gigabytes * 0.05 + kept * 0.1, 4);
    });

    it('counts a connection of each client to each broker', () => {
      const decision = Decision.find(sizeMskCluster(workload, Facts.DEFAULT, { producers: 40 }).decisions, 'connectionsPerBroker');
      expect(decision).toMatchObject({ value: 40 + 2 * 30, quota: { id: 'msk/broker.iamConnections', used: 100 } });
    });
  });

  it('tells each size with what it is short of', () => {
    const brokers = Decision.find(sizeMskCluster(workloadAt(1_000_000), Facts.DEFAULT, { kind: 'standard' }).decisions, 'brokers');
    const large = brokers.rejected.find((it) => it.option.includes('kafka.m7g.large'))!;
    expect(large.because).toMatch(/needs \d+ brokers, a cluster has 60 \(ingress: \d+ MiB\/s, a broker takes 6\.06 MiB\/s\)/);
  });

  it('excuses serverless for each limit that it would pass', () => {
    expect(option(workloadAt(500_000), 'serverless').excuses[0]).toMatch(/^211 MB\/s in, a cluster takes 150$/);
    expect(option(workloadAt(100_000), 'serverless').excuses).toEqual([]);
    expect(() => sizeMskCluster(workloadAt(500_000), Facts.DEFAULT, { kind: 'serverless' }))
      .toThrow(/^`kind` must be standard or express for this workload, got: serverless \(211 MB\/s in/);
  });

  it('has the fewest brokers where no cluster has enough, and shows the quota as too small', () => {
    const { decisions } = sizeMskCluster(workloadAt(1_000_000, { payload: { mean: Size.kibibytes(40) } }));
    const { quota } = Decision.find(decisions, 'brokers');
    expect(quota!.used).toBeGreaterThan(quota!.value);
    expect(Decision.find(decisions, 'kind').binding).toMatch(/^fewest brokers: needs \d+ brokers, a cluster has 60/);
  });

  it('has no key, and says what the hottest merchant would do to one partition', () => {
    const { decisions } = sizeMskCluster(workloadAt(100_000, { keySkew: KeySkew.zipf({ keys: 2, exponent: 0 }) }));
    expect(Decision.find(decisions, 'recordKey').rejected[0].because).toMatch(/^the hottest merchant writes 21\.1 MB\/s and 50,000 payments\/s to one partition/);
  });

  it('keeps records no longer than the idempotency record of a payment', () => {
    expect(sizeMskCluster(workloadAt(100)).retention.toHours()).toBe(72);
    expect(sizeMskCluster(workloadAt(100, { idempotencyWindow: Duration.hours(60), refundWindow: Duration.hours(60) })).retention.toHours()).toBe(11);
  });

  it('settles within 80 ms at p99: 30 to write, 20 to fetch, 30 to store', () => {
    expect(sizeMskCluster(workloadAt(100)).settleMilliseconds).toBe(80);
  });

  it('says when the target is shorter than the delivery', () => {
    expect(() => sizeMskCluster(workloadAt(100, { latencyTarget: LatencyTarget.settle(Duration.millis(50)) })))
      .toThrow('`latencyTarget` to settle must be above 50 ms at p99, what a topic takes to reach a consumer, got: 50 ms');
    expect(sizeMskCluster(workloadAt(100, { latencyTarget: LatencyTarget.settle(Duration.millis(50), 50) })).partitions).toBe(6);
  });

  it('needs more partitions where a faster target leaves a mapping less time, but not for one that it leaves hardly any', () => {
    const partitions = (milliseconds: number): number =>
      sizeMskCluster(workloadAt(200_000, { latencyTarget: LatencyTarget.settle(Duration.millis(milliseconds)) })).partitions;
    // A mapping settles 11,389/s in a partition when it has a second, 7,290/s when it has 300 ms; own consumers 12,099/s.
    expect([partitions(1000), partitions(300), partitions(150)]).toEqual([36, 57, 36]);
  });

  it.each(RATES)('never needs less for more or larger payments than %d/s', (rate) => {
    const needs = (workload: Workload): number[] => {
      const { partitions, monthlyUsd, options } = sizeMskCluster(workload);
      return [partitions, monthlyUsd.typical, ...options.flatMap((it) => [it.brokers, it.monthlyUsd.typical])];
    };
    const base = needs(workloadAt(rate));
    for (const more of [workloadAt(1.7 * rate), workloadAt(rate, { payload: { mean: Size.bytes(2000) } })]) {
      needs(more).forEach((it, index) => expect(it).toBeGreaterThanOrEqual(base[index]));
    }
  });

  it.each([[{ producers: 0 }, 'producers'], [{ consumerGroups: 1.5 }, 'consumerGroups']])('refuses %j', (props, name) => {
    expect(() => sizeMskCluster(workloadAt(10), Facts.DEFAULT, props)).toThrow(`\`${name}\` must be a whole number of at least 1`);
  });

  it('takes an average as high as the peak', () => {
    expect(sizeMskCluster(workloadAt(1000, { average: Rate.perSecond(1000) })).monthlyUsd.high).toBeGreaterThan(0);
  });
});
