import { losers } from '../sizing-option';
import { Candidate } from './candidate';

/**
 * The candidate that takes the seat: of those without an excuse and with a known price the cheapest at the average rate, of equal ones (in whole
 * dollars) the one that answers sooner, of equal ones again the first. Nothing where none is left.
 */
export function pick(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates
    .filter((it) => it.excuses.length === 0 && it.monthlyUsd !== undefined)
    .reduce<Candidate | undefined>((best, it) => (best === undefined || before(it, best) ? it : best), undefined);
}

/** Why a candidate does not take the seat: its excuses, or what it costs more. Undefined for the one that takes it. */
export function whyNot(candidate: Candidate, chosen: Candidate | undefined): string | undefined {
  if (candidate === chosen) {
    return undefined;
  }
  const { monthlyUsd, excuses } = candidate;
  return excuses.length > 0 || monthlyUsd === undefined || chosen?.monthlyUsd === undefined ? excuses.join('; ')
    : losers([{ name: candidate.name, monthlyUsd, excuses }], { ...chosen, monthlyUsd: chosen.monthlyUsd })[0].because;
}

function before(one: Candidate, other: Candidate): boolean {
  const difference = dollarsOf(one) - dollarsOf(other);
  return difference === 0 ? latencyOf(one) < latencyOf(other) : difference < 0;
}

function dollarsOf(candidate: Candidate): number {
  return Math.round(candidate.monthlyUsd!.typical);
}

function latencyOf(candidate: Candidate): number {
  return candidate.latency?.milliseconds ?? Infinity;
}
