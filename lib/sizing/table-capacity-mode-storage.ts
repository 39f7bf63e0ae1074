import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { Decision } from './decision';
import { formatBytes, formatNumber, formatSeconds, formatShare } from './format';
import { LedgerSizing } from './ledger';
import { LAYOUT_FACTS, paymentLayout } from './payment-layout';
import { BILLED_GB, CostLine, dollars, LoadRange, monthlyCost, storedLine } from './monthly-cost';

/** Class of a table: the second one has cheap storage and dear requests. */
export type TableClass = 'standard' | 'standard-infrequent-access';

/** How many times as much requests cost. */
export interface RequestPremium {
  readonly writes: number;
  readonly reads: number;
}

export const NO_PREMIUM: RequestPremium = { writes: 1, reads: 1 };

/** Requests of the tables. */
export interface TableThroughput {
  /** What they cost with a premium on each. */
  readonly linesOf: (premium: RequestPremium) => readonly CostLine[];
  /** Write units per second at the peak, over all tables. */
  readonly peakWriteUnits: number;
}

/** What the ledger keeps, and what that and its requests cost. */
export interface TableStorage {
  readonly storedBytes: number;
  readonly partitions: number;
  readonly tableClass: TableClass;
  /** The whole bill of the tables. */
  readonly lines: readonly CostLine[];
  readonly excuses: readonly string[];
  readonly decisions: readonly Decision[];
  /** Ids of the facts in the lines. */
  readonly facts: readonly string[];
}

const ITEM_OVERHEAD = 'dynamodb/item.storageOverheadBytes';
const STANDARD = 'dynamodb/storage.gbMonth';
const INFREQUENT = 'dynamodb/storage.ia.gbMonth';
const INFREQUENT_WRITE = 'dynamodb/ia.onDemand.wru';
const INFREQUENT_READ = 'dynamodb/ia.onDemand.rru';
const RECOVERY = 'dynamodb/pitr.gbMonth';
const CLASS_FACTS = [STANDARD, INFREQUENT, INFREQUENT_WRITE, INFREQUENT_READ, 'dynamodb/onDemand.wru', 'dynamodb/onDemand.rru'];
const SECONDS_PER_DAY = 86_400;
const MEBIBYTE = 1024 ** 2;

/** Sizes storage, partitions, table class and backup of the ledger. */
export function sizeTableStorage(path: string, workload: Workload, ledger: LedgerSizing, throughput: TableThroughput, facts: Facts): TableStorage {
  const { storedBytes } = storedBytesOf(workload, ledger, facts);
  const gigabytes = storedBytes / BILLED_GB;
  const kept: LoadRange = { low: 0, typical: gigabytes, high: gigabytes * workload.peak.perSecond / workload.average.perSecond };
  const partitions = partitionsDecision(path, storedBytes, throughput.peakWriteUnits, facts);
  const tableClass = tableClassDecision(path, kept, throughput, facts);
  const infrequent = tableClass.value === 'standard-infrequent-access';
  return {
    storedBytes,
    partitions: partitions.value as number,
    tableClass: tableClass.value as TableClass,
    lines: [...classLines(infrequent, kept, throughput, facts), storedLine('GB recoverable', kept, facts.number(RECOVERY))],
    excuses: infrequent ? [`reserved capacity: a table of the class Standard-IA, ${dollars(monthlyCost(classLines(true, kept, throughput, facts)).typical)} `
      + 'a month, cannot have it'] : [],
    decisions: [storedDecision(path, workload, ledger, facts), partitions, tableClass, recoveryDecision(path, workload, gigabytes, facts)],
    facts: [...CLASS_FACTS, RECOVERY],
  };
}

function storedBytesOf(workload: Workload, ledger: LedgerSizing, facts: Facts): { rowBytes: number; storedBytes: number } {
  const layout = paymentLayout(facts);
  const item = Math.max(workload.payloadSize.meanBytes + layout.itemOffset, layout.typicalItemBytes);
  const rowBytes = item + facts.number(ITEM_OVERHEAD);
  return { rowBytes, storedBytes: Math.round(workload.average.perSecond * ledger.timeToLive.toSeconds() * rowBytes) };
}

function storedDecision(path: string, workload: Workload, ledger: LedgerSizing, facts: Facts): Decision {
  const { rowBytes, storedBytes } = storedBytesOf(workload, ledger, facts);
  const overhead = facts.number(ITEM_OVERHEAD);
  const seconds = ledger.timeToLive.toSeconds();
  const rate = workload.average.perSecond;
  const value = roundUp(storedBytes / MEBIBYTE);
  return Decision.derive({
    path,
    name: 'storedMebibytes',
    value,
    unit: 'MiB',
    formula: `${formatNumber(rate)} rows/s x ${formatSeconds(seconds)} x (${formatNumber(rowBytes - overhead)} + ${overhead}) B, in MiB = ${formatNumber(value)}`,
    inputs: { rowsPerSecond: rate, timeToLiveSeconds: seconds, rowBytes, overheadBytes: overhead },
    binding: `life of a row, ${formatSeconds(seconds)}`,
    rejected: [{ option: 'keep rows for ten years', because: `${formatBytes(rate * 3_650 * SECONDS_PER_DAY * rowBytes)}; the audit archive keeps history` }],
    facts: [ITEM_OVERHEAD, ...LAYOUT_FACTS],
  });
}

