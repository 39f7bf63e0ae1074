import { Duration, Size } from 'aws-cdk-lib';
import { Facts } from '../../../lib/facts';
import { SizingPlan } from '../../../lib/sizing';
import { sizeReference } from '../../../lib/sizing/reference-plan';
import { KeySkew, LatencyTarget, Rate, Workload, type WorkloadProps } from '../../../lib/workload';

const peak = Rate.perSecond(90_000);

describe('the plan of the reference', () => {
  it('sizes what stands in a cell for its share, and what cells share for the whole', () => {
    const [one, four] = [new Workload({ peak }), new Workload({ peak, cells: 4 })].map((it) => sizeReference(it));
    expect(four.ledger).toEqual(one.ledger);
    expect(four.stream.shards).toBeLessThan(one.stream.shards / 2);
    expect(four.stream).toEqual(sizeReference(new Workload({ peak: Rate.perSecond(30_000), average: Rate.perSecond(12_000) })).stream);
  });

  it('has decisions of every part, each once', () => {
    const { decisions } = sizeReference(new Workload({ peak, cells: 4 }));
    expect(() => new SizingPlan(decisions)).not.toThrow();
    expect([...new Set(decisions.map(({ path }) => path))]).toEqual(
      expect.arrayContaining(['stream', 'worker', 'ledger', 'projector', 'auditArchiver', 'auditLock', 'queue', 'tier']));
  });

  it('rests on the facts that it is given', () => {
    const halved = Facts.DEFAULT.withOverrides({ 'kinesis/shard.writeBytesPerSec': 524_288 });
    const workload = new Workload({ peak });
    expect(sizeReference(workload, halved).stream.shards).toBeGreaterThan(1.9 * sizeReference(workload).stream.shards);
  });
});

describe('a workload that makes no sense', () => {
  const rate = (perSecond: number): WorkloadProps => ({ peak: Rate.perSecond(perSecond) });
  it.each<[string, () => WorkloadProps, RegExp]>([
    ['no payments', () => rate(0), /^`rate` must be greater than 0 payments\/s, got: 0$/],
    ['negative payments', () => rate(-5), /^`rate` must be greater than 0 payments\/s, got: -5$/],
    ['no number of payments', () => rate(Number.NaN), /^`rate` must be greater than 0 payments\/s, got: NaN$/],
    ['a percentile below the mean', () => ({ peak, payload: { mean: Size.kibibytes(2), p99: Size.kibibytes(1) } }),
      /^`payload.p99` must be at least `payload.mean` \(2048 B\), got: 1024 B$/],
    ['an average above the peak', () => ({ peak, average: Rate.perSecond(90_001) }), /^`average` must be at most `peak` \(90000 payments\/s\), got: 90001$/],
    ['a region that is none', () => ({ peak, recoveryRegion: 'mars-north-1' }), /^`recoveryRegion` must be the code of an AWS region such as eu-west-1, got: mars-north-1$/],
    ['a settle target below what the stream takes', () => ({ peak, latencyTarget: LatencyTarget.settle(Duration.millis(100)) }),
      /^`latencyTarget` to settle must be above \d+ ms at p99, what a stream takes to reach a function, got: 100 ms$/],
    ['windows shorter than a payment is under way', () => ({ peak, idempotencyWindow: Duration.hours(1), refundWindow: Duration.hours(1) }),
      /^`idempotencyWindow` or `refundWindow` must be at least .*, got: 60 min$/],
    ['one merchant with everything', () => ({ peak: Rate.perSecond(5_000_000), cells: 6, keySkew: KeySkew.uniform(1) }),
      /^`keySkew` must leave one merchant at most .*, got: [\d,]+$/],
    ['more than one stream takes', () => ({ peak: Rate.perSecond(600_000), payload: { mean: Size.kibibytes(14) } }),
      /^`peak` must leave one stream at most 10,000 shards, the most that it can have, got: [\d,]+; state more `cells`, each of which has a stream of its own$/],
  ])('is refused in one sentence: %s', (_, props, sentence) => {
    expect(() => sizeReference(new Workload(props()))).toThrow(sentence);
  });
});
