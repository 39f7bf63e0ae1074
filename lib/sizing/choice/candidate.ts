import { Facts, isAssumption } from '../../facts';
import { Workload } from '../../workload';
import { FactTrail } from '../fact-trail';
import { formatNumber, formatSeconds } from '../format';
import { MonthlyUsd } from '../monthly-cost';

/** A place in the system that one technology takes. */
export type Seat = 'broker' | 'store' | 'cache' | 'compute' | 'streamProcessor' | 'gateway';

/** All seats, in the order in which a payment meets them. */
export const SEATS: readonly Seat[] = ['gateway', 'broker', 'compute', 'store', 'cache', 'streamProcessor'];

/** A latency, and what it is the latency of. */
export interface KnownLatency {
  readonly milliseconds: number;
  /** E.g. `to settle, p99`. */
  readonly of: string;
}

/** One technology for a seat, in the form in which it would be used here. */
export interface Candidate {
  /** Name for people, e.g. `MSK Express`. */
  readonly name: string;
  /** The technology that it is or runs, e.g. `Apache Kafka`. */
  readonly technology: string;
  /** What the common literature says of the technology, with its figure where it has one. */
  readonly figure: string;
  /** What it would take for the workload; absent where nothing here sizes it. */
  readonly size?: string;
  /** US dollars a month, over all cells; absent where they are not known. */
  readonly monthlyUsd?: MonthlyUsd;
  readonly latency?: KnownLatency;
  /** Hard reasons for which it cannot take the seat; empty where it can. */
  readonly excuses: readonly string[];
  /** Ids of the facts behind size, price and latency that are not backed by a public source. */
  readonly assumptions: readonly string[];
}

/** What a model says of a technology. */
export interface SizedCandidate {
  readonly size: string;
  readonly monthlyUsd: MonthlyUsd;
  readonly latency?: KnownLatency;
  /** @default - none */
  readonly excuses?: readonly string[];
}

/** What is known of a technology before any model is asked. */
export interface CandidateIdentity {
  readonly name: string;
  readonly technology: string;
  readonly figure: string;
}

/** A candidate that is listed without a model: it needs a reason. */
export function listed(identity: CandidateIdentity, excuse: string, size?: string): Candidate {
  return { ...identity, ...(size !== undefined && { size }), excuses: [excuse], assumptions: [] };
}

/**
 * A candidate that a model sizes. Where the model refuses the workload, the size is that of the workload with `relaxed` applied, so that a reader
 * still sees what it would take; the excuse is its lateness, or else the sentence of the model.
 */
export function modelled(
  identity: CandidateIdentity, workload: Workload, facts: Facts, size: (workload: Workload, facts: Facts) => SizedCandidate,
  relaxed?: (workload: Workload) => Workload,
): Candidate {
  const trail = new FactTrail(facts);
  const first = attempt(() => size(workload, trail));
  const sized = first.value ?? (relaxed === undefined ? undefined : attempt(() => size(relaxed(workload), trail)).value);
  const late = first.refusal === undefined || sized?.latency === undefined ? [] : lateExcuse(sized.latency.milliseconds, workload);
  const refusal = first.refusal === undefined || late.length > 0 ? late : [first.refusal];
  return {
    ...identity,
    ...(sized !== undefined && { size: sized.size, monthlyUsd: sized.monthlyUsd }),
    ...(sized?.latency !== undefined && { latency: sized.latency }),
    excuses: [...refusal, ...(sized?.excuses ?? [])],
    assumptions: trail.ids().filter((id) => !id.startsWith('target/') && isAssumption(trail.get(id))),
  };
}

interface Attempt<T> {
  readonly value?: T;
  readonly refusal?: string;
}

function attempt<T>(run: () => T): Attempt<T> {
  try {
    return { value: run() };
  } catch (error) {
    return { refusal: (error as Error).message };
  }
}

/** The share of one cell with the average that it really has: others carry no payments of a lost one for a whole month. */
export function cellOf(workload: Workload): Workload {
  const cell = workload.cellShare();
  return cell.with({ average: workload.average.times(1 / workload.cells) });
}

/** The same in each of so many cells. */
export function timesCells(usd: MonthlyUsd, cells: number): MonthlyUsd {
  return { low: usd.low * cells, typical: usd.typical * cells, high: usd.high * cells };
}

/** Words after the size of one cell. */
export function inCells(size: string, cells: number): string {
  return cells === 1 ? size : `${size} in each of ${cells} cells`;
}

/** The excuse of what settles too late; none where the target bounds another percentile than is known. */
export function lateExcuse(settleMilliseconds: number, workload: Workload): string[] {
  const { milliseconds, percentile } = workload.latencyTarget.settle;
  return percentile >= 99 && settleMilliseconds > milliseconds
    ? [`settles at p99 within ${formatSeconds(settleMilliseconds / 1000)} at best, the target is ${formatSeconds(milliseconds / 1000)} at p${formatNumber(percentile)}`]
    : [];
}