function partitionsDecision(path: string, storedBytes: number, peakWriteUnits: number, facts: Facts): Decision {
  const largest = facts.number('dynamodb/partition.maxBytes');
  const units = facts.number('dynamodb/partition.maxWcu');
  const bySize = Math.max(1, roundUp(storedBytes / largest));
  const byRate = Math.max(1, roundUp(peakWriteUnits / units));
  const value = Math.max(bySize, byRate);
  return Decision.derive({
    path,
    name: 'partitions',
    value,
    unit: 'partitions',
    formula: `max(ceil(${formatBytes(storedBytes)} / ${formatBytes(largest)}), ceil(${formatNumber(peakWriteUnits)} / ${formatNumber(units)})) = ${formatNumber(value)}`,
    inputs: { storedBytes, peakWriteUnits, bySize, byRate },
    binding: bySize >= byRate ? 'bytes that a partition holds' : 'write units that a partition takes',
    demand: Math.max(storedBytes / largest, peakWriteUnits / units),
    limits: { minimum: 1, because: 'a table has a partition' },
    facts: ['dynamodb/partition.maxBytes', 'dynamodb/partition.maxWcu'],
  });
}

/** How much dearer requests are with Standard-IA. Its provisioned units are taken to have the same premium. */
function premiumOf(facts: Facts): RequestPremium {
  return {
    writes: facts.number(INFREQUENT_WRITE) / facts.number('dynamodb/onDemand.wru'),
    reads: facts.number(INFREQUENT_READ) / facts.number('dynamodb/onDemand.rru'),
  };
}

/** Requests and storage in one of the two classes. */
function classLines(infrequent: boolean, kept: LoadRange, throughput: TableThroughput, facts: Facts): CostLine[] {
  return [
    ...throughput.linesOf(infrequent ? premiumOf(facts) : NO_PREMIUM),
    storedLine('GB stored', kept, facts.number(infrequent ? INFREQUENT : STANDARD)),
  ];
}

function tableClassDecision(path: string, kept: LoadRange, throughput: TableThroughput, facts: Facts): Decision {
  const standard = monthlyCost(classLines(false, kept, throughput, facts)).typical;
  const infrequent = monthlyCost(classLines(true, kept, throughput, facts)).typical;
  const value: TableClass = infrequent < standard ? 'standard-infrequent-access' : 'standard';
  const storageShare = kept.typical * facts.number(STANDARD) / standard;
  // Storage saves (1 - IA/standard) of its part, requests cost (premium) of theirs; both are equal at this share of storage.
  const saved = 1 - facts.number(INFREQUENT) / facts.number(STANDARD);
  const dearer = premiumOf(facts).writes - 1;
  const breakEven = dearer / (saved + dearer);
  return Decision.derive({
    path,
    name: 'tableClass',
    value,
    formula: `standard ${dollars(standard)}, infrequent access ${dollars(infrequent)}; storage is ${formatShare(storageShare)} of it, `
      + `break-even at ${formatShare(breakEven)}: ${value}`,
    inputs: { standardDollars: standard, infrequentDollars: infrequent, storageShare, breakEvenShare: breakEven },
    binding: value === 'standard' ? 'requests are the larger part of the bill' : 'storage is the larger part of the bill',
    rejected: [value === 'standard'
      ? { option: 'Standard-IA', because: `${dollars(infrequent)} a month, its requests cost ${formatShare(dearer)} more` }
      : { option: 'Standard', because: `${dollars(standard)} a month, its storage costs ${formatShare(1 / (1 - saved) - 1)} more` }],
    facts: CLASS_FACTS,
  });
}

function recoveryDecision(path: string, workload: Workload, gigabytes: number, facts: Facts): Decision {
  const usd = gigabytes * facts.number(RECOVERY);
  const point = workload.recoveryTier.recoveryPoint.toSeconds();
  return Decision.derive({
    path,
    name: 'pointInTimeRecovery',
    value: true,
    formula: `${formatNumber(gigabytes)} GB x ${facts.number(RECOVERY)} USD: ${dollars(usd)} a month`,
    inputs: { gigabytes, recoveryPointSeconds: point },
    binding: `at most ${formatSeconds(point)} of data may be lost (recovery tier ${workload.recoveryTier.name})`,
    rejected: [{
      option: 'a backup each day',
      because: `${dollars(gigabytes * facts.number('dynamodb/backup.gbMonth'))} a month for one copy, but it may lose 24 h of data`,
    }],
    facts: [RECOVERY, 'dynamodb/backup.gbMonth'],
  });
}
