import { LIMITS } from '../limits';
import { requireIntegerBetween, requirePattern } from '../validation';

/** How records are sorted into prefixes by what they say, beside the hour of their arrival. */
export interface ArchivePartitioning {
  /**
   * Names of the prefixes, and for each the query in jq 1.6 that finds its value in a record, such as `{ currency: '.currency' }`. Every
   * record must be JSON and have all of them; one that has not goes to the error prefix.
   */
  readonly keys: { readonly [name: string]: string };

  /** Combinations of values that records have within a buffer interval, 1 to 500. Each of them has a buffer of its own. */
  readonly activePartitions: number;
}

/** @throws Error for no key, names that are no part of a prefix, or more partitions than a new stream has */
export function requirePartitioning({ keys, activePartitions }: ArchivePartitioning): void {
  if (Object.keys(keys).length === 0) {
    throw new Error('`partitioning.keys` must name at least one key, got: none');
  }
  for (const name of Object.keys(keys)) {
    requirePattern('partitioning.keys', name, /^[a-z][a-z0-9_]*$/, 'lower-case letters, digits and underscores, starting with a letter');
  }
  requireIntegerBetween('partitioning.activePartitions', activePartitions, 1, LIMITS.archive.partitions);
}
