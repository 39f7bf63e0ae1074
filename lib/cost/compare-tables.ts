import { Facts } from '../facts';
import { sizeLedger, sizeProjector, sizeTableCapacityMode } from '../sizing';
import { BILLED_GB } from '../sizing/monthly-cost';
import type { Workload } from '../workload';
import { type ComparedOption, type Comparison, ranked } from './comparison';
import { spread } from './spread';

const NO_WORK = spread(() => 0);
const SECONDS_PER_DAY = 86_400;

/**
 * The tables of ledger and balances paid by request, by provisioned units, and by units that are reserved for a year; and what a day more of rows
 * costs.
 */
export function compareTables(workload: Workload, facts: Facts = Facts.DEFAULT): Comparison {
  const ledger = sizeLedger(workload, facts);
  const sizing = sizeTableCapacityMode(workload, ledger, facts, sizeProjector(workload, ledger, facts));
  const decision = (name: string) => sizing.decisions.find((it) => it.name === name)!;
  const { inputs } = decision('capacityMode');
  const option = (name: string, usd: number, why: string, price: string): ComparedOption => {
    const billed = spread(() => usd);
    return { name, billed, work: NO_WORK, total: billed, why, price };
  };
  const utilization = sizing.targetUtilization;
  const gigabytesOfDay = sizing.storedBytes / (ledger.timeToLive.toSeconds() / SECONDS_PER_DAY) / BILLED_GB;
  const ofDay = gigabytesOfDay * (facts.price('dynamodb/storage.gbMonth') + facts.price('dynamodb/pitr.gbMonth'));
  return {
    of: 'tables',
    options: ranked([
      option('by request', Number(inputs.onDemandDollars), 'requests of a month at the average rate', 'none: a rise to twice the last peak is taken at once'),
      option('provisioned, with scaling', Number(inputs.provisionedDollars), `units for the rate at ${100 * utilization} %, or for the peak where it rises too fast`,
        `a rise of more than ${decision('largestStep').value} times at once is throttled for minutes`),
      option('provisioned and reserved for a year', Number(inputs.reservedDollars), `units for the peak at ${100 * utilization} %, half of them paid ahead`, 'a year is paid, used or not'),
    ]),
    notes: [
      `Provisioned units for the peak cost less than requests while the peak is below ${decision('breakEvenPeakOverAverage').value} times the average; here it is ${round(workload.peak.perSecond / workload.average.perSecond)}.`,
      `A day more of ledger is ${round(gigabytesOfDay)} GB: $${Math.round(ofDay)} a month with point-in-time recovery, however its units are paid for.`,
    ],
  };
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
