import { setTimeout as sleep } from 'node:timers/promises';

/** Time as a port, so that tests and simulations can own it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** A number in [0, 1). */
export type Random = () => number;

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds) => { await sleep(milliseconds); },
};
