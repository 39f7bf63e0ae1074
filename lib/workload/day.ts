import { refuse } from './validation';

const MILLISECONDS_A_DAY = 86_400_000;

/**
 * A day of the calendar as the number of days since 1970-01-01.
 *
 * @throws Error unless the text is a day like 2027-11-01
 */
export function dayNumber(property: string, day: string): number {
  const milliseconds = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(day) : Number.NaN;
  // Date.parse takes 2027-02-30 for the 2nd of March.
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString().slice(0, 10) !== day) {
    refuse(property, 'a day like 2027-11-01', day);
  }
  return milliseconds / MILLISECONDS_A_DAY;
}

/** The day of a number, as text. */
export function dayText(number: number): string {
  return new Date(number * MILLISECONDS_A_DAY).toISOString().slice(0, 10);
}

/** Years from one day to a later one, by the calendar: from 2026-11-01 to 2027-11-01 it is exactly one, leap year or not. */
export function yearsBetween(from: number, to: number): number {
  let years = 0;
  while (anniversary(from, years + 1) <= to) {
    years++;
  }
  const last = anniversary(from, years);
  return years + (to - last) / (anniversary(from, years + 1) - last);
}

/** The same day of the calendar some years later; the 1st of March for a 29th of February that is not there. */
export function anniversary(from: number, years: number): number {
  const first = new Date(from * MILLISECONDS_A_DAY);
  return Date.UTC(first.getUTCFullYear() + years, first.getUTCMonth(), first.getUTCDate()) / MILLISECONDS_A_DAY;
}
