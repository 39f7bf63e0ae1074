import { deferred } from '../../../../lambdas/runtime/retry/deferred';
import type { Timers } from '../../../../lambdas/runtime/retry/timers';
import { within } from '../../../../lambdas/runtime/retry/within';

describe('waiting no longer than so long', () => {
  const running = new Set<() => void>();
  const timers: Timers = {
    after: (_milliseconds, run) => {
      running.add(run);
      return () => { running.delete(run); };
    },
  };

  it('gives what came in time, or its error, and leaves no timer', async () => {
    expect(await within(10, Promise.resolve('answer'), timers)).toBe('answer');
    await expect(within(10, Promise.reject(new Error('refused')), timers)).rejects.toThrow('refused');
    expect(running.size).toBe(0);
  });

  it('says so when the time is over; what comes later, even an error, is told to nobody', async () => {
    const late = deferred();
    const waiting = within(10, late.promise, timers);
    running.forEach((run) => run());
    await expect(waiting).rejects.toThrow('no answer within 10 ms');
    late.reject(new Error('too late'));
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(running.size).toBe(0);
  });
});
