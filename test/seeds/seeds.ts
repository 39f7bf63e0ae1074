// First, because it watches what the others keep a reference to.
import './guard';
import type { Defect } from '../verify-checker/planted/defect';
import { randomScenario } from './random-scenario';
import { type ShrunkCase, shrink } from './shrink';
import { StrikeTotals } from './strikes';
import { simulate, type SimulationResult } from './simulation';

/** Runs the scenario of a seed. */
export function runSeed(seed: number, defect?: Defect): Promise<SimulationResult> {
  return simulate(randomScenario(seed), defect);
}

/** A seed whose run violated something. */
export interface FailingSeed {
  readonly seed: number;
  readonly result: SimulationResult;
}

/** What many seeds came to. */
export interface SeedsReport {
  /** Seeds that were run. */
  readonly seeds: number;
  readonly failing: readonly FailingSeed[];
  readonly events: number;
  readonly acknowledgements: number;
  readonly strikes: StrikeTotals;
}

export interface SeedsProps {
  readonly first: number;
  readonly count: number;
  /** What is planted. @default - nothing */
  readonly defect?: Defect;
  /** Ends at the first seed that violates something. @default false */
  readonly untilFound?: boolean;
  /** Told of each seed when it is over. */
  readonly onSeed?: (seed: number, result: SimulationResult) => void;
}

/** Runs one seed after the other. */
export async function runSeeds({ first, count, defect, untilFound = false, onSeed }: SeedsProps): Promise<SeedsReport> {
  const failing: FailingSeed[] = [];
  const strikes = new StrikeTotals();
  let [seeds, events, acknowledgements] = [0, 0, 0];
  for (let seed = first; seed < first + count && !(untilFound && failing.length > 0); seed++) {
    const result = await runSeed(seed, defect);
    seeds += 1;
    events += result.events;
    strikes.add(result);
    acknowledgements += result.acknowledgements;
    if (result.violations.length > 0) {
      failing.push({ seed, result });
    }
    onSeed?.(seed, result);
  }
  return { seeds, failing, events, acknowledgements, strikes };
}

/** The smallest case of a failing seed that still violates what it violated first. */
export function shrinkSeed({ seed, result }: FailingSeed, defect?: Defect): Promise<ShrunkCase> {
  return shrink(randomScenario(seed), result, result.violations[0].invariant, (scenario) => simulate(scenario, defect));
}
