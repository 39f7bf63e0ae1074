import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { formatNumber, formatSeconds, formatShare } from './format';
import { LedgerSizing } from './ledger';
import { CostLine, costDecision, dollars, monthlyCost, MonthlyUsd } from './monthly-cost';
import { planned } from './planned';
import { balanceWritesPerSecond, ProjectorSizing, sizeProjector } from './projector';
import {
  autoscalingFollows, burstOverLag, LAG_FACTS, lagSeconds, Load, onDemandLines, PRICE_FACTS, provisionedLines, READ_HOUR, RESERVED_FACTS,
  RESERVED_WRITE_FACTS, reservedDollars, reservedHour, targetUtilization, Units, UTILIZATION, UTILIZATION_FACTS, WRITE_HOUR, WRITE_REQUEST,
} from './table-capacity-mode-cost';
import { RequestPremium, sizeTableStorage, TableClass } from './table-capacity-mode-storage';

/** How a table is paid for. */
export type CapacityMode = 'on-demand' | 'provisioned';

/** How the tables of ledger and balances are paid for, and what they hold. */
export interface TableCapacityModeSizing {
  readonly mode: CapacityMode;
  /** Write units per second at the peak, balances included, over all tables. */
  readonly peakWriteUnits: number;
  /** Read units per second at the peak, balances included, over all tables. */
  readonly peakReadUnits: number;
  /** Provisioned write units that autoscaling starts from, over all tables; 0 on demand. */
  readonly minimumWriteUnits: number;
  /** Provisioned write units that autoscaling goes up to, over all tables; 0 on demand. */
  readonly maximumWriteUnits: number;
  /** Provisioned read units that autoscaling starts from, over all tables; 0 on demand. */
  readonly minimumReadUnits: number;
  /** Provisioned read units that autoscaling goes up to, over all tables; 0 on demand. */
  readonly maximumReadUnits: number;
  /** Bytes of rows that live at the same time, with their overhead. */
  readonly storedBytes: number;
  /** Partitions that size or rate of the ledger asks for, whichever is more. */
  readonly partitions: number;
  /** Share of provisioned units that autoscaling aims at, from 0 to 1. */
  readonly targetUtilization: number;
  readonly tableClass: TableClass;
  readonly pointInTimeRecovery: boolean;
  readonly monthlyUsd: MonthlyUsd;
  /** Time of a bulk write at the 99th percentile. */
  readonly latencyP99Milliseconds: number;
  /** Why options do not fit, one sentence each. */
  readonly excuses: readonly string[];
  readonly decisions: readonly Decision[];
}

const PATH = 'ledger-capacity';
const SAVING = 'target/dynamodb.provisionedSaving';
const ACCOUNT_WRITES = 'dynamodb/account.maxProvisionedWrite.default';
const BULK_P99 = 'dynamodb/batchStatement25.p99.default';

/**
 * Chooses how the tables of ledger and balances are paid for: by request, or by provisioned capacity that follows the load. Give it the whole
 * workload, the ledger and the projector that were sized for it.
 */
export function sizeTableCapacityMode(
  workload: Workload,
  ledger: LedgerSizing,
  facts: Facts = Facts.DEFAULT,
  projector: ProjectorSizing = sizeProjector(workload, ledger, facts),
): TableCapacityModeSizing {
  return planned(workload, facts, (it) => sizeOnce(it, ledger, facts, projector), (sizing) => [
    { amount: sizing.minimumWriteUnits, unitCost: facts.number(WRITE_HOUR), facts: [WRITE_HOUR] },
    { amount: sizing.minimumReadUnits, unitCost: facts.number(READ_HOUR), facts: [READ_HOUR] },
  ]);
}

