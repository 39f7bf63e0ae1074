import { DirectoryLease, DirectoryVersion, type DirectorySource } from '../../../lambdas/runtime';

// Version 2 came into force at 60,000: from 1 bucket to 4, and rows of before count until 1,000,000.
const grown = new Map([['m-1', { buckets: 4, growth: { was: 1, until: 1_000_000 } }]]);
const source: DirectorySource = {
  head: async () => ({ current: 2, previous: 1, from: 60_000 }),
  version: async (number) => new DirectoryVersion(number, 1, number === 2 ? grown : new Map()),
};
const placedAt = async (now: number) => {
  const lease = new DirectoryLease({ source, clock: { now: () => now, sleep: async () => undefined } });
  return (await lease.current()).version.place('m-1', 'order-9', now);
};

export const answer = Promise.all([59_999, 60_000, 1_000_000].map(placedAt)); // [{"pk":"m-1#0"},{"pk":"m-1#3","earlier":"m-1#0"},{"pk":"m-1#3"}]
