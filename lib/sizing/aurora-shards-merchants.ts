import { Facts } from '../facts';
import type { KeySkew } from '../workload';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { AuroraLoad, LOAD_FACTS } from './aurora-shards-load';
import { Decision } from './decision';
import { formatNumber, formatShare } from './format';

const SHOWN = 'postgres/sustainedPayments';
const FULLEST = 'target/aurora.fullestShard';
/** More merchants than that are placed by a program, not by people, and none of them is hot any more. */
const MOST_PLACED = 10_000;

/** Ids under which the hottest merchant must come: all that has one id lies in one shard. */
export function accountsDecision(path: string, workload: Workload, load: AuroraLoad): Decision {
  const share = workload.keySkew.maximumShare();
  const hottest = share * load.rowsPerSecond;
  const accounts = accountsOf(share, load);
  return Decision.derive({
    path,
    name: 'accountsOfHottestMerchant',
    value: accounts,
    unit: 'accounts',
    formula: `max(1, ceil(${formatShare(share)} of ${formatNumber(load.rowsPerSecond)} rows/s / ${formatNumber(load.rowsPerWriter)})) = ${formatNumber(accounts)}`,
    inputs: { hottestShare: share, rowsPerSecond: load.rowsPerSecond, rowsPerWriter: load.rowsPerWriter },
    binding: accounts === 1 ? 'even the hottest merchant fits one writer' : `payments of the hottest merchant (${workload.keySkew})`,
    rejected: accounts === 1 ? [] : [{
      option: 'one account a merchant',
      because: `the hottest has ${formatNumber(hottest)} rows/s, and all of them lie in one shard, whose writer takes ${formatNumber(load.rowsPerWriter)} rows/s`,
    }],
    demand: hottest / load.rowsPerWriter,
    limits: { minimum: 1, because: 'a merchant has an id' },
    facts: LOAD_FACTS,
  });
}

function accountsOf(share: number, load: AuroraLoad): number {
  return Math.max(1, roundUp(share * load.rowsPerSecond / load.rowsPerWriter));
}

/** Where the hottest merchants were placed, and what the fullest shard has then. */
interface Placement {
  readonly merchants: number;
  /** Share of all rows. */
  readonly fullest: number;
}

/**
 * The fewest of the hottest merchants that must be placed where there is most room, the hottest first, so that no shard has more than a share of
 * the rows; all others lie by a hash of their ids. Of those each shard has its part, and the largest of them may lie in any.
 *
 * @see https://doi.org/10.1137/0117039 (the longest first: at most a third above the best placement)
 */
function place(skew: KeySkew, load: AuroraLoad, shards: number, most: number): Placement {
  const placed = new Array<number>(shards).fill(0);
  let others = 1;
  for (let merchants = 0; ; merchants++) {
    const largest = merchants < skew.keys ? skew.share(merchants + 1) : 0;
    const each = largest / accountsOf(largest, load);
    const fullest = Math.max(...placed) + (shards === 1 ? others : (others - each) / shards + each);
    if (fullest <= most || merchants === Math.min(skew.keys, MOST_PLACED)) {
      return { merchants, fullest };
    }
    for (let account = 0; account < accountsOf(largest, load); account++) {
      placed[placed.indexOf(Math.min(...placed))] += each;
    }
    others = Math.max(0, others - largest);
  }
}

/** Merchants that the directory places, while a hash places all others. */
export interface PlacedMerchants {
  /** Share of all rows that the shard has which has most. */
  readonly fullest: number;
  readonly decision: Decision;
}

export function sizePlacement(path: string, { keySkew }: Workload, load: AuroraLoad, shards: number, facts: Facts): PlacedMerchants {
  const shown = facts.number(SHOWN);
  const most = facts.number(FULLEST) * shown;
  const byHash = place(keySkew, load, shards, 1);
  const { fullest, merchants } = place(keySkew, load, shards, most / load.rowsPerSecond);
  const rows = (share: number): number => share * load.rowsPerSecond;
  const decision = Decision.derive({
    path,
    name: 'placedMerchants',
    value: merchants,
    unit: 'merchants',
    formula: `fewest of the hottest with which the fullest of ${formatNumber(shards)} shards has no more than ${formatShare(facts.number(FULLEST))} `
      + `of ${formatNumber(shown)} rows/s, ${formatNumber(rows(fullest))} = ${formatNumber(merchants)}`,
    inputs: { shards, mostRowsPerSecond: most, fullestByHash: rows(byHash.fullest), fullest: rows(fullest) },
    binding: merchants === 0 ? 'a hash spreads merchants evenly enough' : `few merchants have most of the payments (${keySkew})`,
    rejected: merchants === 0 ? [] : [{
      option: 'all merchants by a hash of their ids',
      because: `the fullest shard may have ${formatNumber(rows(byHash.fullest))} rows/s, and ${formatNumber(shown)} are the most that one writer has been shown to take`,
    }],
    limits: { minimum: 0, because: 'a number of merchants' },
    facts: [...LOAD_FACTS, SHOWN, FULLEST],
  });
  return { fullest, decision };
}