function sizeOnce(workload: Workload, ledger: LedgerSizing, facts: Facts, projector: ProjectorSizing): TableCapacityModeSizing {
  const writes = unitsOf('Write', workload, ledger, facts, projector);
  const reads = unitsOf('Read', workload, ledger, facts, projector);
  const load: Load = { writes, reads };
  const step = largestStepDecision(workload, facts);
  const breakEven = breakEvenDecision(workload, facts);
  const aim = utilizationDecision(workload, facts);
  const utilization = aim.value as number;
  const mode = modeDecision(workload, load, step.value as number, utilization, facts);
  const provisioned = mode.value === 'provisioned';
  const follows = autoscalingFollows(workload, step.value as number);
  const capacities = [...capacityDecisions('Write', writes, provisioned, follows, utilization, facts), ...capacityDecisions('Read', reads, provisioned, follows, utilization, facts)];
  const linesOf = (premium: RequestPremium): CostLine[] => (provisioned
    ? provisionedLines(load, utilization, follows, facts, premium)
    : onDemandLines(load, facts, premium));
  const storage = sizeTableStorage(PATH, workload, ledger, { linesOf, peakWriteUnits: writes.peak }, facts);
  const cost = costDecision({ path: PATH, lines: storage.lines, facts: [...PRICE_FACTS, UTILIZATION, ...storage.facts] });
  const latency = latencyDecision(facts);
  return {
    mode: mode.value as CapacityMode,
    peakWriteUnits: writes.peak,
    peakReadUnits: reads.peak,
    minimumWriteUnits: capacities[0].value as number,
    maximumWriteUnits: capacities[1].value as number,
    minimumReadUnits: capacities[2].value as number,
    maximumReadUnits: capacities[3].value as number,
    storedBytes: storage.storedBytes,
    partitions: storage.partitions,
    targetUtilization: utilization,
    tableClass: storage.tableClass,
    pointInTimeRecovery: true,
    monthlyUsd: monthlyCost(storage.lines),
    latencyP99Milliseconds: latency.value as number,
    excuses: [...excusesOf(workload, writes, step.value as number, facts), ...storage.excuses],
    decisions: [...writes.decisions, ...reads.decisions, step, breakEven, aim, mode, ...capacities, ...storage.decisions, latency, cost],
  };
}

function unitsOf(kind: 'Write' | 'Read', workload: Workload, ledger: LedgerSizing, facts: Facts, projector: ProjectorSizing): Units {
  const unit = `${kind.toLowerCase()} units/s`;
  const ofLedger = kind === 'Write' ? ledger.writeUnitsPerSecond : ledger.readUnitsPerSecond;
  // The projector reads each row, consistently, before it writes it.
  const ofBalances = projector.balanceWriteUnitsPerSecond;
  const peak = ofLedger + ofBalances;
  const share = workload.average.perSecond / workload.peak.perSecond;
  const window = projector.batchingWindow.toSeconds();
  const quiet = workload.with({
    peak: workload.average, average: workload.average, growth: undefined, plannedFor: undefined, uncertainty: undefined,
  });
  const balancesOnAverage = Math.min(ofBalances, balanceWritesPerSecond(quiet, ledger, facts, window));
  const average = roundUp(ofLedger * share) + balancesOnAverage;
  return {
    peak,
    average,
    decisions: [
      Decision.derive({
        path: PATH,
        name: `peak${kind}Units`,
        value: peak,
        unit,
        formula: `ledger ${formatNumber(ofLedger)} + balances ${formatNumber(ofBalances)} = ${formatNumber(peak)}`,
        inputs: { ledgerUnitsPerSecond: ofLedger, balanceUnitsPerSecond: ofBalances },
        binding: ofLedger >= ofBalances ? 'rows of payments' : 'rows of balances',
      }),
      Decision.derive({
        path: PATH,
        name: `average${kind}Units`,
        value: average,
        unit,
        formula: `ledger ${formatNumber(ofLedger)} x ${formatNumber(share)} + balances ${formatNumber(balancesOnAverage)} = ${formatNumber(average)}`,
        inputs: { ledgerUnitsPerSecond: ofLedger, averageShareOfPeak: share, balanceUnitsPerSecond: balancesOnAverage },
        binding: 'average rate of the month; balances merge less when payments are fewer',
        facts: ['target/projector.conditionRetryShare'],
      }),
    ],
  };
}

/**
 * The sudden rise, as a multiple, that provisioned capacity takes while autoscaling has not answered yet: a load of 1 has 1/u of capacity, and
 * has saved what it did not use for some minutes. A rise to r lacks (r - 1/u) for the lag, and the savings are (1/u - 1) for the burst time.
 */
