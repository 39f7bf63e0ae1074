import { Duration } from 'aws-cdk-lib';
import { Facts } from '../../../lib/facts';
import { Decision } from '../../../lib/sizing';
import { type KafkaMappingSizing, sizeKafkaMapping } from '../../../lib/sizing/kafka-mapping';
import { sizeMskCluster } from '../../../lib/sizing/msk-cluster';
import { LatencyTarget, type Workload } from '../../../lib/workload';
import { itKeepsTheLaws, RATES, workloadAt } from './store-laws';

function mapping(workload: Workload, facts: Facts = Facts.DEFAULT): KafkaMappingSizing {
  return sizeKafkaMapping(workload, sizeMskCluster(workload.high()), facts);
}

describe('the mapping of a function to a topic', () => {
  itKeepsTheLaws(mapping);

  it('has a batch for the time that the target leaves, within an event', () => {
    // (1,000 - 100) ms x 0.5 = 450 ms, less 25 ms for the call; a payment takes 26 µs of a vCPU and 30 ms / 200 of waiting.
    const { batchSize, decisions } = mapping(workloadAt(100_000));
    expect(batchSize).toBe(Math.floor((450 - 25) / (0.026 + 30 / 200)));
    expect(Decision.find(decisions, 'batchSize').formula).toMatch(/^min\(2,414 payments in 450 ms, 6 MiB \/ 804 B, 10,000\) = 2,414$/);
    const slow = mapping(workloadAt(100, { latencyTarget: LatencyTarget.settle(Duration.seconds(30)) }));
    expect(slow.batchSize).toBe(Math.floor(6 * 1024 * 1024 / 804));
  });

  it('has pollers for its bytes while it catches up, and for its invocations', () => {
    // 100,000/s x 421 B x 2 / 5 MB/s = 16.8.
    const { maximumPollers, minimumPollers, reservedConcurrency, decisions } = mapping(workloadAt(100_000));
    expect([maximumPollers, minimumPollers, reservedConcurrency]).toEqual([17, 17, 18]);
    expect(Decision.find(decisions, 'maximumPollers').binding).toBe('bytes that a poller carries while it catches up');
    expect(mapping(workloadAt(10)).maximumPollers).toBe(2);
  });

  it('keeps as many pollers ready as it may have, up to what can be kept ready', () => {
    const { maximumPollers, minimumPollers, decisions } = mapping(workloadAt(1_500_000));
    expect(maximumPollers).toBeGreaterThan(200);
    expect(minimumPollers).toBe(200);
    expect(Decision.find(decisions, 'minimumPollers').binding).toMatch(/beyond it partitions move/);
  });

  it('bills pollers in units of ten, invocations and their time', () => {
    const { lines, monthlyUsd } = mapping(workloadAt(100_000));
    expect(lines[0].monthlyUsd.typical).toBeCloseTo(2 * 730 * 0.185, 9);
    // 18 lanes, each called again as soon as 6 ms and a mean write of 10.3 ms are over: far more often than full batches would ask for.
    const perSecond = lines[1].monthlyUsd.typical / 2e-7 / (730 * 3600);
    expect(perSecond).toBeGreaterThan(18 * 50);
    expect(perSecond).toBeLessThan(18 * 70);
    expect(monthlyUsd.typical).toBeCloseTo(lines.reduce((sum, it) => sum + it.monthlyUsd.typical, 0), 9);
  });

  it('gives up no later than a Kafka mapping lets a function run', () => {
    const facts = Facts.DEFAULT.withOverrides({ 'target/worker.timeoutFactor': 10_000 });
    expect(mapping(workloadAt(100), facts).timeout.toSeconds()).toBe(840);
    expect(mapping(workloadAt(100)).timeout.toSeconds()).toBe(30);
  });

  it('is in provisioned mode without a window', () => {
    const { decisions, batchingWindow } = mapping(workloadAt(100));
    expect(Decision.find(decisions, 'provisionedMode')).toMatchObject({ value: true, rejected: [{ option: 'on-demand mode' }, { because: 'such a mapping takes 977 KiB/s, and no raise is granted' }] });
    expect(batchingWindow.toSeconds()).toBe(0);
  });

  it.each(RATES)('fits the hard limits of a mapping at %d/s', (rate) => {
    const workload = workloadAt(rate);
    const { partitions } = sizeMskCluster(workload);
    const { maximumPollers, reservedConcurrency, batchSize } = mapping(workload);
    expect(maximumPollers).toBeLessThanOrEqual(partitions);
    expect(maximumPollers * 5e6).toBeGreaterThanOrEqual(rate * 421);
    expect(maximumPollers * 5).toBeGreaterThanOrEqual(reservedConcurrency);
    expect(reservedConcurrency).toBeLessThanOrEqual(partitions);
    expect(batchSize).toBeLessThanOrEqual(10_000);
  });

  it('says when the target is shorter than the delivery, and what is faster', () => {
    const workload = workloadAt(100, { latencyTarget: LatencyTarget.settle(Duration.millis(100)) });
    expect(() => mapping(workload)).toThrow(/^`latencyTarget` to settle must be above 100 ms at p99, .* got: 100 ms; a consumer that reads the topic by itself is faster$/);
  });

  it('says when the topic has too few partitions', () => {
    expect(() => sizeKafkaMapping(workloadAt(100_000), sizeMskCluster(workloadAt(100))))
      .toThrow('`partitions` must be at least 18, one for each invocation at a time, got: 6; size the cluster for this workload');
  });

  it('says when one mapping is not enough', () => {
    const facts = Facts.DEFAULT.withOverrides({ 'lambda-esm/kafka.maximumPollers.max': 10 });
    expect(() => mapping(workloadAt(100_000), facts)).toThrow('`peak` must need at most 10 pollers of one mapping, got: 17; state more `cells`');
  });
});
