import { SizingPlan, formatNumber } from '../sizing';
import { headroomText, quotaText, valueText } from './decision-text';

/** A plan as Markdown, for a pull request or a page: a table for each path, then the quotas to raise. */
export function renderPlanMarkdown(plan: SizingPlan): string {
  const paths = [...new Set(plan.decisions.map((it) => it.path))];
  const sections = paths.map((path) => [
    `### ${escape(path)}`,
    '',
    '| decision | value | headroom | quota | calculation | held by |',
    '|---|---:|---:|---:|---|---|',
    ...plan.decisions.filter((it) => it.path === path).map((it) => {
      const cells = [it.origin === 'override' ? `${it.name} (stated)` : it.name, valueText(it), headroomText(it), quotaText(it), it.formula, it.binding];
      return `| ${cells.map(escape).join(' | ')} |`;
    }),
    '',
  ].join('\n'));
  return [...sections, ...raises(plan)].join('\n');
}

function raises(plan: SizingPlan): string[] {
  const raised = plan.raises();
  if (raised.length === 0) {
    return [];
  }
  return [[
    '### Quotas to raise before a deployment',
    '',
    '| quota | code | default | needed |',
    '|---|---|---:|---:|',
    ...raised.map((it) => `| ${it.id} | ${it.code ?? ''} | ${formatNumber(it.value)} | ${formatNumber(Math.ceil(it.used))} |`),
    '',
  ].join('\n')];
}

/** Keeps a text from ending a table cell. */
function escape(text: string): string {
  return text.replace(/\|/g, '\\|');
}
