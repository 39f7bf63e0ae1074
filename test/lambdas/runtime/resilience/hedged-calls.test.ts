import fc from 'fast-check';
import { HedgedCalls, type HedgeOptions } from '../../../../lambdas/runtime/resilience/hedged-calls';
import { timersOf } from '../producer/fake-shards';
import { ManualClock, settled } from '../producer/manual-clock';

let clock: ManualClock;
let hedged: HedgedCalls;
/** Calls made: how each is answered. */
let calls: ((answer: string) => void)[];

function start(options: HedgeOptions = {}): void {
  clock = new ManualClock();
  hedged = new HedgedCalls({ measuredCalls: 100, timers: timersOf(clock), ...options }, clock);
  calls = [];
}

beforeEach(() => start());

/** Calls that take so long and are answered at once. */
async function measure(...durations: number[]): Promise<void> {
  for (const duration of durations) {
    const ended = hedged.run(() => clock.sleep(duration), () => true);
    await clock.advance(duration);
    await ended;
  }
}

/** A call that is answered by hand. @returns the answers that were told of, and whether it has ended */
function begin(isEnough: (answer: string) => boolean = () => true): { readonly told: string[]; ended: boolean } {
  const state = { told: [] as string[], ended: false };
  void hedged.run(() => new Promise<string>((resolve) => { calls.push(resolve); }), (answer) => {
    state.told.push(answer);
    return isEnough(answer);
  }).then(() => { state.ended = true; });
  return state;
}

const hundred = Array.from({ length: 100 }, (_, index) => index + 1);

describe('HedgedCalls', () => {
  it('makes no second call before it knows what is slow', async () => {
    await measure(...hundred.slice(0, 99));
    expect(hedged.slowAfter).toBeUndefined();
    begin();
    await clock.advance(60_000);
    expect(calls).toHaveLength(1);
  });

  it('takes for slow what takes longer than the share of recent calls', async () => {
    await measure(...hundred);
    expect(hedged.slowAfter).toBe(98);
    await measure(...Array.from({ length: 512 }, () => 7));
    expect(hedged.slowAfter).toBe(7);
  });

  it('calls again when the answer is slow, and takes the one that comes first', async () => {
    await measure(...hundred);
    const state = begin();
    await clock.advance(97);
    expect(calls).toHaveLength(1);
    await clock.advance(1);
    expect(calls).toHaveLength(2);
    calls[1]('second');
    await settled();
    expect(state).toEqual({ told: ['second'], ended: true });
    calls[0]('first');
    await settled();
    expect(state.told).toEqual(['second']);
  });

  it('calls no second time when the answer came in time', async () => {
    await measure(...hundred);
    begin();
    calls[0]('first');
    await clock.advance(1_000);
    expect(calls).toHaveLength(1);
  });

  it('waits for the other answer when the first is not enough', async () => {
    await measure(...hundred);
    const state = begin((answer) => answer === 'whole');
    await clock.advance(98);
    calls[0]('half');
    await settled();
    expect(state).toEqual({ told: ['half'], ended: false });
    calls[1]('whole');
    await settled();
    expect(state).toEqual({ told: ['half', 'whole'], ended: true });
    const alone = begin(() => false);
    calls[2]('half');
    await settled();
    expect(alone.ended).toBe(true);
  });

  it('measures the answer that came too late as well', async () => {
    start({ measuredCalls: 20 });
    await measure(...hundred.slice(0, 20).map(() => 10));
    expect(hedged.slowAfter).toBe(10);
    begin();
    await clock.advance(10);
    calls[1]('fast');
    await clock.advance(490);
    calls[0]('slow');
    await settled();
    await measure(...hundred.slice(0, 26).map(() => 10));
    expect(hedged.slowAfter).toBe(500);
  });

  it('keeps to its budget when everything has become slow', async () => {
    const slow = fc.integer({ min: 0, max: 120 });
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.constantFrom(0.02, 0.05, 0.1), slow, async (burst, share, calls) => {
      start({ burst, share, measuredCalls: 20 });
      await measure(...hundred.slice(0, 20).map(() => 2));
      let made = 0;
      for (let call = 0; call < calls; call++) {
        void hedged.run(() => {
          made++;
          return new Promise<void>(() => undefined);
        }, () => true);
        await clock.advance(1);
      }
      await clock.advance(1_000);
      expect(made - calls).toBeLessThanOrEqual(burst + share * calls);
      // What the first calls add is lost, as the budget is full.
      expect(made - calls).toBeGreaterThanOrEqual(Math.min(calls, burst + Math.floor(share * Math.max(0, calls - 3 - burst)) - 1));
    }), { numRuns: 25 });
  });

  it('makes two calls of a hundred in the long run, and no more', async () => {
    start({ burst: 1, measuredCalls: 20 });
    await measure(...hundred.slice(0, 20).map(() => 2));
    let made = 0;
    for (let call = 0; call < 1_000; call++) {
      void hedged.run(() => {
        made++;
        return new Promise<void>(() => undefined);
      }, () => true);
      await clock.advance(3);
    }
    expect(made - 1_000).toBeGreaterThanOrEqual(20);
    expect(made - 1_000).toBeLessThanOrEqual(21);
  });

  it.each<[HedgeOptions, string]>([
    [{ quantile: 0.5 }, '`quantile` must be between 0.95 and 0.99, got: 0.5'], [{ share: 0.2 }, '`share` must be above 0 and at most 0.1, got: 0.2'],
    [{ burst: 0 }, '`burst` must be a whole number of at least 1, got: 0'], [{ measuredCalls: 3 }, '`measuredCalls` must be a whole number of at least 20, got: 3'],
  ])('refuses %j', (options, message) => {
    expect(() => new HedgedCalls(options, clock)).toThrow(message);
  });
});
