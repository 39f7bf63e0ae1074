import { Facts } from '../facts';
import { BILLED_GB } from '../sizing/monthly-cost';
import { type ComparedOption, type Comparison, ranked } from './comparison';
import { spread } from './spread';

/** What is kept, and how it is read. */
export interface StorageUse {
  /** GB that are kept, above 0. @default 1000 */
  readonly gigabytes?: number;
  /** Bytes of an object, 1 or more. @default 262144, a quarter of a MiB: an object of the audit archive */
  readonly objectBytes?: number;
  /** Days that an object is kept, 1 or more. @default 365 */
  readonly keptDays?: number;
  /** Share of the GB that is read in a month, 0 or more. @default 0 */
  readonly readShare?: number;
}

interface StorageTier {
  readonly name: string;
  readonly kept: string;
  /** Price of a thousand moves into it; none where objects begin. */
  readonly move?: string;
  /** Price of a GB that is read. */
  readonly retrieval?: string;
  /** Days and bytes that are billed at least. */
  readonly leastDays?: string;
  readonly leastBytes?: string;
  readonly price: string;
}

const TIERS: readonly StorageTier[] = [
  { name: 'Standard', kept: 's3/standard.gbMonth.tier1', price: 'none' },
  {
    name: 'Standard-Infrequent Access', kept: 's3/ia.gbMonth', move: 's3/ia.transition1k', retrieval: 's3/ia.retrieval.gb', leastDays: 's3/standardIa.minDays', leastBytes: 's3/ia.minObjectBytes',
    price: 'each read costs; read at once',
  },
  {
    name: 'Glacier Instant Retrieval', kept: 's3/glacierInstant.gbMonth', move: 's3/glacierInstant.put1k', retrieval: 's3/glacierInstant.retrieval.gb', leastDays: 's3/glacierInstant.minDays',
    leastBytes: 's3/ia.minObjectBytes', price: 'each read costs three times as much; read at once',
  },
  {
    name: 'Glacier Flexible Retrieval', kept: 's3/glacierFlexible.gbMonth', move: 's3/glacierFlexible.transition1k', retrieval: 's3/glacierFlexible.retrievalStd.gb', leastDays: 's3/glacierFlexible.minDays',
    price: 'read after hours',
  },
  {
    name: 'Glacier Deep Archive', kept: 's3/deepArchive.gbMonth', move: 's3/deepArchive.transition1k', retrieval: 's3/deepArchive.retrievalStd.gb', leastDays: 's3/deepArchive.minDays',
    price: 'read after half a day',
  },
];
const DAYS_PER_MONTH = 730 / 24;

/**
 * The storage classes of S3 for objects of one size that are kept for so long: what a month of them costs, the move of each object spread over its
 * life, and after how many days the move has paid for itself.
 *
 * @throws Error for a quantity outside its range
 */
export function compareStorage(use: StorageUse = {}, facts: Facts = Facts.DEFAULT): Comparison {
  const { gigabytes = 1000, objectBytes = 262_144, keptDays = 365, readShare = 0 } = use;
  requireAtLeast('gigabytes', gigabytes, Number.MIN_VALUE, 'above 0');
  requireAtLeast('objectBytes', objectBytes, 1, '1 or more');
  requireAtLeast('keptDays', keptDays, 1, '1 or more');
  requireAtLeast('readShare', readShare, 0, '0 or more');
  const objects = gigabytes * BILLED_GB / objectBytes;
  const standard = gigabytes * facts.price(TIERS[0].kept);
  const options = TIERS.map((tier): ComparedOption => {
    const billedBytes = Math.max(objectBytes, tier.leastBytes === undefined ? 0 : facts.number(tier.leastBytes));
    const days = Math.max(keptDays, tier.leastDays === undefined ? 0 : facts.number(tier.leastDays));
    const kept = gigabytes * billedBytes / objectBytes * facts.price(tier.kept) * days / keptDays;
    const moves = tier.move === undefined ? 0 : objects / 1000 * facts.price(tier.move);
    const read = tier.retrieval === undefined ? 0 : gigabytes * readShare * facts.price(tier.retrieval);
    const usd = kept + read + moves / (keptDays / DAYS_PER_MONTH);
    const saved = standard - kept - read;
    const breakEven = moves === 0 ? undefined : saved <= 0 ? Infinity : moves / saved * DAYS_PER_MONTH;
    const billed = spread(() => usd);
    return {
      name: tier.name,
      billed,
      work: spread(() => 0),
      total: billed,
      why: `kept $${cents(kept)}, read $${cents(read)}, moved once $${cents(moves)}${breakEven === undefined ? '' : `: ${daysText(breakEven)}`}`,
      price: tier.price,
    };
  });
  return {
    of: 'storage',
    options: ranked(options),
    notes: [
      `${gigabytes} GB in objects of ${objectBytes} B, kept for ${keptDays} days, ${100 * readShare} % of them read in a month.`,
      'Objects below 128 KiB are billed as such in the two classes that are read at once, and lifecycle rules leave them where they are.',
    ],
  };
}

function daysText(days: number): string {
  return Number.isFinite(days) ? `pays after ${Math.ceil(days)} days` : 'never pays';
}

function cents(usd: number): string {
  return usd.toFixed(2);
}

function requireAtLeast(name: string, value: number, least: number, range: string): void {
  if (!(Number.isFinite(value) && value >= least)) {
    throw new Error(`\`${name}\` must be ${range}, got: ${value}`);
  }
}
