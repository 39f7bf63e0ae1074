import type { PriceComparison, PriceUpdate, RefreshedFacts } from '../cost/price-list';
import { alignColumns, truncate, wrap } from './text';

export interface PriceTableOptions {
  /** Price lists that could not be read. */
  readonly unread: readonly { readonly service: string; readonly why: string }[];
  readonly refreshed: RefreshedFacts;
  /** File that was written. @default - none */
  readonly writtenTo?: string;
  /**
   * Characters of a line.
   *
   * @default 120
   */
  readonly width?: number;
}

/** Our prices beside those of price lists, for the terminal: what changed first. */
export function renderPriceComparison(comparison: PriceComparison, options: PriceTableOptions): string {
  const width = options.width ?? 120;
  const { changed, same, missing, region } = comparison;
  const { kept, doubtful, written } = options.refreshed;
  const mark = (it: PriceUpdate): string => (it.doubtful ? 'another unit?' : kept.includes(it.id) ? 'yours' : '');
  return [
    ...(changed.length === 0 ? [`All ${same.length} prices that the lists of ${region} tell are as they are here.`] : alignColumns([
      ['price', 'old', 'new', 'change', 'unit', 'list of', ''],
      ...changed.map((it) => [it.id, priceText(it.old), priceText(it.new), percent(it.change), it.unit, `${it.service} ${it.published}`, mark(it)]),
    ], [1, 2, 3]).map((line) => truncate(line, width))),
    '',
    ...(changed.length === 0 ? [] : wrap(`${changed.length} differ and ${same.length} are the same, in ${region}.`, width)),
    ...(doubtful.length === 0 ? [] : wrap('Prices marked "another unit?" differ so much that the list states them otherwise; they are not written.', width)),
    ...(kept.length === 0 ? [] : wrap('Prices marked "yours" are stated in facts.local.json by hand, and stay.', width)),
    ...list('The lists do not tell', missing.map(({ id, why }) => `${id}: ${why}`), width),
    ...list('Not read', options.unread.map(({ service, why }) => `${service}: ${why}`), width),
    ...writtenLines(written.length, options.writtenTo),
    '',
  ].join('\n');
}

function writtenLines(count: number, file: string | undefined): string[] {
  return file !== undefined ? [`${count} written to ${file}.`] : count > 0 ? ['"--write" states them in facts.local.json.'] : [];
}

function list(title: string, lines: readonly string[], width: number): string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.flatMap((line) => wrap(`  ${line}`, width)), ''];
}

/** All digits that count, without an exponent. */
function priceText(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 10 });
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${share > 0 ? '+' : ''}${(100 * share).toFixed(1)} %` : 'new';
}
