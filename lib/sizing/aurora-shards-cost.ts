import { Facts } from '../facts';
import { Workload } from '../workload';
import { AuroraConnections } from './aurora-shards-connections';
import { AuroraLoad, auroraLoad, InstanceClass } from './aurora-shards-load';
import { PAGE_FACTS, PageReads, pageReads } from './aurora-shards-memory';
import { Decision } from './decision';
import { formatShare } from './format';
import { BILLED_GB, CostLine, costDecision, dollars, hourlyLine, monthlyCost, MonthlyUsd, storedLine, usageLine } from './monthly-cost';

/** How an Aurora volume is paid for. */
export type AuroraStorageMode = 'standard' | 'io-optimized';

const STANDARD_STORAGE = 'aurora/storage.standard.gbMonth';
const OPTIMIZED_STORAGE = 'aurora/storage.ioOptimized.gbMonth';
const OPERATIONS = 'aurora/io.standard.million';
const MULTIPLIER = 'aurora/ioOptimized.computeMultiplier';
const OPERATION_BYTES = 'aurora/io.bytes';
const PROXY_HOUR = 'rds-proxy/vcpuHour';

/** What the bill follows from. */
const PRICE_FACTS: readonly string[] = [
  ...PAGE_FACTS, STANDARD_STORAGE, OPTIMIZED_STORAGE, OPERATIONS, MULTIPLIER, OPERATION_BYTES, PROXY_HOUR,
];

/** What the month's bill follows from. */
export interface AuroraCostProps {
  readonly path: string;
  readonly workload: Workload;
  readonly load: AuroraLoad;
  /** Writers and readers of all shards. */
  readonly instances: number;
  readonly instanceClass: InstanceClass;
  readonly reads: PageReads;
  readonly connections: AuroraConnections;
  readonly facts: Facts;
}

/** How storage is paid for, and the bill of the month. */
export interface AuroraCost {
  readonly storageMode: AuroraStorageMode;
  readonly monthlyUsd: MonthlyUsd;
  readonly decisions: readonly Decision[];
}

/** Chooses how storage is paid for, and adds up the month. */
export function sizeAuroraCost(props: AuroraCostProps): AuroraCost {
  const { path, facts } = props;
  const multiplier = facts.number(MULTIPLIER);
  const standardLines = linesOf('standard', props);
  const optimizedLines = linesOf('io-optimized', props);
  const standard = monthlyCost(standardLines).typical;
  const optimized = monthlyCost(optimizedLines).typical;
  const operations = standardLines[2].monthlyUsd.typical;
  const mode: AuroraStorageMode = optimized < standard ? 'io-optimized' : 'standard';
  // Both cost the same where operations cost what the dearer instances and storage cost more.
  const breakEven = (optimized - standard + operations) / optimized;
  const proxyVcpus = props.connections.proxyVcpus;
  const chosen = mode === 'standard' ? standardLines : optimizedLines;
  const lines = proxyVcpus === 0 ? chosen : [...chosen, hourlyLine('proxy vCPU', proxyVcpus, facts.number(PROXY_HOUR))];
  return {
    storageMode: mode,
    monthlyUsd: monthlyCost(lines),
    decisions: [
      Decision.derive({
        path,
        name: 'storageMode',
        value: mode,
        formula: `standard ${dollars(standard)} of which I/O is ${formatShare(operations / standard)}, I/O-Optimized ${dollars(optimized)}, `
          + `break-even at ${formatShare(breakEven)}: ${mode}`,
        inputs: { standardDollars: standard, optimizedDollars: optimized, operationsShare: operations / standard, breakEvenShare: breakEven },
        binding: mode === 'standard' ? 'I/O is the smaller part of the bill' : 'I/O is so large a part of the bill that a flat price is less',
        rejected: [mode === 'standard'
          ? { option: 'I/O-Optimized', because: `${dollars(optimized)} a month, instances cost ${multiplier} times as much` }
          : { option: 'Standard', because: `${dollars(standard)} a month, ${dollars(operations)} of it for I/O` }],
        facts: PRICE_FACTS,
      }),
      costDecision({ path, lines, facts: PRICE_FACTS }),
    ],
  };
}

/** Instances, storage, and operations where they are billed. */
function linesOf(mode: AuroraStorageMode, { workload, load, instances, instanceClass, reads, facts }: AuroraCostProps): CostLine[] {
  const gigabytes = load.storedBytes / BILLED_GB;
  const kept = { low: 0, typical: gigabytes, high: gigabytes * workload.peak.perSecond / workload.average.perSecond };
  if (mode === 'io-optimized') {
    return [
      hourlyLine(instanceClass.name, instances, instanceClass.hour * facts.number(MULTIPLIER)),
      storedLine('GB stored', kept, facts.number(OPTIMIZED_STORAGE)),
    ];
  }
  const operations = (payments: number, rows: number): number => operationsPerSecond(workload, load, { payments, rows }, reads, facts);
  return [
    hourlyLine(instanceClass.name, instances, instanceClass.hour),
    storedLine('GB stored', kept, facts.number(STANDARD_STORAGE)),
    usageLine('I/O', {
      typical: operations(workload.average.perSecond, load.averageRowsPerSecond), high: operations(workload.peak.perSecond, load.rowsPerSecond),
    }, facts.number(OPERATIONS) / 1e6),
  ];
}

/**
 * Operations that are billed: the log in units, a page for each row that is looked for although it is no longer in memory, and pages of indexes
 * that memory does not hold. A reader looks for a key in a memory of its own, into which writes bring no pages.
 */
export function operationsPerSecond(
  workload: Workload, load: AuroraLoad, rate: { readonly payments: number; readonly rows: number }, reads: PageReads, facts: Facts,
): number {
  const perRow = load.logBytesPerRow / facts.number(OPERATION_BYTES) + reads.perRow;
  const statusReads = load.readsOnReaders ? workload.readsPerPayment * reads.keys : 0;
  return rate.rows * perRow + rate.payments * (workload.refundShare + workload.clientRetryShare + statusReads);
}

/** Operations of one of so many shards at the peak, with so much memory; with none of which it is known, every page is read. */
export function operationsOfShard(workload: Workload, shards: number, memoryBytes: number, facts: Facts): number {
  const load = auroraLoad(workload, facts);
  const rate = { payments: workload.peak.perSecond, rows: load.rowsPerSecond };
  return operationsPerSecond(workload, load, rate, pageReads(load, shards, memoryBytes, facts), facts) / shards;
}
