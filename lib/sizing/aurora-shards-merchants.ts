import type { KeySkew, Workload } from '../workload';
import { roundUp } from './arithmetic';
import { Decision } from './decision';
import { formatNumber, formatShare } from './format';

export const FULLEST = 'target/aurora.fullestShard';
/** Of systems of this size in which a shard has more than what is counted with. */
const UNLIKELY = 0.05;
/** More merchants than that are placed by a program, not by people, and none of them is hot any more. */
const MOST_PLACED = 10_000;

/**
 * Ids under which the hottest merchant must come: all that has one id lies in one shard.
 *
 * @param even share of all that an even shard may have
 */
export function accountsDecision(path: string, { keySkew }: Workload, even: number, boundFacts: readonly string[]): Decision {
  const share = keySkew.maximumShare();
  const accounts = accountsOf(share, even);
  return Decision.derive({
    path,
    name: 'accountsOfHottestMerchant',
    value: accounts,
    unit: 'accounts',
    formula: `max(1, ceil(${formatShare(share)} of everything / ${formatShare(even)} that a shard takes)) = ${formatNumber(accounts)}`,
    inputs: { hottestShare: share, shareOfShard: even },
    binding: accounts === 1 ? 'even the hottest merchant fits one shard' : `payments of the hottest merchant (${keySkew})`,
    rejected: accounts === 1 ? [] : [{
      option: 'one account a merchant',
      because: `the hottest has ${formatShare(share)} of everything, which lies in one shard, and a shard takes ${formatShare(even)}`,
    }],
    demand: share / even,
    limits: { minimum: 1, because: 'a merchant has an id' },
    facts: boundFacts,
  });
}

function accountsOf(share: number, even: number): number {
  return Math.max(1, roundUp(share / even));
}

/** Which merchants are placed, and what the fullest shard has then. */
export interface Placement {
  /** Merchants that are placed, the hottest ones; all others lie by a hash. */
  readonly merchants: number;
  /** Share of everything that the fullest shard has. */
  readonly fullest: number;
  /** The same if all merchants lay by a hash. */
  readonly byHash: number;
}

/**
 * The fewest of the hottest merchants that must be placed where there is most room, the hottest first, so that no shard has more than a share; all
 * others lie by a hash of their ids. What a hash brings together is a sum of many merchants: its mean, and so many standard deviations that no shard
 * of twenty systems has more, or the largest of them on top.
 *
 * @param even share of all that an even shard may have: larger merchants come under several ids
 * @param most share that the fullest shard may have
 * @see https://doi.org/10.1137/0117039 (the longest first: at most a third above the best placement)
 */
export function placeMerchants(skew: KeySkew, shards: number, even: number, most: number): Placement {
  const placed = new Array<number>(shards).fill(0);
  let others = 1;
  let squares = skew.groups().reduce((sum, { keys, share }) => sum + keys * share * share / accountsOf(share, even), 0);
  // Of a normal distribution fewer than 1 / e^(z^2 / 2) are above z deviations.
  const deviations = Math.sqrt(2 * Math.log(shards / UNLIKELY));
  let byHash: number | undefined;
  for (let merchants = 0; ; merchants++) {
    const largest = merchants < skew.keys ? skew.share(merchants + 1) : 0;
    const accounts = accountsOf(largest, even);
    const each = largest / accounts;
    const chance = Math.max(deviations * Math.sqrt(Math.max(0, squares) / shards * (1 - 1 / shards)), each * (1 - 1 / shards));
    const fullest = Math.max(...placed) + Math.min(others, others / shards + chance);
    byHash ??= fullest;
    if (fullest <= most || merchants === Math.min(skew.keys, MOST_PLACED)) {
      return { merchants, fullest, byHash };
    }
    for (let account = 0; account < accounts; account++) {
      placed[placed.indexOf(Math.min(...placed))] += each;
    }
    others = Math.max(0, others - largest);
    squares -= largest * each;
  }
}

/** Merchants that the directory places, while a hash places all others. */
export function placedDecision(
  path: string, { keySkew }: Workload, { byHash, fullest, merchants }: Placement, shards: number, most: number, boundFacts: readonly string[],
): Decision {
  const isKept = fullest <= most;
  return Decision.derive({
    path,
    name: 'placedMerchants',
    value: merchants,
    unit: 'merchants',
    formula: `fewest of the hottest with which the fullest of ${formatNumber(shards)} shards has ${formatShare(fullest)} of everything, `
      + `${isKept ? 'no' : 'still'} more than ${formatShare(most)} = ${formatNumber(merchants)}`,
    inputs: { shards, mostShare: most, fullestShareByHash: byHash, fullestShare: fullest },
    binding: merchants === 0 ? 'a hash spreads merchants evenly enough' : `few merchants have most of the payments (${keySkew})`,
    rejected: merchants === 0 ? [] : [{
      option: 'all merchants by a hash of their ids',
      because: `the fullest shard may have ${formatShare(byHash)} of everything, and takes ${formatShare(most)}`,
    }],
    limits: { minimum: 0, because: 'a number of merchants' },
    facts: boundFacts,
  });
}
