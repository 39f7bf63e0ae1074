import { randomScenario } from './random-scenario';
import { paymentsOf, type Scenario } from './scenario';
import { describeScenario, shrink } from './shrink';
import type { SimulationResult } from './simulation';

/** A scenario with at least two faults and a refund. */
const SCENARIO = Array.from({ length: 100 }, (_, seed) => randomScenario(seed)).find((scenario) =>
  scenario.faults.length > 4 && scenario.requests.length > 8 && refundOf(scenario) !== undefined) as Scenario;
const REFUND = refundOf(SCENARIO) as string;
const FAULT = SCENARIO.faults[2];

function refundOf({ requests }: Scenario): string | undefined {
  return requests.flatMap(({ payments }) => payments).find(({ type }) => type === 'refund')?.idempotencyKey;
}

function result(violations: SimulationResult['violations']): SimulationResult {
  return { violations, traceHash: '', traceTail: [], traceLines: 0, events: 0, acknowledgements: 0, drainSeconds: 0, scheduled: [], strikes: {} };
}

/** Fails whenever one fault and one refund are there. */
async function simulate(scenario: Scenario): Promise<SimulationResult> {
  const sendsRefund = scenario.requests.some(({ payments }) => payments.some(({ idempotencyKey }) => idempotencyKey === REFUND));
  const fails = scenario.faults.includes(FAULT) && sendsRefund;
  return result(fails ? [{ invariant: 'INV1', text: 'a difference' }] : []);
}

describe('shrinking', () => {
  test('leaves only the fault and the payments without which nothing fails', async () => {
    const { scenario, runs } = await shrink(SCENARIO, await simulate(SCENARIO), 'INV1', simulate);
    expect(scenario.faults).toEqual([FAULT]);
    expect(paymentsOf(scenario)).toBe(1);
    expect(scenario.requests[0].payments[0].idempotencyKey).toBe(REFUND);
    expect(runs).toBeLessThanOrEqual(150);
    expect({ ...scenario, faults: [], requests: [] }).toEqual({ ...SCENARIO, faults: [], requests: [] });
  });

  test('does not take another violation for the same', async () => {
    const other = async (scenario: Scenario): Promise<SimulationResult> =>
      result([{ invariant: scenario.faults.length === SCENARIO.faults.length ? 'INV1' : 'INV3', text: '' }]);
    const { scenario } = await shrink(SCENARIO, await other(SCENARIO), 'INV1', other);
    expect(scenario.faults).toHaveLength(SCENARIO.faults.length);
  });

  test('describes a case with everything that is sent and goes wrong', async () => {
    const { scenario } = await shrink(SCENARIO, await simulate(SCENARIO), 'INV1', simulate);
    const lines = describeScenario(scenario);
    expect(lines[0]).toBe(`${SCENARIO.mode}, 1 requests with 1 payments, 1 faults`);
    expect(lines.join('\n')).toContain(REFUND);
    expect(lines.join('\n')).toContain(FAULT.kind);
  });
});
