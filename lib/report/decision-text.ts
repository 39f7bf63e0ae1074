import { Decision, formatNumber, formatShare } from '../sizing';

/** The value of a decision with its unit. */
export function valueText(decision: Decision): string {
  const { value, unit } = decision;
  const text = typeof value === 'number' ? formatNumber(value) : value === true ? 'yes' : value === false ? 'no' : value;
  return unit === '' ? text : `${text} ${value === 1 ? singular(unit) : unit}`;
}

/** One of what a unit counts; symbols such as `ms` and rates stay as they are. */
function singular(unit: string): string {
  return unit.length < 4 || unit.includes('/') ? unit : unit.replace(/(?<=ch)es$|(?<!s)s$/, '');
}

/** The share of the value that the peak leaves unused; empty where there is none. */
export function headroomText(decision: Decision): string {
  return decision.headroom === undefined ? '' : formatShare(decision.headroom);
}

/** How much of its quota a decision uses, with a mark where that is more than all of it; empty where there is none. */
export function quotaText(decision: Decision): string {
  const { quota } = decision;
  if (quota === undefined) {
    return '';
  }
  const share = formatShare(quota.used / quota.value);
  return quota.used > quota.value ? `${share} !` : share;
}
