import type { Bill, BillChange, BillDiff } from '../cost';
import { atLeast, money, perMillion, quantityText, signed } from './cost-text';
import { cell } from './markdown';

/** Changes that a pull request is told one by one. */
const SHOWN_CHANGES = 20;
const CENT = 0.005;
/** Share of the largest change below which others are told together: a reviewer looks for what the change does, not for what follows from it. */
const SMALL = 0.01;

/** What a change costs, as Markdown for a pull request: the totals first, then the changes, largest first. */
export function renderCostDiff(diff: BillDiff): string {
  const { base, head } = diff;
  const changes = grouped(diff.changes).filter(({ usd }) => Math.abs(usd) >= CENT);
  const telling = changes.filter(({ usd }) => Math.abs(usd) >= SMALL * Math.abs(changes[0].usd)).slice(0, SHOWN_CHANGES);
  const rest = changes.slice(telling.length);
  return [
    `### Cost: ${diff.usd === 0 ? 'no change' : `${signed(diff.usd)} a month${Number.isFinite(diff.share) ? ` (${diff.share > 0 ? '+' : ''}${(100 * diff.share).toFixed(1)} %)` : ''}`}`,
    '',
    '| | before | after | change |',
    '|---|---:|---:|---:|',
    totalRow('a month, low', base, head, (it) => it.perMonth.low, money),
    totalRow('a month, typical', base, head, (it) => it.perMonth.typical, money),
    totalRow('a month, high', base, head, (it) => it.perMonth.high, money),
    totalRow('a million payments', base, head, (it) => it.perMillionPayments.typical, perMillion),
    '',
    ...(changes.length === 0 ? ['No line of the bill changes.'] : [
      '| change | resource | what | before | after | why |',
      '|---:|---|---|---:|---:|---|',
      ...telling.map(changeRow),
      ...(rest.length === 0 ? [] : [`| ${signed(rest.reduce((sum, { usd }) => sum + usd, 0))} | ${rest.length} smaller changes | | | | |`]),
    ]),
    '',
    ...(diff.newlyUnpriced.length === 0 ? [] : [`Not priced, and new: ${diff.newlyUnpriced.map((type) => `\`${type}\``).join(', ')}. The totals are lower bounds.`, '']),
    `At ${quantityText(head.payments.typical)} payments a month, ${head.commitment === 'none' ? 'nothing committed' : 'committed for a year'}.`,
    '',
  ].join('\n');
}

/** Changes of the same thing in each of several cells, tables or the like as one, the largest first. */
function grouped(changes: readonly BillChange[]): BillChange[] {
  const groups = new Map<string, BillChange[]>();
  for (const change of changes) {
    const key = [change.resource.replace(/\d+/g, '*'), change.what, change.unit, change.change].join('\n');
    groups.set(key, [...groups.get(key) ?? [], change]);
  }
  return [...groups.values()].map((group) => (group.length === 1 ? group[0] : together(group))).sort((a, b) => Math.abs(b.usd) - Math.abs(a.usd));
}

function together(group: readonly BillChange[]): BillChange {
  const sum = (of: (it: BillChange) => number): number => group.reduce((total, it) => total + of(it), 0);
  return {
    ...group[0],
    resource: commonPath(group.map(({ resource }) => resource)),
    what: `${group[0].what} (${group.length} of them)`,
    quantityBefore: sum((it) => it.quantityBefore),
    quantityAfter: sum((it) => it.quantityAfter),
    usdBefore: sum((it) => it.usdBefore),
    usdAfter: sum((it) => it.usdAfter),
    usd: sum((it) => it.usd),
  };
}

/** Paths that differ in numbers alone as one, with a star where they do. */
function commonPath(paths: readonly string[]): string {
  const parts = paths.map((it) => it.split(/(\d+)/));
  return parts[0].map((part, index) => (parts.every((it) => it[index] === part) ? part : '*')).join('');
}

function totalRow(name: string, base: Bill, head: Bill, of: (bill: Bill) => number, text: (usd: number) => string): string {
  const [before, after] = [of(base), of(head)];
  const change = after - before;
  const sign = change > 0 ? '+' : change < 0 ? '-' : '';
  return `| ${name} | ${atLeast(base.atLeast, text(before))} | ${atLeast(head.atLeast, text(after))} | ${sign}${text(Math.abs(change))} |`;
}

function changeRow(it: BillChange): string {
  const side = (quantity: number, usd: number, there: boolean): string => (there ? `${quantityText(quantity)} ${it.unit}, ${money(usd)}` : '');
  return `| ${signed(it.usd)} | \`${cell(it.resource)}\` | ${cell(it.what)} | ${side(it.quantityBefore, it.usdBefore, it.change !== 'added')} `
    + `| ${side(it.quantityAfter, it.usdAfter, it.change !== 'removed')} | ${cell(it.why)} |`;
}
