import { Size } from 'aws-cdk-lib';
import { Facts } from '../../../lib/facts';
import { sizeEventBus } from '../../../lib/sizing';
import { Rate, Workload } from '../../../lib/workload';

const facts = new Facts({ region: 'eu-west-1' });

describe('sizeEventBus', () => {
  it('calculates calls and cost by hand', () => {
    const sizing = sizeEventBus(new Workload({ peak: Rate.perSecond(50.5), average: Rate.perSecond(10) }), facts);
    expect(sizing.putEventsPerSecond).toBe(51);
    // A dollar a million: 10 a second for 730 hours.
    expect(sizing.monthlyUsd.typical).toBeCloseTo(10 * 730 * 3600 / 1e6, 6);
    expect(sizing.monthlyUsd.low).toBe(0);
  });

  it('counts each 64 KB of an event', () => {
    const payload = { mean: Size.kibibytes(50), p99: Size.kibibytes(100) };
    const [small, large] = [undefined, payload].map((it) => sizeEventBus(new Workload({ peak: Rate.perSecond(10), payload: it }), facts));
    expect(large.monthlyUsd.typical).toBeCloseTo(2 * small.monthlyUsd.typical, 9);
  });

  it('shows more than the quota of the account as what it is', () => {
    const use = (perSecond: number, region: string): string => {
      const { quota, binding } = sizeEventBus(new Workload({ peak: Rate.perSecond(perSecond) }), facts.forRegion(region)).decisions[0];
      return `${quota?.used} of ${quota?.value}: ${binding}`;
    };
    expect(use(500, 'eu-west-1')).toBe('500 of 10000: events are few and come one by one');
    expect(use(500, 'eu-south-1')).toMatch(/^500 of 400: more than the 400 calls\/s/);
  });
});
