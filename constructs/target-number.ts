import { Facts } from '../lib/facts';

/**
 * One of the kit's own operating targets, which are the same in every region: the row `target/<key>` of the facts.
 *
 * @param key as `tier.drainSeconds`
 * @throws Error where there is no such row.
 */
export function targetNumber(key: string): number {
  return Facts.DEFAULT.number(`target/${key}`);
}
