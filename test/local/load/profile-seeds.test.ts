import type { AwsCaller } from '../../../lambdas/runtime/aws/json-client';
import type { Profile } from '../../../lambdas/runtime/profile/profile';
import { ProfileTable } from '../../../lambdas/runtime/profile/profile-table';
import { PaymentMix } from '../../../local/load/payment-mix';
import { profileSeeds } from '../../../local/load/profile-seeds';
import { SeededRandom } from '../../../local/random/seeded-random';

interface Key {
  readonly pk: { readonly S: string };
}

describe('the profiles of a local run', () => {
  const seeds = new Map(profileSeeds(1).map((item) => [item.pk.S, item]));
  const dynamodb: AwsCaller = {
    call: async <Output>(_operation: string, input: object) => {
      const { Key: key, RequestItems: items } = input as { Key?: Key; RequestItems?: { profiles: { Keys: Key[] } } };
      return (items === undefined
        ? { Item: seeds.get(key!.pk.S) }
        : { Responses: { profiles: items.profiles.Keys.flatMap(({ pk }) => seeds.get(pk.S) ?? []) } }) as Output;
    },
  };
  const table = new ProfileTable({ dynamodb, table: 'profiles' });

  it('are the same for one seed, and others for another', () => {
    expect(profileSeeds(1)).toEqual(profileSeeds(1));
    expect(profileSeeds(2)).not.toEqual(profileSeeds(1));
  });

  it('are what the API understands, of every merchant and of many payers of the load, and refuse nothing', async () => {
    const mix = new PaymentMix(new SeededRandom(1), 's1');
    const payments = Array.from({ length: 40 }, () => mix.nextRequest()).flat();
    const merchants = await table.read([...new Set(payments.map(({ merchantId }) => `merchant#${merchantId}`))]);
    const isComplete = (profile: Profile | null): boolean => profile?.category !== undefined && profile.cell !== undefined && !profile.blocked;
    expect([...merchants.profiles.values()].every(isComplete)).toBe(true);
    const payers = await table.read([...new Set(payments.map(({ payerId }) => `payer#${payerId}`))]);
    const known = [...payers.profiles.values()].filter((profile) => profile?.cell !== undefined);
    expect(known.length).toBeGreaterThan(50);
    expect(known.length).toBeLessThan(payers.profiles.size);
    expect((await table.read(['rules#payments'])).profiles.get('rules#payments')).toEqual({ version: 1 });
    expect((await table.hottestMerchants()).slice(0, 2)).toEqual(['merchant-001', 'merchant-002']);
  });
});
