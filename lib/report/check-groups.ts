import type { AcknowledgedViolation, CheckReport, Violation } from '../checks/check';
import type { Rule, Severity } from '../checks/rule';

/** What one rule found. */
export interface CheckGroup<T extends Violation = Violation> {
  readonly rule: Rule;
  readonly violations: readonly T[];
}

/** Findings by rule, in the order of the rules. */
export function groupsOf<T extends Violation>(violations: readonly T[]): CheckGroup<T>[] {
  const groups = new Map<Rule, T[]>();
  for (const violation of violations) {
    groups.set(violation.rule, [...(groups.get(violation.rule) ?? []), violation]);
  }
  return [...groups].map(([rule, found]) => ({ rule, violations: found }));
}

/** The groups of a severity. */
export function groupsOfSeverity(report: CheckReport, severity: Severity): CheckGroup[] {
  return groupsOf(report.violations.filter(({ rule }) => rule.severity === severity));
}

/** What a report comes to, in one line. */
export function checkSummary(report: CheckReport): string {
  const of = (severity: Severity) => report.violations.filter(({ rule }) => rule.severity === severity).length;
  const parts = [
    counted(of('error'), 'error'),
    counted(of('warning'), 'warning'),
    `${report.acknowledged.length} acknowledged`,
    ...(report.withoutReason.length === 0 ? [] : [`${counted(report.withoutReason.length, 'acknowledgement')} without a reason`]),
    ...(report.failures.length === 0 ? [] : [`${counted(report.failures.length, 'rule')} failed`]),
  ];
  const unjudged = report.unjudged.length === 0 ? '' : `, ${report.unjudged.length} of them could not judge sizes`;
  return `${parts.join(', ')}; ${counted(report.rulesRun.length, 'rule')} run${unjudged}`;
}

/** The rules that would have needed a workload, and how many resources they left out. */
export function unjudgedText(report: CheckReport): string | undefined {
  if (report.unjudged.length === 0) {
    return undefined;
  }
  const resources = new Set(report.unjudged.flatMap((it) => it.resources)).size;
  return `Nobody stated what ${counted(resources, 'resource')} must carry, so these rules could not judge them: `
    + `${report.unjudged.map(({ rule }) => rule.id).join(', ')}. State it with --workload FILE.`;
}

/** Where a finding is: construct and property. */
export function placeOf({ resource, property }: Violation): string {
  return property === undefined ? resource.constructPath : `${resource.constructPath} ${property}`;
}

/** Who accepted a finding, and why. */
export function acknowledgementText({ acknowledgement: { path, reason } }: AcknowledgedViolation): string {
  return `${reason} (at ${path === '' ? 'the app' : path})`;
}

export function counted(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`;
}
