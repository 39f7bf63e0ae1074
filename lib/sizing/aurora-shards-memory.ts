import { Facts } from '../facts';
import { clamp } from './arithmetic';
import { AuroraLoad, CLASS_FACTS, InstanceClass, LOAD_FACTS } from './aurora-shards-load';
import { Decision } from './decision';
import { formatBytes, formatNumber, formatShare } from './format';

export const MEMORY_SHARE = 'target/aurora.memoryShare';
const PAGE_READ = 'aurora/pageRead.milliseconds';
const MILLISECONDS = 1000;

/**
 * Pages of the index of keys that the storage is asked for, over the rows that are written. What memory has beside the hot rows holds so much of
 * the index, and any page of it is as likely as another: a key is a hash.
 */
export function pageReadsPerRow(load: AuroraLoad, shards: number, memoryBytes: number, facts: Facts): number {
  return clamp(1 - (memoryBytes * facts.number(MEMORY_SHARE) - load.hotBytes / shards) / (load.keyIndexBytes / shards), 0, 1);
}

/** Seconds for which a call of so many rows waits for pages, which it asks for one after the other. */
export function pageReadSeconds(rows: number, readsPerRow: number, facts: Facts): number {
  return rows * readsPerRow * facts.number(PAGE_READ) / MILLISECONDS;
}

/** What page reads follow from, and what they take. */
export const PAGE_READ_FACTS: readonly string[] = [...LOAD_FACTS, ...CLASS_FACTS, MEMORY_SHARE, PAGE_READ];

/** Pages that are read for a row. */
export function pageReadsDecision(path: string, load: AuroraLoad, { name, memoryBytes }: InstanceClass, shards: number, facts: Facts): Decision {
  const value = pageReadsPerRow(load, shards, memoryBytes, facts);
  const [hot, index] = [load.hotBytes / shards, load.keyIndexBytes / shards];
  return Decision.derive({
    path,
    name: 'pageReadsPerRow',
    value: Math.round(100 * value) / 100,
    unit: 'pages',
    formula: `1 - (${formatBytes(memoryBytes)} x ${formatShare(facts.number(MEMORY_SHARE))} - ${formatBytes(hot)} of hot rows) `
      + `/ ${formatBytes(index)} of the index of keys, between 0 and 1 = ${formatNumber(value, 2)}`,
    inputs: { memoryBytes, hotBytes: hot, keyIndexBytes: index, readsPerSecondAtPeak: load.rowsPerSecond / shards * value },
    binding: value === 0 ? `the memory of ${name} holds the index` : `keys are in no order, and the index of all that live is larger than the memory of ${name}`,
    limits: { minimum: 0, maximum: 1, because: 'a key is looked for in one page of the last level of its index' },
    facts: [...LOAD_FACTS, ...CLASS_FACTS, MEMORY_SHARE],
  });
}
