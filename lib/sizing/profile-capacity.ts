import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { Decision } from './decision';
import { formatNumber, formatShare } from './format';
import { costDecision, CostLine, dollars, hourlyLine, monthlyCost, MonthlyUsd, usageLine } from './monthly-cost';
import { planned } from './planned';
import type { CapacityMode } from './table-capacity-mode';
import {
  LAG_FACTS, READ_HOUR, READ_REQUEST, utilizationForStep, UTILIZATION_FACTS, WRITE_HOUR, WRITE_REQUEST,
} from './table-capacity-mode-cost';
import { sizeValkey } from './valkey';
import { cacheLoad, CACHE_LOAD_FACTS } from './valkey-load';

/** How the table of profiles behind a cache is paid for. */
export interface ProfileCapacitySizing {
  readonly mode: CapacityMode;
  /** Read units per second that autoscaling starts from; 0 on demand. */
  readonly minimumReadUnits: number;
  /** Read units per second that autoscaling goes up to; 0 on demand. */
  readonly maximumReadUnits: number;
  /** Write units per second that autoscaling starts from; 0 on demand. */
  readonly minimumWriteUnits: number;
  /** Write units per second that autoscaling goes up to; 0 on demand. */
  readonly maximumWriteUnits: number;
  /** Share of provisioned units that autoscaling aims at, from 0 to 1. */
  readonly targetUtilization: number;
  readonly monthlyUsd: MonthlyUsd;
  readonly decisions: readonly Decision[];
}

const PATH = 'profile-capacity';
const SAVING = 'target/dynamodb.provisionedSaving';
const EVENTUAL = 'dynamodb/read.eventualFactor';
const UNKNOWN = 'target/cache.payersPerPayment';
const LEAST = 'dynamodb/autoscaling.leastUtilization';
const FEWEST_WRITES = 'target/profiles.minimumWriteUnits';
const MOST_WRITES = 'dynamodb/onDemand.initialWritePerSec';
const WRITE_SHARE = 'target/profiles.writesPerSecond';

/**
 * Chooses how the table of profiles is paid for. The cache takes most of its reads; what is left follows the payments. A lost cache asks for every
 * payer once more, which is the rise that provisioned units must bridge until autoscaling has answered. Give it the whole workload.
 */
export function sizeProfileCapacity(workload: Workload, facts: Facts = Facts.DEFAULT): ProfileCapacitySizing {
  return planned(workload, facts, (it) => sizeOnce(it, facts), ({ minimumReadUnits }) => [
    { amount: minimumReadUnits, unitCost: facts.number(READ_HOUR), facts: [READ_HOUR] },
  ]);
}

