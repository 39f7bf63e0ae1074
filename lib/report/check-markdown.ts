import type { CheckReport } from '../checks/check';
import { acknowledgementText, checkSummary, groupsOf, groupsOfSeverity, placeOf, unjudgedText } from './check-groups';
import { cell } from './markdown';

/** What the rules found as Markdown, for a pull request: a table for each rule. */
export function renderCheckMarkdown(report: CheckReport): string {
  const unjudged = unjudgedText(report);
  const sections = (['error', 'warning'] as const).flatMap((severity) => groupsOfSeverity(report, severity).map(({ rule, violations }) => [
    `### ${severity} ${rule.id}: ${rule.what}`,
    '',
    '| where | found |',
    '|---|---|',
    ...violations.map((it) => `| ${cell(placeOf(it))} | ${cell(it.message)} |`),
    '',
    `**Why** ${rule.why} **Fix** ${rule.fix} [Source](${rule.source})`,
    '',
  ].join('\n')));
  return [
    `**${checkSummary(report)}**`,
    '',
    ...sections,
    ...report.failures.map(({ rule, error }) => `- ${rule.id} itself failed: ${cell(error.message)}\n`),
    ...report.withoutReason.map(({ ruleId, path }) => `- ${ruleId} is acknowledged without a reason at ${cell(path)}\n`),
    ...acknowledged(report),
    ...(unjudged === undefined ? [] : [unjudged, '']),
  ].join('\n');
}

function acknowledged(report: CheckReport): string[] {
  if (report.acknowledged.length === 0) {
    return [];
  }
  return [[
    '### Acknowledged',
    '',
    '| rule | where | found | because |',
    '|---|---|---|---|',
    ...groupsOf(report.acknowledged).flatMap(({ rule, violations }) => violations.map((it) =>
      `| ${[rule.id, placeOf(it), it.message, acknowledgementText(it)].map(cell).join(' | ')} |`)),
    '',
  ].join('\n')];
}
