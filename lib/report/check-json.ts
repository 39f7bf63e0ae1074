import type { CheckReport, Violation } from '../checks/check';
import type { RuleText } from '../checks/rule';

/** What the rules found, for machines. */
export function renderCheckJson(report: CheckReport): string {
  const json = {
    violations: report.violations.map(violationJson),
    acknowledged: report.acknowledged.map((it) => {
      const { reason, path } = it.acknowledgement;
      return { ...violationJson(it), reason, acknowledgedAt: path };
    }),
    withoutReason: report.withoutReason.map(({ ruleId, path }) => ({ rule: ruleId, acknowledgedAt: path })),
    failures: report.failures.map(({ rule, error }) => ({ rule: rule.id, error: error.message })),
    unjudged: report.unjudged.map(({ rule, resources }) => ({ rule: rule.id, resources: resources.map((it) => it.constructPath) })),
    rulesRun: report.rulesRun.map(({ id }) => id),
  };
  return `${JSON.stringify(json, undefined, 2)}\n`;
}

/** The rules, for machines. */
export function renderRulesJson(rules: readonly RuleText[]): string {
  const json = { rules: rules.map(({ id, severity, what, why, fix, source }) => ({ id, severity, what, why, fix, source })) };
  return `${JSON.stringify(json, undefined, 2)}\n`;
}

function violationJson({ rule, resource, property, message }: Violation) {
  return {
    rule: rule.id,
    severity: rule.severity,
    stack: resource.stack.displayName,
    constructPath: resource.constructPath,
    logicalId: resource.logicalId,
    type: resource.type,
    property,
    message,
    what: rule.what,
    why: rule.why,
    fix: rule.fix,
    source: rule.source,
  };
}