function largestStepDecision(workload: Workload, facts: Facts): Decision {
  const utilization = facts.number(UTILIZATION);
  const lag = lagSeconds(facts);
  const burst = facts.number('dynamodb/burst.seconds');
  const value = hundredths(1 / utilization + burstOverLag(facts) * (1 / utilization - 1));
  const ratio = workload.peak.perSecond / workload.average.perSecond;
  return Decision.derive({
    path: PATH,
    name: 'largestStep',
    value,
    unit: 'x',
    formula: `1 / ${utilization} + ${formatSeconds(burst)} of burst / ${formatSeconds(lag)} of lag x (1 / ${utilization} - 1) = ${value}`,
    inputs: { utilization, lagSeconds: lag, burstSeconds: burst, peakOverAverage: ratio },
    binding: 'time until autoscaling answers, bridged by unused capacity of the last minutes',
    rejected: [{ option: 'trust in autoscaling at any step', because: `a rise of more than ${formatNumber(value)}x is throttled for ${formatSeconds(lag)}` }],
    facts: LAG_FACTS,
  });
}

/** How fully the units are used: as fully as a rise from the average to the peak allows, but not so that every small one is throttled. */
function utilizationDecision(workload: Workload, facts: Facts): Decision {
  const value = targetUtilization(workload, facts);
  const least = facts.number(UTILIZATION);
  const ratio = workload.peak.perSecond / workload.average.perSecond;
  const burst = burstOverLag(facts);
  return Decision.derive({
    path: PATH,
    name: 'targetUtilization',
    value,
    unit: 'share',
    formula: `(1 + ${formatNumber(burst)}) / (peak of ${formatNumber(ratio)}x the average + ${formatNumber(burst)}), between ${least} and `
      + `${facts.number('target/dynamodb.steadyUtilization')} = ${value}`,
    inputs: { peakOverAverage: ratio, burstOverLag: burst },
    binding: value > least ? 'a rise to the peak, bridged by unused capacity until autoscaling answers' : 'usual room of autoscaling',
    rejected: value > least ? [{ option: `${least} at any load`, because: `${formatNumber(value / least)} times the units for a load that does not rise` }] : [],
    limits: { minimum: facts.number('dynamodb/autoscaling.leastUtilization'), maximum: facts.number('dynamodb/autoscaling.mostUtilization'), because: 'target of autoscaling' },
    facts: [...UTILIZATION_FACTS, 'dynamodb/autoscaling.leastUtilization', 'dynamodb/autoscaling.mostUtilization'],
  });
}

function breakEvenDecision(workload: Workload, facts: Facts): Decision {
  const utilization = facts.number(UTILIZATION);
  const request = facts.number(WRITE_REQUEST);
  const hour = facts.number(WRITE_HOUR);
  const value = hundredths(request * 3600 * utilization / hour);
  const ratio = workload.peak.perSecond / workload.average.perSecond;
  const reserved = reservedHour('wcu100', facts);
  return Decision.derive({
    path: PATH,
    name: 'breakEvenPeakOverAverage',
    value,
    unit: 'x',
    formula: `${perMillion(request)} USD a million requests x 3,600 x ${utilization} / (1,000,000 x ${hour} USD a unit and hour) = ${value}`,
    inputs: { peakOverAverage: ratio, utilization, usdPerRequest: request, usdPerUnitHour: hour },
    binding: 'above it a unit that is provisioned for the peak costs more than the requests that it serves',
    rejected: [{
      option: 'reserved capacity as the measure',
      because: `its break-even is ${formatNumber(request * 3600 * utilization / reserved)}x, but it is paid for a year, used or not`,
    }],
    facts: [UTILIZATION, WRITE_REQUEST, WRITE_HOUR, ...RESERVED_WRITE_FACTS],
  });
}

