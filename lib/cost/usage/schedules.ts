import { HOURS_PER_MONTH } from '../../sizing/monthly-cost';
import type { TopologyResource } from '../../topology';
import { textOf } from './properties';

const DAYS_PER_MONTH = HOURS_PER_MONTH / 24;
const MINUTES = { minute: 1, hour: 60, day: 24 * 60 } as const;

/**
 * Calls of a month by a `rate(…)` or `cron(…)` expression. Undefined for a resource without one, and for an expression that does not repeat.
 * Source: EventBridge Scheduler, "Schedule types".
 */
export function scheduledCallsPerMonth(resource: TopologyResource): number | undefined {
  const expression = textOf(resource, 'ScheduleExpression');
  if (expression === undefined) {
    return undefined;
  }
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate !== null) {
    return HOURS_PER_MONTH * 60 / (Number(rate[1]) * MINUTES[rate[2] as keyof typeof MINUTES]);
  }
  const cron = /^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$/.exec(expression);
  if (cron === null) {
    return undefined;
  }
  const [, minutes, hours, days, months, weekdays] = cron;
  const ofDays = days !== '*' && days !== '?' ? count(days, DAYS_PER_MONTH) / DAYS_PER_MONTH : weekdays !== '*' && weekdays !== '?' ? count(weekdays, 7) / 7 : 1;
  return count(minutes, 60) * count(hours, 24) * DAYS_PER_MONTH * ofDays * count(months, 12) / 12;
}

/** Values that a field of a cron expression takes, of so many. */
function count(field: string, all: number): number {
  return field.split(',').reduce((sum, part) => {
    const [range, step] = part.split('/');
    const [from, to] = range.split('-').map(Number);
    const values = range === '*' || range === '?' || step !== undefined && to === undefined ? all : to === undefined || Number.isNaN(to) ? 1 : to - from + 1;
    return sum + Math.max(1, Math.floor(values / Number(step ?? 1)));
  }, 0);
}
