import type { Comparison } from '../cost';
import { money } from './cost-text';
import { alignColumns, wrap } from './text';

/** A comparison for the terminal: what each option costs a month, low, typical and high, what it costs beside money, and how it is computed. */
export function renderComparison({ options, notes }: Comparison, width: number = 120): string {
  const worked = options.some(({ work }) => work.high > 0);
  return [
    ...alignColumns([
      ['a month', 'low', 'typical', 'high', ...(worked ? ['of it billed', 'work'] : [])],
      ...options.map(({ name, total, billed, work }) => [
        name, money(total.low), money(total.typical), money(total.high), ...(worked ? [money(billed.typical), money(work.typical)] : []),
      ]),
    ], worked ? [1, 2, 3, 4, 5] : [1, 2, 3]),
    '',
    ...options.flatMap(({ name, price, why }) => [...wrap(`${name}: ${price}`, width), ...wrap(`  ${why}`, width)]),
    '',
    ...notes.flatMap((note) => wrap(note, width)),
    '',
  ].join('\n');
}
