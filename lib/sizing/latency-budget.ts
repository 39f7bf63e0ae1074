import { Facts, isAssumption } from '../facts';
import { LatencyBound, Workload } from '../workload';
import { Decision } from './decision';
import { quantile, seededSource, TimeDraw } from './latency-draws';
import { acceptHops, Hop, settleHops } from './latency-hops';
import { cellDecisions, latencySizes, LatencySizes } from './latency-sizes';

/** What one step of a payment takes. */
export interface LatencyHop {
  readonly name: string;
  /** How the time was modelled, in words and with its numbers. */
  readonly model: string;
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  /** Share that this hop has in the time of payments around the percentile of the target. */
  readonly shareOfTail: number;
  /** Whether a fact in it has no good source, so that the time is assumed. */
  readonly assumption: boolean;
  /** Ids of the facts in it. */
  readonly facts: readonly string[];
}

/** A time, and what it would be if all assumed times were shorter or longer; at the high end slower times that were reported count as well. */
export interface TimeBand {
  readonly low: number;
  readonly typical: number;
  readonly high: number;
}

/**
 * Whether a prediction keeps its target.
 *
 * - `met`: even if all assumed times are longer.
 * - `metOnAssumptions`: if assumed times are right.
 * - `notShown`: not even then.
 */
export type LatencyVerdict = 'met' | 'metOnAssumptions' | 'notShown';

/** The time from a request until something has happened, hop by hop. */
export interface LatencyPath {
  readonly hops: readonly LatencyHop[];
  readonly target: LatencyBound;
  readonly p50Milliseconds: TimeBand;
  readonly p99Milliseconds: TimeBand;
  /** At the percentile of the target. */
  readonly predictedMilliseconds: TimeBand;
  readonly verdict: LatencyVerdict;
  /** Name of the hop with the largest share around that percentile. */
  readonly slowest: string;
  /** Sum of the 99th percentiles of the hops: what it would be at p99 if all hops were slow for the same payments. */
  readonly sumOfP99Milliseconds: number;
}

/** Times that a workload's payments are predicted to take in one cell, at the stated peak. */
export interface LatencyBudget {
  /** From the request at the edge to the answer 202, when the payment is durable in the stream. */
  readonly accept: LatencyPath;
  /** From the request at the edge to the effect in the ledger. */
  readonly settle: LatencyPath;
  readonly sizes: LatencySizes;
  /** By which assumed times are taken to be off, either way, in the bands. */
  readonly assumptionFactor: number;
  readonly draws: number;
}

export interface LatencyBudgetOptions {
  /**
   * Decisions of a plan, whose sizes count.
   *
   * @default - what the sizing functions decide for the workload
   */
  readonly decisions?: readonly Decision[];
}

const DRAWS = 20_000;
const SEED = 2026;
/** Payments this far from the percentile of the target, in percent of all, count as being around it. */
const AROUND_PERCENT = 0.5;
const FACTOR = 'target/latency.assumptionFactor';

/**
 * Predicts how long a payment takes. Hops are lognormal through the median and 99th percentile of their facts, or what queueing says; 20,000
 * seeded draws of all hops are added up, so hops count as independent of each other. Refunds, cold starts and retries are not in it.
 *
 * @param workload that of one cell
 * @throws Error when the decisions that were given have no stream, worker and tier
 */
export function latencyBudget(workload: Workload, facts: Facts = Facts.DEFAULT, options: LatencyBudgetOptions = {}): LatencyBudget {
  const sizes = latencySizes(options.decisions ?? cellDecisions(workload, facts));
  const factor = facts.number(FACTOR);
  const accept = acceptHops(workload, sizes, facts);
  const hops = [...accept, ...settleHops(workload, sizes, facts)].map((hop, index) => drawHop(hop, SEED + index, facts));
  return {
    accept: pathOf(hops.slice(0, accept.length), workload.latencyTarget.accept, factor),
    settle: pathOf(hops, workload.latencyTarget.settle, factor),
    sizes,
    assumptionFactor: factor,
    draws: DRAWS,
  };
}

