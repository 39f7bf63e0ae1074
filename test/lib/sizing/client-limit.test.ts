import * as fc from 'fast-check';
import { Facts } from '../../../lib/facts';
import { sizeClientLimit } from '../../../lib/sizing';
import { KeySkew, Rate, Workload } from '../../../lib/workload';

const workloadOf = (perSecond: number, keySkew?: KeySkew) => new Workload({ peak: Rate.perSecond(perSecond), keySkew });

describe('the limit of a client', () => {
  it('is half of the peak where no merchant needs more', () => {
    const { paymentsPerSecond, decisions: [decision] } = sizeClientLimit(workloadOf(100_000, KeySkew.uniform(5_000)));
    expect(paymentsPerSecond).toBe(50_000);
    expect(decision).toMatchObject({ path: 'clientLimit', name: 'clientPaymentsPerSecond', value: 50_000, unit: 'payments/s' });
    expect(decision.binding).toContain('one client may take');
  });

  it('leaves the hottest merchant twice its share, and never more than all', () => {
    const skewed = KeySkew.zipf({ keys: 10, exponent: 1 });
    const hot = sizeClientLimit(workloadOf(1_000, skewed));
    expect(hot.paymentsPerSecond).toBe(Math.ceil(2 * skewed.maximumShare() * 1_000));
    expect(hot.decisions[0].binding).toContain('hottest merchant');
    expect(sizeClientLimit(workloadOf(1_000, KeySkew.uniform(1))).paymentsPerSecond).toBe(1_000);
  });

  it('is that of all cells together', () => {
    expect(sizeClientLimit(workloadOf(8_000).with({ cells: 4 }))).toEqual(sizeClientLimit(workloadOf(8_000)));
  });

  it('grows with the peak, is at least 1, and follows the stated part', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 200_000 }), (rate) => {
      expect(sizeClientLimit(workloadOf(rate)).paymentsPerSecond).toBeGreaterThanOrEqual(1);
      expect(sizeClientLimit(workloadOf(2 * rate)).paymentsPerSecond).toBeGreaterThanOrEqual(sizeClientLimit(workloadOf(rate)).paymentsPerSecond);
    }), { numRuns: 50 });
    const facts = Facts.DEFAULT.withOverrides({ 'target/edge.clientShare': 0.8 });
    expect(sizeClientLimit(workloadOf(1_000, KeySkew.uniform(100)), facts).paymentsPerSecond).toBe(800);
  });
});
