/** From this rate on, in payments per second, a load is warmed up for by itself: cold, the processes would first build up a backlog. */
const FROM_RATE = 1_000;
const DEFAULT_SECONDS = 3;
/** Most payments on their way, in seconds of the load: as many as are on their way during one that settles within that. */
const WINDOW_SECONDS = 0.5;
/** Fewer would leave a system with a batching window idle. */
const SMALLEST_WINDOW = 2_000;

/** What is sent before the load, as fast as it settles, so that all that takes part has done its work before: code is compiled, plans are made. */
export interface WarmUp {
  readonly seconds: number;
  /** Most payments on their way. */
  readonly window: number;
}

/**
 * What a load is warmed up with. Nothing is held back: it settles and is judged as the load is, but for its latencies and its rate.
 *
 * @param rate of the load, in payments per second; undefined where it is still to be found out
 * @param stated seconds that the command line asks for; 0 for none. @default - 3 for a rate of 1000 and more
 * @returns undefined for none
 */
export function warmUpOf(rate: number | undefined, stated?: number): WarmUp | undefined {
  const seconds = stated ?? (rate !== undefined && rate >= FROM_RATE ? DEFAULT_SECONDS : 0);
  return seconds === 0 ? undefined : { seconds, window: Math.max(SMALLEST_WINDOW, Math.ceil((rate ?? 0) * WINDOW_SECONDS)) };
}
