import { randomScenario } from './random-scenario';
import { simulate } from './simulation';
import type { Scenario } from './scenario';
import type { Defect } from '../verify-checker/planted/defect';

jest.setTimeout(60_000);

/** The first seeds that have an archiver, without faults. */
const SCENARIOS: readonly Scenario[] = Array.from({ length: 20 }, (_, seed) => ({ ...randomScenario(seed), faults: [] }))
  .filter(({ configuration: { archiver } }) => archiver !== undefined).slice(0, 3);

/** A bucket that forgets one object: the second of those that the name belongs to. */
function forgetful(name: string): Defect {
  let puts = 0;
  return {
    archive: (correct) => ({
      ...correct,
      put: async (key, body, options) => (key.includes(name) && ++puts === 2 ? 'written' : correct.put(key, body, options)),
    }),
  };
}

test('a half of the seeds has an archiver, whose faults are drawn without touching the rest', () => {
  const scenarios = Array.from({ length: 200 }, (_, seed) => randomScenario(seed));
  const archived = scenarios.filter(({ configuration: { archiver } }) => archiver !== undefined);
  expect(archived.length).toBeGreaterThan(70);
  expect(archived.length).toBeLessThan(130);
  const struck = archived.flatMap(({ faults }) => faults).filter((fault) => 'function' in fault && fault.function === 'audit-archiver');
  expect(new Set(struck.map(({ kind }) => kind))).toEqual(new Set(['kill-worker', 'zombie-worker']));
});

test.each(['.gz', '.json'])('an object %s that the archive has lost is found as a violation of INV5', async (name) => {
  const found: string[][] = [];
  for (const scenario of SCENARIOS) {
    const { violations } = await simulate(scenario, forgetful(name));
    found.push(violations.map(({ invariant }) => invariant));
  }
  expect(new Set(found.flat())).toEqual(new Set(['INV5']));
});
