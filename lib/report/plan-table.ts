import { Decision, SizingPlan, formatNumber } from '../sizing';
import { headroomText, quotaText, valueText } from './decision-text';
import { alignColumns, truncate, wrap } from './text';

export interface PlanTableOptions {
  /**
   * Characters of a line, at least 60.
   *
   * @default 120
   */
  readonly width?: number;
}

const LEAST_WIDTH = 60;
const HEADER = ['decision', 'value', 'headroom', 'quota', 'held by'];
/** Columns of numbers. */
const RIGHT = [1, 2, 3];

/**
 * A plan as a table for the terminal: one block for each path, one line for each decision. Overridden values carry a `*`, quotas that are
 * exceeded a `!`; what must be raised before a deployment is listed at the end.
 */
export function renderPlanTable(plan: SizingPlan, options: PlanTableOptions = {}): string {
  const width = Math.max(LEAST_WIDTH, options.width ?? 120);
  const rows = plan.decisions.map(row);
  const aligned = alignColumns([HEADER, ...rows], RIGHT).map((line) => truncate(line, width));
  const lines = [aligned[0], '-'.repeat(Math.min(width, Math.max(...aligned.map((line) => line.length))))];
  let path: string | undefined;
  plan.decisions.forEach((decision, index) => {
    if (decision.path !== path) {
      path = decision.path;
      lines.push(...(index === 0 ? [] : ['']), truncate(path, width));
    }
    lines.push(aligned[index + 1]);
  });
  return [...lines, ...footer(plan, width), ''].join('\n');
}

function row(decision: Decision): string[] {
  const mark = decision.origin === 'override' ? '*' : '';
  return [`  ${decision.name}${mark}`, valueText(decision), headroomText(decision), quotaText(decision), decision.binding];
}

function footer(plan: SizingPlan, width: number): string[] {
  const overrides = plan.decisions.filter((it) => it.origin === 'override').length;
  const lines = [`${plan.decisions.length} decisions${overrides === 0 ? '' : `, ${overrides} of them stated by hand (*)`}`];
  const raises = plan.raises();
  if (raises.length > 0) {
    lines.push('Quotas to raise before a deployment (!):');
    lines.push(...raises.flatMap(({ id, code, value, used }) =>
      wrap(`  ${id}${code === undefined ? '' : ` (${code})`}: ${formatNumber(value)} by default, ${formatNumber(Math.ceil(used))} needed`, width)));
  }
  return ['', ...lines];
}
