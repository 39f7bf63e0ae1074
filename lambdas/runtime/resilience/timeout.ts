import { positive } from '../configuration/option-rules';
import { systemTimers, type Timers } from '../retry/timers';

/** A call did not end within its time. What it set going may have happened all the same. */
export class CallTimeoutError extends Error {
  public constructor(public readonly milliseconds: number) {
    super(`no answer within ${milliseconds} ms`);
    this.name = 'CallTimeoutError';
  }
}

export interface TimeoutOptions {
  /** Above 0. */
  readonly milliseconds: number;
  /** Ends the call before its time, with the reason of the signal. @default - nobody does */
  readonly signal?: AbortSignal;
  /** @default - those of the machine */
  readonly timers?: Timers;
}

/**
 * Waits for work that cannot be stopped, for so long. Nothing is allocated for a signal; what the work comes to later is left alone.
 *
 * @throws CallTimeoutError when the time is over first
 */
export function inTime<Result>(work: Promise<Result>, milliseconds: number, timers: Timers = systemTimers): Promise<Result> {
  positive('milliseconds', milliseconds);
  return new Promise((resolve, reject) => {
    const takeBack = timers.after(milliseconds, () => reject(new CallTimeoutError(milliseconds)));
    work.then((result) => {
      takeBack();
      resolve(result);
    }, (error: Error) => {
      takeBack();
      reject(error);
    });
  });
}

/**
 * Makes a call that is stopped when its time is over: its signal is aborted then, and nobody waits for it to obey.
 *
 * @throws CallTimeoutError when the time is over first
 * @throws the reason of `signal` when that is aborted first
 */
export function withTimeout<Result>(work: (signal: AbortSignal) => Promise<Result>, options: TimeoutOptions): Promise<Result> {
  const { milliseconds, signal, timers = systemTimers } = options;
  if (signal === undefined) {
    return stopped(work, (started) => inTime(started, milliseconds, timers));
  }
  if (signal.aborted) {
    return Promise.reject(signal.reason);
  }
  return stopped(work, (started) => new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    inTime(started, milliseconds, timers).then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  }));
}

/** Aborts the signal of work that nobody waits for any longer. */
async function stopped<Result>(work: (signal: AbortSignal) => Promise<Result>, wait: (started: Promise<Result>) => Promise<Result>): Promise<Result> {
  const stop = new AbortController();
  // An error that is thrown before there is a promise is one of the call too.
  const start = async (): Promise<Result> => work(stop.signal);
  try {
    return await wait(start());
  } catch (error) {
    stop.abort(error);
    throw error;
  }
}
