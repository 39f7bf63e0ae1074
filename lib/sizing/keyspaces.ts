import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { formatBytes, formatNumber, formatShare } from './format';
import { LedgerSizing, sizeLedger } from './ledger';
import { BILLED_GB, CostLine, costDecision, dollars, hourlyLine, HOURS_PER_MONTH, monthlyCost, MonthlyUsd, storedLine, usageLine } from './monthly-cost';
import { planned } from './planned';
import { cheapest, losers, SizingOption } from './sizing-option';

/** Size of the table of locators: a row for each merchant, bucket and minute with payments, which tells where their audit records are. */
export interface KeyspacesSizing {
  readonly mode: 'on-demand' | 'provisioned';
  /** Rows written per second at the peak. */
  readonly rowsPerSecond: number;
  /** Write units per second at the peak. */
  readonly writeUnits: number;
  /** Provisioned write units; 0 on demand. */
  readonly provisionedWriteUnits: number;
  /** Bytes of rows that live at the same time, with their metadata. */
  readonly storedBytes: number;
  readonly retentionDays: number;
  readonly monthlyUsd: MonthlyUsd;
  /** Why options do not fit, one sentence each. */
  readonly excuses: readonly string[];
  readonly decisions: readonly Decision[];
}

const PATH = 'locator';
const WRITE_REQUEST = 'keyspaces/onDemand.wru';
const WRITE_HOUR = 'keyspaces/provisioned.wcuHour';
const STORAGE = 'keyspaces/storage.gbMonth';
const EXPIRY = 'keyspaces/ttlDeleteMillion';
const RECOVERY = 'keyspaces/pitr.gbMonth';
const TABLE_WRITES = 'keyspaces/table.maxWriteUnits.default';
const PARTITION_WRITES = 'keyspaces/partition.maxWrite';
const UTILIZATION = 'target/dynamodb.autoscalingUtilization';
const WORTHLESS = 'target/keyspaces.worthlessShare';
const ROW_FACTS = ['target/keyspaces.locatorMinutes', 'target/keyspaces.retryShare'];
const SIZE_FACTS = ['target/keyspaces.locatorBytes', 'keyspaces/row.metadataBytes', 'keyspaces/wru.bytes'];
const SECONDS_PER_MINUTE = 60;
const SECONDS_PER_DAY = 86_400;
const MEBIBYTE = 1024 ** 2;

/**
 * Sizes the table of locators. Give it the whole workload.
 *
 * @param ledger the ledger that was sized for the workload: it tells over how many buckets the rows of a merchant are spread; sized here by default
 */
export function sizeKeyspaces(
  workload: Workload, facts: Facts = Facts.DEFAULT, ledger?: Pick<LedgerSizing, 'bucketsPerMerchant'>,
): KeyspacesSizing {
  return planned(workload, facts, (it) => sizeOnce(it, facts, (ledger ?? sizeLedger(it, facts)).bucketsPerMerchant), (sizing) => [
    { amount: sizing.monthlyUsd.typical / HOURS_PER_MONTH, unitCost: 1, facts: [WRITE_REQUEST, WRITE_HOUR, STORAGE, EXPIRY] },
  ]);
}

/** Rows and units, at the average and the peak. */
interface Load {
  readonly buckets: number;
  readonly peakRows: number;
  readonly averageRows: number;
  readonly unitsPerRow: number;
  readonly rowBytes: number;
}

function sizeOnce(workload: Workload, facts: Facts, buckets: number): KeyspacesSizing {
  const rowBytes = facts.number('target/keyspaces.locatorBytes') + facts.number('keyspaces/row.metadataBytes');
  const load: Load = {
    buckets,
    peakRows: rowsPerSecond(workload, workload.peak.perSecond, buckets, facts),
    averageRows: rowsPerSecond(workload, workload.average.perSecond, buckets, facts),
    unitsPerRow: roundUp(rowBytes / facts.number('keyspaces/wru.bytes')),
    rowBytes,
  };
  const options = optionsOf(load, facts);
  // Both always fit.
  const chosen = cheapest(options)!;
  const rows = rowsDecision(workload, load, facts);
  const units = roundUp(load.peakRows * load.unitsPerRow);
  const provisioned = chosen.mode === 'provisioned' ? roundUp(units / facts.number(UTILIZATION)) : 0;
  const retention = retentionDecision(workload, load, facts);
  const days = retention.value as number;
  const stored = storedDecision(load, days, facts);
  const storedBytes = Math.round(storedRowsPerSecond(load, facts) * days * SECONDS_PER_DAY * load.rowBytes);
  const gigabytes = storedBytes / BILLED_GB;
  const lines = [
    ...chosen.lines,
    storedLine('GB stored', { low: 0, typical: gigabytes, high: gigabytes * Math.max(1, load.peakRows / load.averageRows) }, facts.number(STORAGE)),
    usageLine('expired rows', { typical: load.averageRows * load.unitsPerRow, high: load.peakRows * load.unitsPerRow }, facts.number(EXPIRY) / 1e6),
  ];
  return {
    mode: chosen.mode,
    rowsPerSecond: rows.value as number,
    writeUnits: units,
    provisionedWriteUnits: provisioned,
    storedBytes,
    retentionDays: days,
    monthlyUsd: monthlyCost(lines),
    excuses: excusesOf(workload, load, units, facts),
    decisions: [
      rows, modeDecision(options, chosen, load), unitsDecision(units, provisioned, load, facts), partitionDecision(load, facts),
      retention, stored, recoveryDecision(gigabytes, facts),
      costDecision({ path: PATH, lines, facts: [...ROW_FACTS, ...SIZE_FACTS, UTILIZATION, WRITE_REQUEST, WRITE_HOUR, STORAGE, EXPIRY] }),
    ],
  };
}

