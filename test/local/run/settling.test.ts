import type { CheckerProgress } from '../../../local/checker/checker';
import type { EngineStatistics } from '../../../local/run/engine-statistics';
import { type SettlingSystem, waitUntilSettled } from '../../../local/run/settling';

interface Step {
  readonly idle: boolean;
  readonly settledKeys: number;
  readonly projected: number;
  readonly invocations?: number;
  readonly openPayouts?: number;
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
      const { settledKeys, openPayouts = 0 } = step(looks);
      return { settledKeys, acknowledgedKeys: 10, ledgerEffects: 10, openPayouts } as CheckerProgress;
    },
    projectedEffects: async () => step(looks).projected,
    lookForParked: async () => undefined,
    lookForRejectedPayouts: async () => undefined,
  };
}

describe('waiting until a run has settled', () => {
  it('ends when everything has its end and nothing is on its way', async () => {
    const wait = waitUntilSettled(system((looks) => ({ idle: looks > 3, settledKeys: 10, projected: 10 })), 60_000, () => undefined);
    expect(await wait).toMatchObject({ drained: true });
  });

  it('gives up where nothing moves, and says that something is still on its way', async () => {
    const wait = waitUntilSettled(system((looks) => ({ idle: false, settledKeys: 10, projected: 10, invocations: looks })), 1_000, () => undefined);
    expect(await wait).toMatchObject({ drained: false });
  });

  it('waits for what a queue hides longer than that, where it is told to', async () => {
    const wait = waitUntilSettled(system((looks) => ({ idle: looks > 7, settledKeys: 10, projected: 10 })), 5_000, () => undefined);
    expect(await wait).toMatchObject({ drained: true });
  });

  it('waits for payouts though every engine is idle, and gives them up when nothing moves', async () => {
    const ending = system((looks) => ({ idle: true, settledKeys: 10, projected: 10, openPayouts: looks > 8 ? 0 : 1 }));
    const ends = waitUntilSettled(ending, 60_000, () => undefined);
    expect(await ends).toMatchObject({ drained: true });
    const hangs = waitUntilSettled(system(() => ({ idle: true, settledKeys: 10, projected: 10, openPayouts: 1 })), 2_000, () => undefined);
    expect(await hangs).toMatchObject({ drained: false });
  });

  it('does not wait for payments that will never settle once all is idle', async () => {
    const wait = waitUntilSettled(system(() => ({ idle: true, settledKeys: 9, projected: 10 })), 60_000, () => undefined);
    expect(await wait).toMatchObject({ drained: true });
  });
});
