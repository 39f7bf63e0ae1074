import type { CheckReport } from '../checks/check';
import type { RuleText } from '../checks/rule';
import { acknowledgementText, type CheckGroup, checkSummary, groupsOf, groupsOfSeverity, placeOf, unjudgedText } from './check-groups';
import { alignColumns, truncate, wrap } from './text';

export interface CheckTableOptions {
  /**
   * Characters of a line.
   *
   * @default 120
   */
  readonly width?: number;
}

/** What the rules found, for the terminal: errors first, each rule once with all its places. The last line sums it up. */
export function renderCheckTable(report: CheckReport, options: CheckTableOptions = {}): string {
  const width = options.width ?? 120;
  const lines: string[] = [];
  for (const severity of ['error', 'warning'] as const) {
    lines.push(...groupsOfSeverity(report, severity).flatMap((group) => [...groupLines(group, width), '']));
  }
  for (const { rule, error } of report.failures) {
    lines.push(...wrap(`failed   ${rule.id}  The rule itself failed, so nothing is known of what it looks for: ${error.message}`, width), '');
  }
  for (const { ruleId, path } of report.withoutReason) {
    lines.push(...wrap(`refused  ${ruleId}  It is acknowledged without a reason, which does not count: ${path}`, width), '');
  }
  lines.push(...acknowledgedLines(report, width));
  const unjudged = unjudgedText(report);
  lines.push(...(unjudged === undefined ? [] : [...wrap(unjudged, width), '']), checkSummary(report), '');
  return lines.join('\n');
}

/** The rules, one a line. */
export function renderRulesTable(rules: readonly RuleText[], options: CheckTableOptions = {}): string {
  const width = options.width ?? 120;
  const rows = [['rule', 'severity', 'what it finds'], ...rules.map(({ id, severity, what }) => [id, severity, what])];
  return `${alignColumns(rows).map((line) => truncate(line, width)).join('\n')}\n`;
}

function groupLines({ rule, violations }: CheckGroup, width: number): string[] {
  return [
    ...wrap(`${rule.severity.padEnd(7)}  ${rule.id}  ${rule.what}`, width),
    ...violations.flatMap((it) => [...wrap(`  ${placeOf(it)}`, width), ...wrap(`    ${it.message}`, width)]),
    ...wrap(`  why: ${rule.why}`, width),
    ...wrap(`  fix: ${rule.fix}`, width),
    `  see: ${rule.source}`,
  ];
}

function acknowledgedLines({ acknowledged }: CheckReport, width: number): string[] {
  if (acknowledged.length === 0) {
    return [];
  }
  return [
    'Acknowledged:',
    ...groupsOf(acknowledged).flatMap(({ rule, violations }) => violations.flatMap((it) => [
      ...wrap(`  ${rule.id}  ${placeOf(it)}: ${it.message}`, width),
      ...wrap(`    because: ${acknowledgementText(it)}`, width),
    ])),
    '',
  ];
}
