import type { Bill, BillLine, Lever, Spread, StalePrice } from '../cost';
import { atLeast, money, perMillion, priceText, quantityText, spreadText, staleText, whatText } from './cost-text';
import { alignColumns, truncate, wrap } from './text';

export interface CostTableOptions {
  /**
   * Characters of a line.
   *
   * @default 120
   */
  readonly width?: number;
  /**
   * What totals are given of.
   *
   * @default 'stage'
   */
  readonly by?: 'stage' | 'stack' | 'service' | 'kind';
  /**
   * Lines that are shown, the dearest ones.
   *
   * @default 20
   */
  readonly lines?: number;
  /**
   * Prices that should be looked up again.
   *
   * @default - nothing is said of them
   */
  readonly stale?: readonly StalePrice[];
}

/** A bill for the terminal: totals, parts, the dearest lines, and what is missing. */
export function renderCostTable(bill: Bill, options: CostTableOptions = {}): string {
  const width = options.width ?? 120;
  const by = options.by ?? 'stage';
  const parts = [...bill.by((line) => (by === 'service' ? line.type.split('::').slice(0, 2).join('::') : line[by]))];
  const dearest = [...bill.lines].sort((a, b) => b.usd.typical - a.usd.typical).slice(0, options.lines ?? 20);
  return [
    ...wrap(`A month of 730 hours at ${quantityText(bill.payments.typical)} payments, ${bill.commitment === 'none' ? 'nothing committed' : 'committed for a year'}:`, width),
    '',
    ...alignColumns([
      ['', 'low', 'typical', 'high'],
      ['a month', ...spreadText(bill.perMonth, (usd) => atLeast(bill.atLeast, money(usd)))],
      ['a million payments', ...spreadText(bill.perMillionPayments, (usd) => atLeast(bill.atLeast, perMillion(usd)))],
      ...(bill.discount.high === 0 ? [] : [['discounts, taken off', ...spreadText(bill.discount, (usd) => money(-usd))]]),
    ], [1, 2, 3]),
    '',
    ...alignColumns([
      [by, 'low', 'typical', 'high', 'share', 'a million'],
      ...parts.map(([name, usd]) => [name, ...spreadText(usd, money), share(usd, bill), perMillion(bill.perMillion(usd).typical)]),
    ], [1, 2, 3, 4, 5]),
    '',
    ...alignColumns([
      ['typical', 'kind', 'quantity', 'what', 'resource'],
      ...dearest.map((line) => [money(line.usd.typical), line.kind, `${quantityText(line.quantity.typical)} ${line.unit}`, whatText(line), line.resource]),
    ], [0]).map((line) => truncate(line, width)),
    '',
    ...unpricedLines(bill, width),
    ...(options.stale === undefined || options.stale.length === 0 ? [] : [...wrap(staleText(bill, options.stale), width), '']),
    ...wrap(`${bill.lines.length} lines; "cht cost why RESOURCE" tells where one comes from. Taxes, support, free tiers and one-time charges are not in it.`, width),
    '',
  ].join('\n');
}

/** Where the lines of some resources come from, for the terminal. */
export function renderCostReasons(lines: readonly BillLine[], options: CostTableOptions = {}): string {
  const width = options.width ?? 120;
  return lines.flatMap((line) => [
    ...wrap(`${line.resource} (${line.type}): ${whatText(line)}`, width),
    ...wrap(`  ${money(line.usd.typical)} a month, ${money(line.usd.low)} to ${money(line.usd.high)}`, width),
    ...wrap(`  ${quantityText(line.quantity.typical)} ${line.unit} x $${Number(line.unitPrice.toPrecision(6))}${discountText(line)}`, width),
    ...wrap(`  ${line.kind}: ${line.why}`, width),
    ...wrap(`  price: ${priceText(line)}`, width),
    '',
  ]).join('\n');
}

/** What would make a bill smaller, for the terminal, the largest saving first. */
export function renderLevers(levers: readonly Lever[], options: CostTableOptions = {}): string {
  const width = options.width ?? 120;
  return [
    ...levers.flatMap(({ name, usd, price, why }) => [
      ...wrap(`${money(usd)} a month: ${name}`, width), ...wrap(`  costs: ${price}`, width), ...wrap(`  ${why}`, width), '',
    ]),
    levers.length === 0 ? 'Nothing known makes this bill smaller.' : 'Levers on the same lines do not add up.',
    '',
  ].join('\n');
}

function discountText({ discount, listUnitPrice }: BillLine): string {
  return discount === undefined ? '' : ` (discount: ${discount} of $${Number(listUnitPrice.toPrecision(6))})`;
}

function share(usd: Spread, bill: Bill): string {
  return bill.perMonth.typical === 0 ? '' : `${(100 * usd.typical / bill.perMonth.typical).toFixed(1)} %`;
}

function unpricedLines({ unpriced }: Bill, width: number): string[] {
  return unpriced.length === 0 ? [] : [
    'Not priced, so that the totals are lower bounds:',
    ...unpriced.flatMap(({ resource, type, why }) => wrap(`  ${resource} (${type}): ${why}`, width)),
    '',
  ];
}
