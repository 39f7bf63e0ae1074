import { Duration } from 'aws-cdk-lib';
import { Rate, Workload } from '../../../lib/workload';

describe('the rate of concurrent users', () => {
  it('is users divided by think time', () => {
    const rate = Rate.ofConcurrentUsers({ users: 10_000_000, thinkTime: Duration.minutes(5) });
    expect(rate.perSecond).toBeCloseTo(33_333.33, 2);
    expect(rate.concurrentUsers).toBe(10_000_000);
    expect(Rate.perSecond(5).concurrentUsers).toBeUndefined();
  });

  it('keeps the users of a share of it', () => {
    const workload = new Workload({ peak: Rate.ofConcurrentUsers({ users: 3000, thinkTime: Duration.seconds(10) }), cells: 4 });
    expect(workload.cellShare().peak).toMatchObject({ perSecond: 100, concurrentUsers: 1000 });
    expect(workload.average.perSecond).toBeCloseTo(120, 9);
  });

  it.each([
    [0, Duration.seconds(1), '`concurrentUsers.users` must be greater than 0 users, got: 0'],
    [-5, Duration.seconds(1), '`concurrentUsers.users` must be greater than 0 users, got: -5'],
    [Number.NaN, Duration.seconds(1), '`concurrentUsers.users` must be greater than 0 users, got: NaN'],
    [5, Duration.seconds(0), '`concurrentUsers.thinkTime` must be at least 1 ms, got: 0 ms'],
  ])('refuses %d users who think for %s', (users, thinkTime, message) => {
    expect(() => Rate.ofConcurrentUsers({ users, thinkTime })).toThrow(message);
  });
});
