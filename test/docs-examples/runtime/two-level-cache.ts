import { type Cache, TwoLevelCache } from '../../../lambdas/runtime';

interface Profile { readonly country: string }

export function profilesIn(shared: Cache | undefined): TwoLevelCache<Profile> {
  return new TwoLevelCache({
    read: async (ids) => new Map(ids.map((id) => [id, id === 'payer-1' ? { country: 'NL' } : null])),
    shared, prefix: 'profile:', lifetimeMilliseconds: 30_000, fenceMilliseconds: 10_000, waitMilliseconds: 1_000,
  });
}

const profiles = profilesIn(undefined);

export const answer = profiles.load(['payer-1', 'payer-2']).then(() => [profiles.known('payer-1'), profiles.known('payer-2')]); // [{"country":"NL"},null]