/** Rows that are begun per second: in one interval at least one payment reaches a bucket of n payments in the mean with 1 - e^-n. */
function rowsPerSecond(workload: Workload, rate: number, buckets: number, facts: Facts): number {
  const seconds = SECONDS_PER_MINUTE * facts.number('target/keyspaces.locatorMinutes');
  const hottest = workload.keySkew.maximumShare();
  let rows = 0;
  for (const { keys, share } of workload.keySkew.groups()) {
    // The hottest merchant has all its buckets, others as many as their share of its payments asks for.
    const own = Math.max(1, roundUp(buckets * share / hottest));
    rows += keys * own * (1 - Math.exp(-share * rate * seconds / own));
  }
  return rows / seconds * (1 + facts.number('target/keyspaces.retryShare'));
}

interface ModeOption extends SizingOption {
  readonly mode: 'on-demand' | 'provisioned';
  readonly lines: readonly CostLine[];
}

function optionsOf(load: Load, facts: Facts): readonly [onDemand: ModeOption, provisioned: ModeOption] {
  const units = { typical: load.averageRows * load.unitsPerRow, high: load.peakRows * load.unitsPerRow };
  const option = (mode: ModeOption['mode'], line: CostLine): ModeOption =>
    ({ mode, name: mode, lines: [line], monthlyUsd: monthlyCost([line]), excuses: [] });
  return [
    option('on-demand', usageLine('write requests', units, facts.number(WRITE_REQUEST))),
    option('provisioned', hourlyLine('write units', roundUp(units.high / facts.number(UTILIZATION)), facts.number(WRITE_HOUR))),
  ];
}

function rowsDecision(workload: Workload, load: Load, facts: Facts): Decision {
  const minutes = facts.number('target/keyspaces.locatorMinutes');
  const value = roundUp(load.peakRows);
  const perPayment = usageLine('write requests', { typical: workload.average.perSecond, high: workload.peak.perSecond }, facts.number(WRITE_REQUEST));
  return Decision.derive({
    path: PATH,
    name: 'rowsPerSecond',
    value,
    unit: 'rows/s',
    formula: `${formatNumber(workload.keySkew.keys)} merchants with up to ${load.buckets} buckets that have a payment within ${minutes} min, `
      + `/ ${minutes * SECONDS_PER_MINUTE} s x ${1 + facts.number('target/keyspaces.retryShare')} = ${formatNumber(value)}`,
    inputs: { merchants: workload.keySkew.keys, buckets: load.buckets, minutes, paymentsPerSecond: workload.peak.perSecond },
    binding: 'one row for each merchant, bucket and interval, however many payments it has',
    rejected: [{ option: 'a row a payment', because: `${formatNumber(workload.peak.perSecond)} rows/s, ${dollars(perPayment.monthlyUsd.typical)} a month for their writes alone` }],
    facts: [...ROW_FACTS, WRITE_REQUEST, WORTHLESS],
  });
}

function modeDecision(options: readonly ModeOption[], chosen: ModeOption, load: Load): Decision {
  return Decision.derive({
    path: PATH,
    name: 'capacityMode',
    value: chosen.mode,
    formula: `${options.map((it) => `${it.name} ${dollars(it.monthlyUsd.typical)}`).join(', ')}: ${chosen.mode}`,
    inputs: { averageRowsPerSecond: load.averageRows, peakRowsPerSecond: load.peakRows, unitsPerRow: load.unitsPerRow },
    binding: 'price of a month at the average rate; rows follow the rate less and less as it grows',
    rejected: losers(options, chosen),
    facts: [...ROW_FACTS, ...SIZE_FACTS, UTILIZATION, WRITE_REQUEST, WRITE_HOUR],
  });
}

