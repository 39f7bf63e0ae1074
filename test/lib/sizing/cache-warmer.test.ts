import { sizeCacheWarmer, sizeValkey } from '../../../lib/sizing';
import { KeySkew, Rate, Workload } from '../../../lib/workload';

const workload = (merchants: number): Workload => new Workload({
  peak: Rate.perSecond(20_000), keySkew: KeySkew.zipf({ keys: merchants, exponent: 1 }),
});

describe('the cache warmer', () => {
  it('brings all merchants in, with twice the time that it takes at the slower rate', () => {
    // 100,000 merchants at 1,000/s are 100 s.
    const { decisions, memory, merchants, timeout } = sizeCacheWarmer(workload(100_000));
    expect(merchants).toBe(100_000);
    expect(timeout.toSeconds()).toBe(200);
    expect(memory.toMebibytes()).toBe(512);
    expect(decisions.map(({ name }) => name)).toEqual(['merchants', 'timeout', 'memory']);
  });

  it('has a minute at least', () => {
    expect(sizeCacheWarmer(workload(500)).timeout.toSeconds()).toBe(60);
  });

  it('leaves out the least hot where a run would take longer than a function may', () => {
    // 900 s / 2 x 1,000/s.
    const { decisions, merchants, timeout } = sizeCacheWarmer(workload(2_000_000));
    expect(merchants).toBe(450_000);
    expect(timeout.toSeconds()).toBe(900);
    expect(decisions[0].binding).toContain('longest run of a function');
  });
});

describe('request units of the cache', () => {
  it('are those that a serverless cache bills at the peak', () => {
    const sizing = sizeValkey(workload(500));
    expect(sizing.requestUnitsPerSecond).toBeGreaterThanOrEqual(sizing.operationsPerSecond);
  });
});
