import { Facts } from '../../../lib/facts';
import { type Decision, SizingPlan } from '../../../lib/sizing';
import { brokenLaws } from './decision-laws';

/** Expects decisions that keep all laws, each with a name of its own and a figure in every rejected option. */
export function expectExplained(decisions: readonly Decision[], facts: Facts = Facts.DEFAULT): void {
  expect(() => new SizingPlan(decisions)).not.toThrow();
  expect(decisions.flatMap((it) => brokenLaws(it, facts))).toEqual([]);
  expect(decisions.flatMap((it) => it.rejected.filter(({ because }) => !/\d/.test(because)).map(({ because }) => `${it.name}: ${because}`))).toEqual([]);
}