function unitsDecision(units: number, provisioned: number, load: Load, facts: Facts): Decision {
  const utilization = facts.number(UTILIZATION);
  const value = provisioned > 0 ? provisioned : units;
  return Decision.derive({
    path: PATH,
    name: 'writeUnits',
    value,
    unit: 'write units/s',
    formula: `${formatNumber(load.peakRows)} rows/s x ${load.unitsPerRow}${provisioned > 0 ? ` / ${utilization}` : ''}, in whole units = ${formatNumber(value)}`,
    inputs: { rowsPerSecond: load.peakRows, unitsPerRow: load.unitsPerRow, rowBytes: load.rowBytes, utilization },
    binding: provisioned > 0 ? `peak at ${formatShare(utilization)}` : 'paid by request',
    demand: load.peakRows * load.unitsPerRow,
    quota: quotaUse(facts, TABLE_WRITES, value),
    facts: [...ROW_FACTS, ...SIZE_FACTS, UTILIZATION, TABLE_WRITES],
  });
}

function partitionDecision(load: Load, facts: Facts): Decision {
  const seconds = SECONDS_PER_MINUTE * facts.number('target/keyspaces.locatorMinutes');
  const most = facts.number(PARTITION_WRITES);
  const each = load.unitsPerRow * (1 + facts.number('target/keyspaces.retryShare')) / seconds;
  const value = Math.round(each * 10_000) / 10_000;
  return Decision.derive({
    path: PATH,
    name: 'partitionWriteUnits',
    value,
    unit: 'write units/s',
    formula: `${load.unitsPerRow} unit x ${1 + facts.number('target/keyspaces.retryShare')} / ${seconds} s = ${value}`,
    inputs: { unitsPerRow: load.unitsPerRow, seconds },
    binding: 'one row an interval in the partition of a merchant, bucket and day',
    rejected: [{
      option: 'a partition a day',
      because: `${formatNumber(load.peakRows * load.unitsPerRow)} write units/s in one partition, which takes ${formatNumber(most)}`,
    }],
    demand: each,
    limits: { minimum: 0, maximum: most, because: 'write units of a partition' },
    facts: [...ROW_FACTS, ...SIZE_FACTS, PARTITION_WRITES],
  });
}

function retentionDecision(workload: Workload, load: Load, facts: Facts): Decision {
  const tier = workload.recoveryTier.name;
  const value = facts.number(`target/audit.retentionDays.${tier}`);
  return Decision.derive({
    path: PATH,
    name: 'retentionDays',
    value,
    unit: 'days',
    formula: `as long as the audit archive of recovery tier ${tier} = ${formatNumber(value)}`,
    inputs: { recoveryTier: tier },
    binding: 'a record that nobody finds is no audit trail',
    rejected: [{
      option: 'keep locators for good',
      because: `${formatBytes(load.averageRows * 365 * SECONDS_PER_DAY * load.rowBytes)} more each year`,
    }],
    facts: [`target/audit.retentionDays.${tier}`, ...ROW_FACTS, ...SIZE_FACTS],
  });
}

/** Rows per second that stay: what was written twice is stored once. */
function storedRowsPerSecond(load: Load, facts: Facts): number {
  return load.averageRows / (1 + facts.number('target/keyspaces.retryShare'));
}

function storedDecision(load: Load, days: number, facts: Facts): Decision {
  const rows = storedRowsPerSecond(load, facts);
  const value = roundUp(rows * days * SECONDS_PER_DAY * load.rowBytes / MEBIBYTE);
  return Decision.derive({
    path: PATH,
    name: 'storedMebibytes',
    value,
    unit: 'MiB',
    formula: `${formatNumber(rows)} rows/s x ${formatNumber(days)} days x ${load.rowBytes} B, in MiB = ${formatNumber(value)}`,
    inputs: { rowsPerSecond: rows, days, rowBytes: load.rowBytes },
    binding: 'retention of the audit archive',
    facts: [...ROW_FACTS, ...SIZE_FACTS],
  });
}

function recoveryDecision(gigabytes: number, facts: Facts): Decision {
  return Decision.derive({
    path: PATH,
    name: 'pointInTimeRecovery',
    value: false,
    formula: `0 GB of ${formatNumber(gigabytes)} GB`,
    inputs: { gigabytes },
    binding: 'locators are written anew from the archive that they point to',
    rejected: [{ option: 'point-in-time recovery', because: `${dollars(gigabytes * facts.number(RECOVERY))} a month for what the archive holds already` }],
    facts: [RECOVERY],
  });
}

function excusesOf(workload: Workload, load: Load, units: number, facts: Facts): string[] {
  const rows = load.peakRows;
  const rate = workload.peak.perSecond;
  const quota = facts.number(TABLE_WRITES);
  return [
    ...(rows > facts.number(WORTHLESS) * rate ? [`a row for each merchant and interval: ${formatNumber(rows)} rows/s for ${formatNumber(rate)} payments/s, `
      + `as ${formatNumber(workload.keySkew.keys)} merchants have few payments within ${facts.number('target/keyspaces.locatorMinutes')} min; a longer interval saves more`] : []),
    ...(units > quota ? [`one table: ${formatNumber(units)} write units/s, its quota is ${formatNumber(quota)}`] : []),
  ];
}
