import { SeededRandom } from '../random/seeded-random';
import { MERCHANTS, merchantOfRank, payerOfRank } from './payment-mix';

/** An attribute value in DynamoDB's JSON, of the types that profiles have. */
export type SeedValue = { readonly S: string } | { readonly N: string } | { readonly L: readonly { readonly S: string }[] };

/** An item of the table of profiles. */
export type SeedItem = { readonly pk: { readonly S: string } } & { readonly [attribute: string]: SeedValue };

/** Merchant category codes: groceries, restaurants, fuel, electronics, airlines, books. */
const CATEGORIES = ['5411', '5812', '5541', '5732', '4511', '5942'];

/** Places around which the merchants of the load are, in degrees. */
const CITIES: readonly (readonly [latitude: number, longitude: number])[] = [
  [52.52, 13.4], [48.86, 2.35], [51.51, -0.13], [40.42, -3.7], [41.9, 12.5], [40.71, -74.01], [35.68, 139.69], [-23.55, -46.63],
];
/** How far they are from there at most, in degrees. */
const SPREAD = 0.2;
/** Merchants that the list of the hottest names. */
const HOTTEST = 200;
/** Payers of whom it is known where they are at home. The others have no profile. */
const KNOWN_PAYERS = 500;

/**
 * Profiles of the merchants of the load and of those who pay most often, the rules, and the list of the merchants that are asked for most.
 * Nothing is blocked.
 */
export function profileSeeds(seed: number): SeedItem[] {
  const random = new SeededRandom(seed);
  const near = (degrees: number): SeedValue => ({ N: (degrees + SPREAD * (2 * random.next() - 1)).toFixed(4) });
  const place = (): { readonly latitude: SeedValue; readonly longitude: SeedValue } => {
    const [latitude, longitude] = CITIES[random.integer(0, CITIES.length - 1)];
    return { latitude: near(latitude), longitude: near(longitude) };
  };
  const merchants = Array.from({ length: MERCHANTS }, (_, rank): SeedItem => ({
    pk: { S: `merchant#${merchantOfRank(rank)}` }, category: { S: CATEGORIES[random.integer(0, CATEGORIES.length - 1)] }, ...place(),
  }));
  const payers = Array.from({ length: KNOWN_PAYERS }, (_, rank): SeedItem => ({ pk: { S: `payer#${payerOfRank(rank)}` }, ...place() }));
  return [
    ...merchants,
    ...payers,
    { pk: { S: 'rules#payments' }, version: { N: '1' } },
    { pk: { S: 'hottest#merchants' }, ids: { L: Array.from({ length: HOTTEST }, (_, rank) => ({ S: merchantOfRank(rank) })) } },
  ];
}
