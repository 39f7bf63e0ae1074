import fc from 'fast-check';
import { AwsConnectionError, AwsServiceError } from '../../../../lambdas/runtime/aws/errors';
import { RetryBudget } from '../../../../lambdas/runtime/retry/retry-budget';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { ManualClock } from '../support/manual-clock';

const THROTTLE = new AwsServiceError('ThrottlingException', 400, '');

describe('RetryPolicy', () => {
  it('waits a random part of a bound that doubles up to a maximum', async () => {
    const clock = new ManualClock();
    const policy = new RetryPolicy({ clock, random: () => 0.999, baseMilliseconds: 100, maximumMilliseconds: 500, maximumAttempts: 5 });
    await expect(policy.run(async () => { throw THROTTLE; })).rejects.toBe(THROTTLE);
    expect(clock.sleeps).toEqual([99, 199, 399, 499]);
  });

  it('jitters over the whole range', () => {
    fc.assert(fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.integer({ min: 1, max: 60 }), (random, made) => {
      const delay = new RetryPolicy({ random: () => random, maximumAttempts: 100 }).delayAfter(made) as number;
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(Math.min(1_000, 25 * 2 ** (made - 1)));
    }));
    expect(new RetryPolicy({ random: () => 0 }).delayAfter(3)).toBe(0);
  });

  it('answers with the first success', async () => {
    let calls = 0;
    const result = await new RetryPolicy({ clock: new ManualClock() }).run(async () => {
      if (++calls < 3) {
        throw new AwsConnectionError('lost');
      }
      return 'done';
    });
    expect(result).toBe('done');
    expect(calls).toBe(3);
  });

  it('tries nothing again that cannot succeed', async () => {
    let calls = 0;
    const refused = new AwsServiceError('ValidationException', 400, '');
    await expect(new RetryPolicy({ clock: new ManualClock() }).run(async () => { calls++; throw refused; })).rejects.toBe(refused);
    expect(calls).toBe(1);
  });

  it('starts no attempt at or after the deadline', async () => {
    const clock = new ManualClock(0);
    const policy = new RetryPolicy({ clock, random: () => 0.999, baseMilliseconds: 100, maximumAttempts: 100 });
    const deadline = 350;
    const times: number[] = [];
    await expect(policy.run(async () => { times.push(clock.now()); throw THROTTLE; }, { deadline })).rejects.toBe(THROTTLE);
    expect(times).toEqual([0, 99, 298]);
  });

  it('makes no retries when the budget is used up, whoever used it', async () => {
    const budget = new RetryBudget({ capacity: 3, depositPerSuccess: 0.5 });
    const clock = new ManualClock();
    const policy = new RetryPolicy({ clock, budget, maximumAttempts: 100 });
    const attempts = async (): Promise<number> => {
      let made = 0;
      await policy.run(async () => { made++; throw THROTTLE; }).catch(() => undefined);
      return made;
    };
    expect(await attempts()).toBe(4);
    expect(await attempts()).toBe(1);
    await policy.run(async () => 'fine');
    await policy.run(async () => 'fine');
    expect(await attempts()).toBe(2);
  });

  it('charges an attempt for every call that it stands for', async () => {
    const budget = new RetryBudget({ capacity: 10 });
    const attempts = new RetryPolicy({ clock: new ManualClock(), budget }).begin();
    expect(await attempts.again(8)).toBe(true);
    expect(await attempts.again(8)).toBe(false);
    expect(budget.available).toBe(2);
    expect(attempts.count).toBe(2);
  });
});

describe('RetryBudget', () => {
  it('never holds more than its capacity', () => {
    const budget = new RetryBudget({ capacity: 2, depositPerSuccess: 1 });
    budget.deposit();
    expect(budget.available).toBe(2);
  });
});
