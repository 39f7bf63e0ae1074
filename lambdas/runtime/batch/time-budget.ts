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
 * @param reserve time kept back, in milliseconds; 5000 where nothing is said
 * @returns in milliseconds since 1970
 */
export function invocationDeadline(context: RemainingTime, now: number, reserve = RESERVE_MILLISECONDS): number {
  const remaining = context.getRemainingTimeInMillis();
  return now + remaining - Math.min(reserve, remaining / 2);
}
