import fc from 'fast-check';
import { CallTimeoutError, inTime, withTimeout } from '../../../../lambdas/runtime/resilience/timeout';
import { systemTimers } from '../../../../lambdas/runtime/retry/timers';
import { VirtualTime } from '../support/virtual-time';

let time: VirtualTime;
beforeEach(() => { time = new VirtualTime(); });

/** How something ended: what it answered, or the name of its error. */
const endOf = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => (error instanceof Error ? error.name : error));

describe('withTimeout', () => {
  it('answers exactly what comes in time, and stops what does not', async () => {
    const times = fc.integer({ min: 1, max: 50 });
    await fc.assert(fc.asyncProperty(times, times, fc.boolean(), async (duration, milliseconds, fails) => {
      fc.pre(duration !== milliseconds);
      time = new VirtualTime();
      let stopped: AbortSignal | undefined;
      const end = endOf(withTimeout(async (signal) => {
        stopped = signal;
        await time.sleep(duration);
        if (fails) {
          throw new RangeError('its own');
        }
        return 'done';
      }, { milliseconds, timers: time }));
      await time.advance(100);
      const late = duration > milliseconds;
      expect(await end).toBe(late ? 'CallTimeoutError' : fails ? 'RangeError' : 'done');
      expect(stopped?.aborted).toBe(late || fails);
      expect(!late || stopped?.reason instanceof CallTimeoutError).toBe(true);
    }), { numRuns: 100 });
  });

  it('waits no longer than it may, whatever the work does with its signal', async () => {
    const end = endOf(withTimeout(() => new Promise(() => undefined), { milliseconds: 20, timers: time }));
    let ended = false;
    void end.then(() => { ended = true; });
    await time.advance(19);
    expect(ended).toBe(false);
    await time.advance(1);
    expect([await end, ended]).toEqual(['CallTimeoutError', true]);
  });

  it('ends with the signal that it was given, and does not begin under one that was aborted', async () => {
    const given = new AbortController();
    let inner: AbortSignal | undefined;
    const work = (signal: AbortSignal): Promise<never> => {
      inner = signal;
      return new Promise(() => undefined);
    };
    const end = endOf(withTimeout(work, { milliseconds: 20, signal: given.signal, timers: time }));
    given.abort('enough');
    expect([await end, inner?.reason]).toEqual(['enough', 'enough']);
    let begun = 0;
    expect(await endOf(withTimeout(async () => { begun++; }, { milliseconds: 20, signal: given.signal, timers: time }))).toBe('enough');
    expect(begun).toBe(0);
  });

  it('takes an error that is thrown at once for one of the work', async () => {
    expect(await endOf(withTimeout(() => { throw new TypeError('at once'); }, { milliseconds: 20, timers: time }))).toBe('TypeError');
  });

  it.each([0, -1, Number.NaN])('takes no time of %d', async (milliseconds) => {
    await expect(withTimeout(async () => 1, { milliseconds })).rejects.toThrow(`\`milliseconds\` must be above 0, got: ${milliseconds}`);
  });
});

describe('inTime', () => {
  it('gives its timer back when the work ends', async () => {
    let left = 0;
    const timers = { after: () => { left++; return () => { left--; }; } };
    await inTime(Promise.resolve(1), 10, timers);
    await endOf(inTime(Promise.reject(new Error('no')), 10, timers));
    expect(left).toBe(0);
  });
});

describe('systemTimers', () => {
  it('run what is due, and not what was taken back', async () => {
    const ran: string[] = [];
    systemTimers.after(1, () => ran.push('taken back'))();
    // The timers themselves keep no process alive, this one does.
    const alive = setTimeout(() => undefined, 60_000);
    await new Promise<void>((resolve) => { systemTimers.after(2, () => { ran.push('due'); resolve(); }); });
    clearTimeout(alive);
    expect(ran).toEqual(['due']);
  });
});
