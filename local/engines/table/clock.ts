import { setTimeout as delay } from 'node:timers/promises';

/** Tells the time in milliseconds since 1970. A port, so that tests run in a time of their own. */
export type Clock = () => number;

/** The machine's clock. */
export const wallClock: Clock = Date.now;

/** Waits for a number of milliseconds. A port, so that tests run in a time of their own. */
export type Sleep = (milliseconds: number) => Promise<unknown>;

/** Waits by the machine's timers. */
export const timerSleep: Sleep = (milliseconds) => delay(milliseconds);
