import type { FactRow } from './fact';

const MILLISECONDS_PER_DAY = 86_400_000;

/**
 * Days between the evidence of a fact and a day, in UTC. Evidence that is known by its month or year counts from the first day of it, so
 * that a fact never passes for younger than it is. Never negative; undefined for a fact without a date.
 */
export function ageInDays(fact: Pick<FactRow, 'asOf'>, today: Date): number | undefined {
  if (fact.asOf === null) {
    return undefined;
  }
  const [year, month = 1, day = 1] = fact.asOf.split('-').map(Number);
  return Math.max(0, Math.floor((today.getTime() - Date.UTC(year, month - 1, day)) / MILLISECONDS_PER_DAY));
}

/**
 * Whether a fact should be looked up again: its evidence is older than so many days, or has no date. What this kit chose and what the user
 * stated is no evidence and does not age.
 */
export function isStale(fact: Pick<FactRow, 'asOf' | 'confidence'>, days: number, today: Date): boolean {
  if (fact.confidence === 'chosen' || fact.confidence === 'stated') {
    return false;
  }
  const age = ageInDays(fact, today);
  return age === undefined || age > days;
}