/** A hop and its times, one for each draw. */
interface DrawnHop {
  readonly hop: Hop;
  readonly assumption: boolean;
  readonly times: Float64Array;
  /** Times at the high end of the band that do not follow from the others. */
  readonly reported?: Float64Array;
  readonly p50: number;
  readonly p99: number;
}

/** Every hop has numbers of its own, so that another hop more or less leaves its times as they are. */
function drawHop(hop: Hop, seed: number, facts: Facts): DrawnHop {
  const drawn = (draw: TimeDraw): Float64Array => {
    const random = seededSource(seed);
    return Float64Array.from({ length: DRAWS }, () => draw(random));
  };
  const times = drawn(hop.draw);
  const order = sorted(times);
  return {
    hop,
    assumption: hop.facts.some((id) => isAssumption(facts.get(id))),
    times,
    ...(hop.reported !== undefined && { reported: drawn(hop.reported) }),
    p50: milliseconds(quantile(order, 0.5)),
    p99: milliseconds(quantile(order, 0.99)),
  };
}

function pathOf(hops: readonly DrawnHop[], target: LatencyBound, factor: number): LatencyPath {
  const totals = sums(hops.map(({ times }) => ({ times, weight: 1 })));
  const typical = sorted(totals);
  const low = sorted(sums(hops.map(({ times, assumption }) => ({ times, weight: assumption ? 1 / factor : 1 }))));
  const high = sorted(sums(hops.map(({ times, reported, assumption }) => ({
    times: reported ?? times, weight: assumption && reported === undefined ? factor : 1,
  }))));
  const bandAt = (percentile: number): TimeBand => ({
    low: milliseconds(quantile(low, percentile / 100)),
    typical: milliseconds(quantile(typical, percentile / 100)),
    high: milliseconds(quantile(high, percentile / 100)),
  });
  const shares = tailShares(hops, totals, typical, target.percentile);
  const predicted = bandAt(target.percentile);
  return {
    hops: hops.map(({ hop, assumption, p50, p99 }, index) => ({
      name: hop.name, model: hop.model, p50Milliseconds: p50, p99Milliseconds: p99, shareOfTail: shares[index], assumption, facts: hop.facts,
    })),
    target,
    p50Milliseconds: bandAt(50),
    p99Milliseconds: bandAt(99),
    predictedMilliseconds: predicted,
    verdict: predicted.high <= target.milliseconds ? 'met' : predicted.typical <= target.milliseconds ? 'metOnAssumptions' : 'notShown',
    slowest: hops[shares.indexOf(Math.max(...shares))].hop.name,
    sumOfP99Milliseconds: milliseconds(hops.reduce((sum, { p99 }) => sum + p99, 0)),
  };
}

function sums(parts: readonly { readonly times: Float64Array; readonly weight: number }[]): Float64Array {
  const totals = new Float64Array(DRAWS);
  for (const { times, weight } of parts) {
    for (let draw = 0; draw < DRAWS; draw++) {
      totals[draw] += weight * times[draw];
    }
  }
  return totals;
}

/** Shares of the hops in the time of the payments whose total lies around a percentile. */
function tailShares(hops: readonly DrawnHop[], totals: Float64Array, order: Float64Array, percentile: number): number[] {
  const from = quantile(order, (percentile - AROUND_PERCENT) / 100);
  const to = quantile(order, Math.min(100, percentile + AROUND_PERCENT) / 100);
  const parts = hops.map(({ times }) => times.reduce((sum, time, draw) => (totals[draw] >= from && totals[draw] <= to ? sum + time : sum), 0));
  const all = parts.reduce((sum, part) => sum + part, 0);
  return parts.map((part) => Math.round(1000 * part / all) / 1000);
}

function sorted(values: Float64Array): Float64Array {
  return Float64Array.from(values).sort();
}

/** Three significant digits: 20,000 draws tell no more. */
function milliseconds(value: number): number {
  return Number(value.toPrecision(3));
}
