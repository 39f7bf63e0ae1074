/** A call that fails is repeated after pauses that double from the first to the longest. */
const FIRST_PAUSE_MILLISECONDS = 10;
const LONGEST_PAUSE_MILLISECONDS = 1_000;

/** How long somebody waits for an engine that is not able to answer. */
export interface Patience {
  /** Calls in all. The first seven pauses are 1.3 seconds, each one after them is one. */
  readonly attempts: number;
  readonly isTransient: (error: unknown) => boolean;
  /** Whether nobody waits any more. */
  readonly isStopped: () => boolean;
  /** Waits for a number of milliseconds. */
  readonly sleep: (milliseconds: number) => Promise<unknown>;
}

/** Makes a call that only reads, repeatedly while no answer comes. @throws what the last one throws */
export async function callRepeatedly<Output>(call: () => Promise<Output>, { attempts, isTransient, isStopped, sleep }: Patience): Promise<Output> {
  for (let attempt = 1, pause = FIRST_PAUSE_MILLISECONDS; ; attempt++, pause = Math.min(LONGEST_PAUSE_MILLISECONDS, pause * 2)) {
    try {
      return await call();
    } catch (error) {
      if (isStopped() || attempt >= attempts || !isTransient(error)) {
        throw error;
      }
      await sleep(pause);
    }
  }
}