function sizeOnce(workload: Workload, facts: Facts): ProfileCapacitySizing {
  const factor = facts.number(EVENTUAL);
  const ratio = workload.peak.perSecond / workload.average.perSecond;
  const reads = cacheLoad(workload, facts).fillsPerSecond / ratio * factor;
  const cold = sizeValkey(workload, facts).coldReadUnits * factor;
  const step = ratio / facts.number(UNKNOWN);
  const utilization = utilizationForStep(step, facts);
  const fewestWrites = facts.number(FEWEST_WRITES);
  const minimum = Math.max(1, roundUp(reads / utilization));
  const maximum = Math.max(minimum, roundUp(cold));
  const onDemand = [
    usageLine('read requests', { typical: reads, high: reads * ratio }, facts.number(READ_REQUEST)),
    usageLine('write requests', { typical: facts.number(WRITE_SHARE), high: facts.number(MOST_WRITES) }, facts.number(WRITE_REQUEST)),
  ];
  const provisioned = [
    hourlyLine('read units', { low: minimum, typical: minimum, high: Math.max(minimum, reads * ratio / utilization) }, facts.number(READ_HOUR)),
    hourlyLine('write units', { low: fewestWrites, typical: fewestWrites, high: facts.number(MOST_WRITES) }, facts.number(WRITE_HOUR)),
  ];
  const [byRequest, byUnit] = [onDemand, provisioned].map((it) => monthlyCost(it).typical);
  const bridged = utilization >= facts.number(LEAST);
  const mode: CapacityMode = bridged && byUnit <= (1 - facts.number(SAVING)) * byRequest ? 'provisioned' : 'on-demand';
  const units = (value: number): number => (mode === 'provisioned' ? value : 0);
  const lines: CostLine[] = mode === 'provisioned' ? provisioned : onDemand;
  return {
    mode,
    minimumReadUnits: units(minimum),
    maximumReadUnits: units(maximum),
    minimumWriteUnits: units(fewestWrites),
    maximumWriteUnits: units(facts.number(MOST_WRITES)),
    targetUtilization: utilization,
    monthlyUsd: monthlyCost(lines),
    decisions: [
      modeDecision(mode, byRequest, byUnit, bridged, facts),
      utilizationDecision({ workload, reads, step, utilization }, facts),
      boundDecision('minimumReadUnits', units(minimum), reads, mode, `${formatNumber(reads)} / ${utilization}`, 'reads that the cache leaves, with room for a lost cache'),
      boundDecision('maximumReadUnits', units(maximum), cold, mode, `${formatNumber(cold)} with an empty cache`, 'every read when the cache is lost'),
      costDecision({ path: PATH, lines, facts: [READ_REQUEST, READ_HOUR, WRITE_REQUEST, WRITE_HOUR, WRITE_SHARE, FEWEST_WRITES, MOST_WRITES] }),
    ],
  };
}

function modeDecision(mode: CapacityMode, byRequest: number, byUnit: number, bridged: boolean, facts: Facts): Decision {
  const [other, price] = mode === 'provisioned' ? ['on-demand capacity', byRequest] : ['provisioned capacity', byUnit];
  return Decision.derive({
    path: PATH,
    name: 'capacityMode',
    value: mode,
    formula: `on-demand ${dollars(byRequest)}, provisioned ${dollars(byUnit)}: ${mode}`,
    inputs: { onDemandDollars: byRequest, provisionedDollars: byUnit },
    binding: mode === 'provisioned' ? 'price of a month at the average rate'
    : bridged ? `provisioned capacity would not save ${formatShare(facts.number(SAVING))}` : 'a lost cache at the peak is a rise that autoscaling cannot follow',
    rejected: [{ option: other, because: `${dollars(price)} a month for the same reads` }],
    facts: [READ_REQUEST, READ_HOUR, SAVING, ...CACHE_LOAD_FACTS, EVENTUAL],
  });
}

interface Aim {
  readonly workload: Workload;
  readonly reads: number;
  readonly step: number;
  readonly utilization: number;
}

function utilizationDecision({ workload, reads, step, utilization }: Aim, facts: Facts): Decision {
  return Decision.derive({
    path: PATH,
    name: 'targetUtilization',
    value: utilization,
    unit: 'share',
    formula: `a rise of ${formatNumber(step)}x is bridged until autoscaling answers = ${utilization}`,
    inputs: {
      readUnitsPerSecond: reads, peakOverAverage: workload.peak.perSecond / workload.average.perSecond, knownPayers: 1 - facts.number(UNKNOWN),
    },
    binding: 'a cache that is lost at the peak: every payer is read once more',
    rejected: [{
      option: `${facts.number('target/dynamodb.autoscalingUtilization')} as elsewhere`,
      because: 'a lost cache would be throttled until autoscaling answers',
    }],
    facts: [...UTILIZATION_FACTS, ...LAG_FACTS, UNKNOWN, LEAST],
  });
}

function boundDecision(name: string, value: number, rate: number, mode: CapacityMode, formula: string, binding: string): Decision {
  return Decision.derive({
    path: PATH,
    name,
    value,
    unit: 'read units/s',
    formula: mode === 'provisioned' ? `${formula} = ${formatNumber(value)}` : 'paid by request = 0',
    inputs: { readUnitsPerSecond: rate },
    binding: mode === 'provisioned' ? binding : 'nothing is provisioned on demand',
    facts: [READ_HOUR],
  });
}
