/** What AWS Lambda's context tells about the time that is left. */
export interface RemainingTime {
  getRemainingTimeInMillis(): number;
}

/** Time kept back for a call that is under way at the deadline, and for the answer. */
const RESERVE_MILLISECONDS = 5_000;

/**
 * When an invocation stops starting calls: early enough to answer in time what is done, because an invocation that
 * times out answers nothing and is repeated as a whole. Of short timeouts half is used.
 *
 * @returns in milliseconds since 1970
 */
export function invocationDeadline(context: RemainingTime, now: number): number {
  const remaining = context.getRemainingTimeInMillis();
  return now + remaining - Math.min(RESERVE_MILLISECONDS, remaining / 2);
}
