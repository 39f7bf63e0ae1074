import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';

/** What the cache is asked for, and what it holds: an entry for each merchant, payer and rule. */
export interface CacheLoad {
  /** Bytes of all entries at the peak. */
  readonly workingSetBytes: number;
  /** The same at the average rate. */
  readonly averageWorkingSetBytes: number;
  /** Payers whose entry is alive at the peak. */
  readonly payers: number;
  /** Commands per second at the peak: reads, and a write for each payer who was not there. */
  readonly operationsPerSecond: number;
  /** Writes of entries per second at the peak. */
  readonly fillsPerSecond: number;
  /** Bytes of values that are sent per second at the peak. */
  readonly bytesPerSecond: number;
  /** Units that a serverless cache bills per second at the peak: one for each KB, and at least one for each command. */
  readonly unitsPerSecond: number;
  /** Commands per second for the entry of the hottest merchant, if no process keeps a copy. */
  readonly hottestPerSecond: number;
  /** Processes that use the cache. */
  readonly processes: number;
}

export const CACHE_LOAD_FACTS: readonly string[] = [
  'target/cache.merchantBytes', 'target/cache.payerBytes', 'target/cache.ruleBytes', 'target/cache.rules', 'target/cache.payerSeconds',
  'target/cache.payersPerPayment', 'target/cache.requestsPerPayment', 'target/store.paymentsPerProcess', 'valkey/overheadPerEntry',
  'elasticache/serverless.ecpuBytes',
];

export function cacheLoad(workload: Workload, facts: Facts): CacheLoad {
  const overhead = facts.number('valkey/overheadPerEntry');
  const merchant = facts.number('target/cache.merchantBytes');
  const payer = facts.number('target/cache.payerBytes');
  const rule = facts.number('target/cache.ruleBytes');
  const unknownPayers = facts.number('target/cache.payersPerPayment');
  const requests = facts.number('target/cache.requestsPerPayment');
  const peak = workload.peak.perSecond;
  const payersAt = (rate: number): number => rate * unknownPayers * facts.number('target/cache.payerSeconds');
  const bytesWith = (payers: number): number => workload.keySkew.keys * (merchant + overhead)
    + facts.number('target/cache.rules') * (rule + overhead) + payers * (payer + overhead);
  // Of the requests of a payment one is for the payer, the others are shared evenly by merchant and rules.
  const others = requests - 1;
  const unitsOf = (bytes: number): number => Math.max(1, bytes / facts.number('elasticache/serverless.ecpuBytes'));
  return {
    workingSetBytes: Math.round(bytesWith(payersAt(peak))),
    averageWorkingSetBytes: bytesWith(payersAt(workload.average.perSecond)),
    payers: payersAt(peak),
    operationsPerSecond: peak * (requests + unknownPayers),
    fillsPerSecond: peak * unknownPayers,
    bytesPerSecond: peak * ((1 + unknownPayers) * payer + others * (merchant + rule) / 2),
    unitsPerSecond: peak * ((1 + unknownPayers) * unitsOf(payer) + others * (unitsOf(merchant) + unitsOf(rule)) / 2),
    hottestPerSecond: peak * workload.keySkew.maximumShare() * others / 2,
    processes: Math.max(1, roundUp(peak / facts.number('target/store.paymentsPerProcess'))),
  };
}
