import { drawnKeyOf } from './client-entry';
import { paymentsOf, type PlannedFault, type PlannedRequest, type Scenario } from './scenario';
import type { SimulationResult } from './simulation';

/** Runs that a search for a smaller case may take. */
const MOST_RUNS = 150;

/** A smaller scenario that violates the same invariant, and what its run came to. */
export interface ShrunkCase {
  readonly scenario: Scenario;
  readonly result: SimulationResult;
  readonly runs: number;
}

/**
 * Makes a failing scenario smaller: first fewer faults, then fewer requests, then fewer payments of each.
 *
 * @param simulate runs a scenario
 * @param invariant what the smaller ones have to violate too
 */
export async function shrink(
  failing: Scenario, failed: SimulationResult, invariant: string, simulate: (scenario: Scenario) => Promise<SimulationResult>,
): Promise<ShrunkCase> {
  const search = new Search(failing, failed, invariant, simulate);
  await search.reduce((scenario) => scenario.faults, (scenario, faults: readonly PlannedFault[]) => ({ ...scenario, faults }));
  await search.reduce((scenario) => scenario.requests, (scenario, requests: readonly PlannedRequest[]) => ({ ...scenario, requests }));
  for (let index = 0; index < search.best.scenario.requests.length; index++) {
    await search.reduce(
      (scenario) => scenario.requests[index].payments,
      (scenario, payments: PlannedRequest['payments']) => ({
        ...scenario,
        requests: scenario.requests.map((request, position) => (position === index ? { ...request, payments } : request)),
      }),
      1,
    );
  }
  return search.best;
}

/** A scenario for people: what is set up, what is sent, what goes wrong. */
export function describeScenario(scenario: Scenario): string[] {
  const { mode, configuration, requests, faults } = scenario;
  return [
    `${mode}, ${requests.length} requests with ${paymentsOf(scenario)} payments, ${faults.length} faults`,
    `configuration ${JSON.stringify(configuration)}`,
    ...requests.map(({ at, payments }) => `request at ${(at / 1_000).toFixed(3)} s: ${payments.map((payment) =>
      `${payment.type} ${payment.idempotencyKey} ${payment.merchantId} ${payment.amount} ${payment.currency}${drawnKeyOf(payment) === undefined ? '' : ` of ${drawnKeyOf(payment)}`}`).join('; ')}`),
    ...faults.map(({ at, kind, ...rest }) => `fault at ${(at / 1_000).toFixed(3)} s: ${kind} ${JSON.stringify(rest)}`),
  ];
}

class Search {
  best: ShrunkCase;

  constructor(
    scenario: Scenario,
    result: SimulationResult,
    private readonly invariant: string,
    private readonly simulate: (scenario: Scenario) => Promise<SimulationResult>,
  ) {
    this.best = { scenario, result, runs: 0 };
  }

  /** Leaves out parts of a list, large ones first, for as long as the case still fails. @param fewest members that have to stay */
  async reduce<Part>(
    partsOf: (scenario: Scenario) => readonly Part[], withParts: (scenario: Scenario, parts: readonly Part[]) => Scenario, fewest = 0,
  ): Promise<void> {
    for (let size = partsOf(this.best.scenario).length; size >= 1; size = Math.floor(size / 2)) {
      for (let start = 0; start < partsOf(this.best.scenario).length;) {
        const parts = partsOf(this.best.scenario);
        const smaller = [...parts.slice(0, start), ...parts.slice(start + size)];
        const removed = smaller.length >= fewest && await this.stillFails(withParts(this.best.scenario, smaller));
        start += removed ? 0 : size;
      }
    }
  }

  private async stillFails(scenario: Scenario): Promise<boolean> {
    const { runs } = this.best;
    if (runs >= MOST_RUNS) {
      return false;
    }
    const result = await this.simulate(scenario);
    const fails = result.violations.some(({ invariant }) => invariant === this.invariant);
    this.best = fails ? { scenario, result, runs: runs + 1 } : { ...this.best, runs: runs + 1 };
    return fails;
  }
}
