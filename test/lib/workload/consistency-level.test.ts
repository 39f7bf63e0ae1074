import { Duration } from 'aws-cdk-lib';
import { ConsistencyLevel, Rate, Workload } from '../../../lib/workload';

describe('ConsistencyLevel', () => {
  it('has a bound of staleness only where reads may be stale', () => {
    expect(ConsistencyLevel.STRONG).toMatchObject({ name: 'strong', staleness: undefined });
    expect(ConsistencyLevel.READ_YOUR_WRITES).toMatchObject({ name: 'readYourWrites', staleness: undefined });
    const eventual = ConsistencyLevel.eventual(Duration.millis(1500));
    expect(eventual.staleness?.toMilliseconds()).toBe(1500);
    expect(`${eventual} or ${ConsistencyLevel.STRONG}`).toBe('eventual within 1.5 s or strong');
  });

  it('refuses a staleness of nothing', () => {
    expect(() => ConsistencyLevel.eventual(Duration.seconds(0))).toThrow('`consistency staleness` must be at least 1 ms, got: 0 ms');
  });

  it('is strong for the status of a payment, and five seconds for balances, unless a workload states otherwise', () => {
    const peak = Rate.perSecond(10);
    const { consistency } = new Workload({ peak });
    expect(consistency.status).toBe(ConsistencyLevel.STRONG);
    expect(consistency.balances.staleness?.toSeconds()).toBe(5);
    const stated = new Workload({ peak, consistency: { balances: ConsistencyLevel.READ_YOUR_WRITES } }).consistency;
    expect(stated).toEqual({ status: ConsistencyLevel.STRONG, balances: ConsistencyLevel.READ_YOUR_WRITES });
  });
});
