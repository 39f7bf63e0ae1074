import { systemTimers, type Timers } from './timers';

/** The longest time that a timer of Node.js takes, in milliseconds: one that is longer is over at once. */
export const LONGEST_TIMER_MILLISECONDS = 2 ** 31 - 1;

/**
 * Waits for something, and no longer than so long. What it waited for goes on; how it ends then is told to nobody.
 *
 * @param milliseconds from 0 to LONGEST_TIMER_MILLISECONDS
 * @throws what it throws that is waited for, or an Error when the time is over
 */
export async function within<Result>(milliseconds: number, awaited: Promise<Result>, timers: Timers = systemTimers): Promise<Result> {
  let cancel = (): void => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    cancel = timers.after(milliseconds, () => reject(new Error(`no answer within ${milliseconds} ms`)));
  });
  try {
    return await Promise.race([awaited, late]);
  } finally {
    cancel();
  }
}
