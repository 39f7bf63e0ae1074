import { Duration, Size } from 'aws-cdk-lib';
import { Facts } from '../../../lib/facts';
import { sizeKinesisStream } from '../../../lib/sizing';
import { Band, LatencyTarget, Rate, Workload } from '../../../lib/workload';

const peak = Rate.perSecond(1000);

function accepted(milliseconds: number): unknown {
  return sizeKinesisStream(new Workload({ peak, latencyTarget: LatencyTarget.accept(Duration.millis(milliseconds)) }));
}

const BAD: [string, () => unknown, string][] = [
  ['no payments', () => Rate.perSecond(0), '`rate` must be greater than 0 payments/s, got: 0'],
  ['a negative rate', () => Rate.perSecond(-5), '`rate` must be greater than 0 payments/s, got: -5'],
  ['a rate that is no number', () => Rate.perSecond(Number.NaN), '`rate` must be greater than 0 payments/s, got: NaN'],
  ['an endless rate', () => Rate.perSecond(Number.POSITIVE_INFINITY), '`rate` must be greater than 0 payments/s, got: Infinity'],
  ['a mean payload above the 99th percentile', () => new Workload({ peak, payload: { mean: Size.bytes(500), p99: Size.bytes(400) } }),
    '`payload.p99` must be at least `payload.mean` (500 B), got: 400 B'],
  ['a peak below the average', () => new Workload({ peak, average: Rate.perSecond(1001) }), '`average` must be at most `peak` (1000 payments/s), got: 1001'],
  ['facts of a region that is none', () => new Facts({ region: 'mars' }), '`region` must be a region code such as us-east-1, got: mars'],
  ['the name of a city for a region', () => new Workload({ peak, recoveryRegion: 'Frankfurt' }),
    '`recoveryRegion` must be the code of an AWS region such as eu-west-1, got: Frankfurt'],
  ['a settle target below the delivery', () => sizeKinesisStream(new Workload({ peak, latencyTarget: LatencyTarget.settle(Duration.millis(50)) })),
    '`latencyTarget` to settle must be above 109 ms at p99, what a stream takes to reach a function, got: 50 ms'],
  ['an accept target below balancer and stream', () => accepted(5),
    '`latencyTarget` to accept must be above 9.5 ms at p99, what load balancer and PutRecords alone take in the median, got: 5 ms'],
  ['an accept target of no time', () => accepted(0), '`latencyTarget` must be at least 1 ms, got: 0 ms'],
  ['a band the wrong way round', () => Band.between(2000, 500), '`band` must be two numbers, the lower one first, got: 2000 to 500'],
];

describe('a workload that cannot be', () => {
  it.each(BAD)('is refused in one sentence: %s', (_, state, message) => {
    let told = 'nothing';
    try {
      state();
    } catch (error) {
      told = (error as Error).message;
    }
    expect(told).toBe(message);
    expect(told).toMatch(/^[^\n]+, got: [^\n]+$/);
  });
});

describe('an accept target', () => {
  it('may be as short as 10 ms, just above what balancer and stream take', () => {
    expect(() => accepted(10)).not.toThrow();
    expect(() => accepted(9)).toThrow('must be above 9.5 ms');
  });
});
