/** For how long a process leases ahead, in seconds of a limit: 20 leases a second at most, for a key of which everything comes here. */
export const LEASE_SECONDS = 0.05;
/** How long what was leased is good for, in milliseconds. What is hoarded longer would be let through twice. */
export const LEASE_LIFETIME_MILLISECONDS = 1_000;
/** How long a process goes by its own share before it asks again a cache that did not answer, in milliseconds. */
export const ALONE_MILLISECONDS = 100;

/** What a process leases at once: a whole number of at least 1. */
export function blockOf(perSecond: number): number {
  return Math.ceil(perSecond * LEASE_SECONDS);
}