function modeDecision(workload: Workload, load: Load, largestStep: number, utilization: number, facts: Facts): Decision {
  const follows = autoscalingFollows(workload, largestStep);
  const onDemand = monthlyCost(onDemandLines(load, facts)).typical;
  const provisioned = monthlyCost(provisionedLines(load, utilization, follows, facts)).typical;
  const reserved = reservedDollars(load, utilization, facts);
  const saving = facts.number(SAVING);
  const mode: CapacityMode = provisioned <= (1 - saving) * onDemand ? 'provisioned' : 'on-demand';
  const picked = mode === 'provisioned' ? provisioned : onDemand;
  const how = follows ? 'follows the load from the average up' : 'stands for the peak, a step is too large to follow';
  return Decision.derive({
    path: PATH,
    name: 'capacityMode',
    value: mode,
    formula: `on-demand ${dollars(onDemand)}, provisioned ${dollars(provisioned)} (${how}): ${mode}`,
    inputs: {
      onDemandDollars: onDemand,
      provisionedDollars: provisioned,
      reservedDollars: reserved,
      peakOverAverage: workload.peak.perSecond / workload.average.perSecond,
    },
    binding: mode === 'provisioned' ? 'price of a month at the average rate' : `provisioned capacity would not save ${formatShare(saving)}`,
    rejected: [
      mode === 'on-demand'
        ? { option: 'provisioned capacity', because: `${dollars(provisioned)} a month; it ${how}` }
        : { option: 'on-demand capacity', because: `${dollars(onDemand)} a month for the same requests` },
      {
        option: 'reserved capacity for a year, for the peak',
        because: `${dollars(reserved)} a month, ${dollars(Math.abs(picked - reserved))} `
          + `${reserved < picked ? 'less' : 'more'}; it is paid used or not, so it is bought once the load has been measured, on top of this plan`,
      },
    ],
    facts: [...PRICE_FACTS, ...RESERVED_FACTS, ...LAG_FACTS, SAVING],
  });
}

function capacityDecisions(kind: 'Write' | 'Read', units: Units, provisioned: boolean, follows: boolean, aim: number, facts: Facts): Decision[] {
  return (['minimum', 'maximum'] as const).map((end) => {
    const fromAverage = end === 'minimum' && follows;
    const rate = fromAverage ? units.average : units.peak;
    // What it may go up to leaves room to catch up with after an outage, however fully a steady load uses it.
    const utilization = fromAverage ? aim : facts.number(UTILIZATION);
    const value = provisioned ? roundUp(rate / utilization) : 0;
    const counted = kind === 'Write' && end === 'maximum';
    return Decision.derive({
      path: PATH,
      name: `${end}${kind}Units`,
      value,
      unit: `${kind.toLowerCase()} units/s`,
      formula: provisioned ? `${fromAverage ? 'average' : 'peak'} ${formatNumber(rate)} / ${utilization} = ${formatNumber(value)}` : 'paid by request = 0',
      inputs: { unitsPerSecond: rate, utilization },
      binding: !provisioned ? 'nothing is provisioned on demand'
      : fromAverage || end === 'maximum' ? 'target utilization of autoscaling'
      : 'a step to the peak is too large for autoscaling',
      demand: provisioned ? rate : undefined,
      quota: counted ? quotaUse(facts, ACCOUNT_WRITES, value) : undefined,
      facts: [...(fromAverage ? UTILIZATION_FACTS : [UTILIZATION]), ...(counted ? [ACCOUNT_WRITES] : [])],
    });
  });
}

function latencyDecision(facts: Facts): Decision {
  const value = facts.number(BULK_P99);
  return Decision.derive({
    path: PATH,
    name: 'latencyP99',
    value,
    unit: 'ms',
    formula: `a bulk write of ${facts.number('dynamodb/batchStatement.maxStatements')} rows at the 99th percentile = ${value}`,
    inputs: { singleWriteP99: facts.number('dynamodb/putItem.p99.default') },
    binding: 'the slowest row of a call decides when it ends',
    facts: [BULK_P99, 'dynamodb/batchStatement.maxStatements', 'dynamodb/putItem.p99.default'],
  });
}

function excusesOf(workload: Workload, writes: Units, largestStep: number, facts: Facts): string[] {
  const ratio = workload.peak.perSecond / workload.average.perSecond;
  const needed = roundUp(writes.peak / facts.number(UTILIZATION));
  const quota = facts.number(ACCOUNT_WRITES);
  return [
    ...(ratio > largestStep ? [`provisioned capacity with autoscaling: the peak is ${formatNumber(ratio)} times the average, and a step of more than `
      + `${formatNumber(largestStep)} is throttled for ${formatSeconds(lagSeconds(facts))}`] : []),
    ...(needed > quota ? [`provisioned capacity: ${formatNumber(needed)} write units/s are above the account's quota of ${formatNumber(quota)}`] : []),
  ];
}

function perMillion(price: number): string {
  return formatNumber(1e6 * price);
}

function hundredths(value: number): number {
  return Math.round(100 * value) / 100;
}
