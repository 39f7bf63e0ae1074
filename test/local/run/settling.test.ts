import type { CheckerProgress } from '../../../local/checker/checker';
import type { EngineStatistics } from '../../../local/run/engine-statistics';
import { type Settled, type SettlingSystem, waitUntilSettled } from '../../../local/run/settling';

interface Step {
  readonly idle: boolean;
  readonly settledKeys: number;
  readonly projected: number;
  readonly invocations?: number;
  readonly openPayouts?: number;
  readonly unanswered?: number;
  readonly effects?: number;
}

/** A system that is looked at; each look takes it a step on. */
function system(step: (looks: number) => Step): SettlingSystem {
  let looks = 0;
  return {
    engine: async () => {
      looks++;
      return { idle: step(looks).idle, invocations: step(looks).invocations ?? 0 } as EngineStatistics;
    },
    progress: async () => {
      const { settledKeys, effects = 10, openPayouts = 0, unanswered = 0 } = step(looks);
      return { settledKeys, acknowledgedKeys: 10, ledgerEffects: effects, openPayouts, unanswered } as CheckerProgress;
    },
    projectedEffects: async () => step(looks).projected,
    lookForParked: async () => undefined,
    lookForRejectedPayouts: async () => undefined,
  };
}

/** Longer than any of these waits may take. */
const FOR_EVER_MILLISECONDS = 600_000;

/** How a wait ends, in a time that passes as fast as the wait sleeps. */
async function end(system: SettlingSystem, timeoutMilliseconds: number): Promise<Settled> {
  const wait = waitUntilSettled(system, timeoutMilliseconds, () => undefined);
  await jest.advanceTimersByTimeAsync(FOR_EVER_MILLISECONDS);
  return wait;
}

describe('waiting until a run has settled', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('ends when everything has its end and nothing is on its way', async () => {
    expect(await end(system((looks) => ({ idle: looks > 3, settledKeys: 10, projected: 10 })), 60_000)).toMatchObject({ drained: true });
  });

  it('gives up where nothing moves, and says that something is still on its way', async () => {
    const busy = system((looks) => ({ idle: false, settledKeys: 10, projected: 10, invocations: looks }));
    expect(await end(busy, 1_000)).toMatchObject({ drained: false });
  });

  it('waits for what a queue hides longer than that, where it is told to', async () => {
    expect(await end(system((looks) => ({ idle: looks > 7, settledKeys: 10, projected: 10 })), 5_000)).toMatchObject({ drained: true });
  });

  it('waits for payouts though every engine is idle, and gives them up when nothing moves', async () => {
    const ending = system((looks) => ({ idle: true, settledKeys: 10, projected: 10, openPayouts: looks > 8 ? 0 : 1 }));
    expect(await end(ending, 60_000)).toMatchObject({ drained: true });
    expect(await end(system(() => ({ idle: true, settledKeys: 10, projected: 10, openPayouts: 1 })), 2_000)).toMatchObject({ drained: false });
  });

  it('waits until nothing more comes of requests that were not answered, though all that was acknowledged is there', async () => {
    let effects = 0;
    const late = system((looks) => {
      effects = Math.min(10 + looks, 40);
      return { idle: true, settledKeys: 10, projected: effects, effects, unanswered: 30 };
    });
    expect(await end(late, 60_000)).toMatchObject({ drained: true });
    expect(effects).toBe(40);
  });

  it('does not wait for payments that will never settle once all is idle', async () => {
    expect(await end(system(() => ({ idle: true, settledKeys: 9, projected: 10 })), 60_000)).toMatchObject({ drained: true });
  });
});
