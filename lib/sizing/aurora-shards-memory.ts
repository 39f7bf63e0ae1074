import { Facts } from '../facts';
import { clamp } from './arithmetic';
import { AuroraLoad, CLASS_FACTS, InstanceClass, LOAD_FACTS } from './aurora-shards-load';
import { Decision } from './decision';
import { formatBytes, formatNumber, formatShare } from './format';

export const MEMORY_SHARE = 'target/aurora.memoryShare';
const PAGE_READ = 'aurora/pageRead.milliseconds';
const MILLISECONDS = 1000;
/** Standard deviations above the mean at the 99th percentile of a normal distribution. */
const P99 = 2.326;

/** Pages that the storage is asked for, as what is looked for is not in memory. */
export interface PageReads {
  /** Of the index of keys, for a row. */
  readonly keys: number;
  /** Of the index of payers, for a row. */
  readonly payers: number;
  /** Of both. */
  readonly perRow: number;
}

/**
 * A row needs one page of the index of keys and one of that of payers, any as likely as another: a key is a hash, and payers come in no order. What
 * memory has beside the hot rows holds a part of them, and of the smaller one first, whose pages are asked for more often each.
 */
export function pageReads(load: AuroraLoad, shards: number, memoryBytes: number, facts: Facts): PageReads {
  const left = memoryBytes * facts.number(MEMORY_SHARE) - load.hotBytes / shards;
  const [payerBytes, keyBytes] = [load.payerIndexBytes / shards, load.keyIndexBytes / shards];
  const payers = clamp(1 - left / payerBytes, 0, 1);
  const keys = clamp(1 - (left - payerBytes) / keyBytes, 0, 1);
  return { keys, payers, perRow: keys + payers };
}

/** Seconds for which a call of so many rows waits for pages, which it asks for one after the other. */
export function pageReadSeconds(rows: number, { perRow }: PageReads, facts: Facts): number {
  return rows * perRow * facts.number(PAGE_READ) / MILLISECONDS;
}

/** The same at the 99th percentile of the number of pages. */
export function slowPageReadSeconds(rows: number, { keys, payers, perRow }: PageReads, facts: Facts): number {
  const deviation = Math.sqrt(rows * (keys * (1 - keys) + payers * (1 - payers)));
  const pages = perRow * rows > 0.01 ? Math.max(1, Math.min(2 * rows, rows * perRow + P99 * deviation)) : 0;
  return pages * facts.number(PAGE_READ) / MILLISECONDS;
}

/** What page reads follow from. */
export const PAGE_FACTS: readonly string[] = [...LOAD_FACTS, ...CLASS_FACTS, MEMORY_SHARE];
/** What the time for them follows from. */
export const PAGE_TIME_FACTS: readonly string[] = [...PAGE_FACTS, PAGE_READ];

/** Pages that are read for a row. */
export function pageReadsDecision(path: string, load: AuroraLoad, { name, memoryBytes }: InstanceClass, shards: number, facts: Facts): Decision {
  const { keys, payers, perRow } = pageReads(load, shards, memoryBytes, facts);
  const [hot, payerIndex, keyIndex] = [load.hotBytes, load.payerIndexBytes, load.keyIndexBytes].map((bytes) => bytes / shards);
  const left = memoryBytes * facts.number(MEMORY_SHARE) - hot;
  return Decision.derive({
    path,
    name: 'pageReadsPerRow',
    value: Math.round(100 * perRow) / 100,
    unit: 'pages',
    formula: `memory ${formatBytes(memoryBytes)} x ${formatShare(facts.number(MEMORY_SHARE))} - ${formatBytes(hot)} of hot rows = ${formatBytes(left)} `
      + `for ${formatBytes(payerIndex)} of payers and ${formatBytes(keyIndex)} of keys: ${formatNumber(payers, 2)} + ${formatNumber(keys, 2)} are not there `
      + `= ${Math.round(100 * perRow) / 100}`,
    inputs: {
      memoryBytes, hotBytes: hot, payerIndexBytes: payerIndex, keyIndexBytes: keyIndex, readsPerSecondAtPeak: load.rowsPerSecond / shards * perRow,
    },
    binding: perRow === 0 ? `the memory of ${name} holds both indexes`
    : `keys and payers are in no order, and their indexes are larger than the memory of ${name}`,
    limits: { minimum: 0, maximum: 2, because: 'a row has its place in one page of the last level of each index' },
    facts: PAGE_FACTS,
  });
}
