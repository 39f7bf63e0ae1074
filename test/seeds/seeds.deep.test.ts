import { runSeeds, shrinkSeed } from './seeds';
import { plantedDefect } from '../verify-checker/defects';
import { randomScenario } from './random-scenario';
import { paymentsOf } from './scenario';

test('a hundred and fifty further seeds violate nothing', async () => {
  const { failing } = await runSeeds({ first: 100_000, count: 150 });
  expect(failing.map(({ seed, result }) => ({ seed, violations: result.violations }))).toEqual([]);
});

test('a failing seed shrinks to fewer faults and payments that still fail', async () => {
  const { defect, violates } = plantedDefect('refund-keeps-refundable');
  const { failing: [found] } = await runSeeds({ first: 1, count: 50, defect, untilFound: true });
  const { scenario, result } = await shrinkSeed(found, defect);
  expect(result.violations.map(({ invariant }) => invariant)).toContain(violates);
  expect(scenario.faults).toEqual([]);
  expect(paymentsOf(scenario)).toBeLessThan(paymentsOf(randomScenario(found.seed)) / 2);
});
