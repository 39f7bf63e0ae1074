import { formatNumber } from '../sizing';
import type { Candidate, Seat, SeatChoice } from '../sizing/choice';
import type { Workload } from '../workload';

/** Names of the seats for people. */
export const SEAT_NAMES: { readonly [seat in Seat]: string } = {
  gateway: 'Gateway', broker: 'Message broker', compute: 'Worker compute', store: 'Ledger store', cache: 'Cache', streamProcessor: 'Stream processor',
};

/** The workload in one line, as far as it decides anything here. */
export function workloadText(workload: Workload): string {
  const { settle } = workload.latencyTarget;
  return [
    `${formatNumber(workload.peak.perSecond)} payments/s at the peak`,
    `${formatNumber(workload.average.perSecond)}/s on average`,
    `${formatNumber(workload.payloadSize.meanBytes)} B each`,
    `${formatNumber(workload.paymentsPerRequest)} a request`,
    `${workload.cells} ${workload.cells === 1 ? 'cell' : 'cells'}`,
    `settle within ${formatNumber(settle.milliseconds)} ms at p${formatNumber(settle.percentile)}`,
  ].join(', ');
}

/** A month's price in whole dollars; `-` where it is not known. */
export function priceText(candidate: Candidate): string {
  return candidate.monthlyUsd === undefined ? '-' : usd(candidate.monthlyUsd.typical);
}

/** The band of that price. */
export function bandText({ low, high }: NonNullable<Candidate['monthlyUsd']>): string {
  return `${usd(low)} without load, ${usd(high)} at the peak all month`;
}

/** Latency with its unit; `-` where it is not known. */
export function latencyText(candidate: Candidate): string {
  return candidate.latency === undefined ? '-' : `${formatNumber(candidate.latency.milliseconds)} ms`;
}

/** What gives the seat to another one, one text for each that would get it. */
export function flipTexts(choice: SeatChoice): string[] {
  const takers = [...new Set(choice.flips.map((it) => it.pick))];
  return takers.map((taker) => `${taker ?? 'nobody'}: ${choice.flips.filter((it) => it.pick === taker).map((it) => it.change).join('; ')}`);
}

/** What the profiles of the reference have, beside the pick. */
export function profileText(choice: SeatChoice): string {
  const { serverless, kubernetes } = choice.profiles;
  return `serverless ${beside(serverless, choice.pick)}; Kubernetes ${beside(kubernetes, choice.pick)}`;
}

function beside(candidate: Candidate, pick: Candidate | undefined): string {
  return candidate === pick ? `${candidate.name} (the pick)` : `${candidate.name} (${candidate.monthlyUsd === undefined ? 'not priced' : usd(candidate.monthlyUsd.typical)})`;
}

function usd(dollars: number): string {
  return `$${formatNumber(Math.round(dollars), 15)}`;
}
