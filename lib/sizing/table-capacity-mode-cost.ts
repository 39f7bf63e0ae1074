import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp, roundDown, roundUp } from './arithmetic';
import { Decision } from './decision';
import { constant, CostLine, hourlyLine, HOURS_PER_MONTH, LoadRange, usageLine } from './monthly-cost';
import { NO_PREMIUM, RequestPremium } from './table-capacity-mode-storage';

export const UTILIZATION = 'target/dynamodb.autoscalingUtilization';
const STEADY_UTILIZATION = 'target/dynamodb.steadyUtilization';
const BREACH_MINUTES = 'dynamodb/autoscaling.breachMinutes';
const UPDATE_MINUTES = 'dynamodb/autoscaling.updateMinutes';
const BURST_SECONDS = 'dynamodb/burst.seconds';
/** Facts that decide how fully provisioned units may be used. */
export const LAG_FACTS = [BREACH_MINUTES, UPDATE_MINUTES, BURST_SECONDS, UTILIZATION];
export const UTILIZATION_FACTS = [...LAG_FACTS, STEADY_UTILIZATION];
export const WRITE_REQUEST = 'dynamodb/onDemand.wru';
export const READ_REQUEST = 'dynamodb/onDemand.rru';
export const WRITE_HOUR = 'dynamodb/provisioned.wcuHour';
export const READ_HOUR = 'dynamodb/provisioned.rcuHour';
export const PRICE_FACTS = [WRITE_REQUEST, READ_REQUEST, WRITE_HOUR, READ_HOUR];
export const RESERVED_WRITE_FACTS = ['dynamodb/reserved1y.wcu100.upfront', 'dynamodb/reserved1y.wcu100.hour'];
export const RESERVED_FACTS = [...RESERVED_WRITE_FACTS, 'dynamodb/reserved1y.rcu100.upfront', 'dynamodb/reserved1y.rcu100.hour'];
/** Reserved capacity is sold in lots. */
const RESERVED_LOT = 100;
const MONTHS_PER_YEAR = 12;

/** Units per second of one kind, ledger and balances together. */
export interface Units {
  readonly peak: number;
  readonly average: number;
  readonly decisions: readonly Decision[];
}

/** Writes and reads of the tables. */
export interface Load {
  readonly writes: Units;
  readonly reads: Units;
}

/** Whether a rise from the average to the peak at once is small enough for autoscaling. */
export function autoscalingFollows(workload: Workload, largestStep: number): boolean {
  return workload.peak.perSecond <= largestStep * workload.average.perSecond;
}

/** Seconds from a rise of the load until autoscaling has answered it. */
export function lagSeconds(facts: Facts): number {
  return 60 * (facts.number(BREACH_MINUTES) + facts.number(UPDATE_MINUTES));
}

/** Seconds of unused capacity that a table saves, as a share of the time until autoscaling answers. */
export function burstOverLag(facts: Facts): number {
  return facts.number(BURST_SECONDS) / lagSeconds(facts);
}

/**
 * The fullest use of provisioned units, as a share, at which a rise of the load to so many times what it was is still served until autoscaling has
 * answered. A load of 1 has 1/u of capacity and saves what it does not use, so that a rise to r lacks (r - 1/u) for the lag and has (1/u - 1) for the
 * burst time: u = (1 + b) / (r + b), with b the burst time over the lag.
 *
 * @param least share that is kept even where a larger rise is not served, @default 0
 */
export function utilizationForStep(step: number, facts: Facts, least: number = 0): number {
  const burst = burstOverLag(facts);
  const bridged = roundDown(PERCENT * (1 + burst) / (step + burst)) / PERCENT;
  return clamp(bridged, least, Math.max(least, facts.number(STEADY_UTILIZATION)));
}

const PERCENT = 100;

/** Utilization that autoscaling of ledger and balances aims at: the steadier the load, the fuller. */
export function targetUtilization(workload: Workload, facts: Facts): number {
  return utilizationForStep(workload.peak.perSecond / workload.average.perSecond, facts, facts.number(UTILIZATION));
}

/** What requests are billed for by themselves. */
export function onDemandLines({ writes, reads }: Load, facts: Facts, premium: RequestPremium = NO_PREMIUM): CostLine[] {
  return [
    usageLine('write requests', { typical: writes.average, high: writes.peak }, facts.number(WRITE_REQUEST) * premium.writes),
    usageLine('read requests', { typical: reads.average, high: reads.peak }, facts.number(READ_REQUEST) * premium.reads),
  ];
}

/**
 * What provisioned units are billed for. Autoscaling with a floor at the average pays for max(load, average). Over all loads up to the peak with
 * that average it is dearest for one that is either 0 or at the peak: average x (2 - average / peak). Where a step is too large for it, capacity
 * for the peak must always stand.
 */
export function provisionedLines(
  { writes, reads }: Load, utilization: number, follows: boolean, facts: Facts, premium: RequestPremium = NO_PREMIUM,
): CostLine[] {
  const units = ({ average, peak }: Units): LoadRange => (follows
    ? { low: average / utilization, typical: average * (2 - average / peak) / utilization, high: peak / utilization }
    : constant(peak / utilization));
  return [
    hourlyLine('write units', units(writes), facts.number(WRITE_HOUR) * premium.writes),
    hourlyLine('read units', units(reads), facts.number(READ_HOUR) * premium.reads),
  ];
}

/** Dollars of a month for capacity of the peak that is reserved for a year. */
export function reservedDollars({ writes, reads }: Load, utilization: number, facts: Facts): number {
  const lots = (units: Units): number => roundUp(units.peak / utilization / RESERVED_LOT);
  return RESERVED_LOT * HOURS_PER_MONTH * (lots(writes) * reservedHour('wcu100', facts) + lots(reads) * reservedHour('rcu100', facts));
}

/** Dollars of a reserved unit and hour, what is paid ahead spread over the year. */
export function reservedHour(unit: 'wcu100' | 'rcu100', facts: Facts): number {
  const upfront = facts.number(`dynamodb/reserved1y.${unit}.upfront`) / (MONTHS_PER_YEAR * HOURS_PER_MONTH);
  return (upfront + facts.number(`dynamodb/reserved1y.${unit}.hour`)) / RESERVED_LOT;
}
