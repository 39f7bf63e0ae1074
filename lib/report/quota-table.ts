import { formatNumber, formatShare } from '../sizing';
import type { PlannedQuota, QuotaPlan, QuotaRaise } from '../sizing/quota-plan';
import { alignColumns, truncate, wrap } from './text';

export interface QuotaTableOptions {
  /**
   * Characters of a line.
   *
   * @default 120
   */
  readonly width?: number;
}

const RAISES = ['quota', 'code', 'scope', 'now', 'used', 'ask for', 'mostly for'];
const NEAR = ['quota', 'code', 'scope', 'now', 'used', 'share', 'mostly for'];
/** Columns of numbers. */
const RIGHT = [3, 4, 5];

/** What a plan asks of the quotas of a region, for the terminal. Values that rest on an assumption carry a `*`. */
export function renderQuotaTable(plan: QuotaPlan, options: QuotaTableOptions = {}): string {
  const width = options.width ?? 120;
  const table = (rows: string[][]): string[] => alignColumns(rows, RIGHT).map((line) => truncate(`  ${line}`, width));
  const lines = [`Quotas of ${plan.region}`, ''];
  if (plan.exceeded.length > 0) {
    lines.push('Hard limits that are exceeded, so that nothing can be deployed:',
      ...plan.exceeded.flatMap((it) => wrap(`  ${it.sentence}.`, width)), '');
  }
  if (plan.raises.length === 0) {
    lines.push('No quota must be raised.', '');
  } else {
    lines.push('To be raised before a deployment:', ...table([RAISES, ...plan.raises.map((it) => raiseRow(it))]),
      ...leadTimes(plan).flatMap((it) => wrap(`  ${it}`, width)), '');
  }
  if (plan.near.length > 0) {
    lines.push('Kept, but near:', ...table([NEAR, ...plan.near.map((it) => nearRow(it))]), '');
  }
  if ([...plan.raises, ...plan.near].some((it) => it.assumption)) {
    lines.push('* assumed, or known of another region only', '');
  }
  return lines.join('\n');
}

/** The same as Markdown, for a pull request or a page. */
export function renderQuotaMarkdown(plan: QuotaPlan): string {
  const table = (header: string[], rows: string[][]): string[] => [
    `| ${header.join(' | ')} |`, `|${header.map((_, column) => (RIGHT.includes(column) ? '---:' : '---')).join('|')}|`,
    ...rows.map((row) => `| ${row.join(' | ')} |`), '',
  ];
  return [
    `### Quotas of ${plan.region}`, '',
    ...(plan.exceeded.length === 0 ? [] : ['Hard limits that are exceeded:', '', ...plan.exceeded.map((it) => `- ${it.sentence}`), '']),
    ...(plan.raises.length === 0
      ? ['No quota must be raised.', '']
      : ['To be raised before a deployment:', '', ...table(RAISES, plan.raises.map((it) => raiseRow(it))), ...leadTimes(plan).map((it) => `- ${it}`), '']),
    ...(plan.near.length === 0 ? [] : ['Kept, but near:', '', ...table(NEAR, plan.near.map((it) => nearRow(it)))]),
  ].join('\n');
}

function raiseRow(it: QuotaRaise): string[] {
  return [it.id, it.quotaCode ?? 'not known', scopeText(it), nowText(it), formatNumber(Math.ceil(it.used)), formatNumber(it.needed), driversText(it)];
}

function nearRow(it: PlannedQuota): string[] {
  return [it.id, it.quotaCode ?? (it.adjustable ? 'not known' : 'hard limit'), scopeText(it), nowText(it), formatNumber(Math.ceil(it.used)),
    formatShare(it.used / it.now), driversText(it)];
}

function scopeText({ scope }: PlannedQuota): string {
  return scope === 'account' ? 'account' : 'each';
}

function nowText(it: PlannedQuota): string {
  return `${formatNumber(it.now)}${it.assumption ? '*' : ''}`;
}

function driversText({ drivers }: PlannedQuota): string {
  const [first, ...others] = drivers;
  const name = `${first.path}/${first.name} ${formatNumber(Math.ceil(first.used))}`;
  return others.length === 0 ? name : `${name} and ${others.length} more`;
}

/** One line for each kind of lead time. */
function leadTimes(plan: QuotaPlan): string[] {
  return [...new Set(plan.raises.map((it) => it.leadTime))].map((leadTime) =>
    `${plan.raises.filter((it) => it.leadTime === leadTime).map((it) => it.id).join(', ')}: ${leadTime}`);
}
