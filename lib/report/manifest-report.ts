import type { ManifestReport, ManifestViolation } from '../checks/manifests';
import type { CheckTableOptions } from './check-table';
import { wrap } from './text';

/** What the rules found in manifests, for the terminal: each rule once with all its places. The last line sums it up. */
export function renderManifestTable({ violations, acknowledged, objects }: ManifestReport, options: CheckTableOptions = {}): string {
  const width = options.width ?? 120;
  const lines: string[] = [];
  for (const rule of new Set(violations.map((it) => it.rule))) {
    lines.push(
      ...wrap(`${rule.severity.padEnd(7)}  ${rule.id}  ${rule.what}`, width),
      ...violations.filter((it) => it.rule === rule).flatMap((it) => [...wrap(`  ${placeOf(it)}`, width), ...wrap(`    ${it.message}`, width)]),
      ...wrap(`  why: ${rule.why}`, width),
      ...wrap(`  fix: ${rule.fix}`, width),
      `  see: ${rule.source}`,
      '',
    );
  }
  for (const { violation, reason } of acknowledged) {
    lines.push(...wrap(`acknowledged  ${violation.rule.id}  ${placeOf(violation)}: ${violation.message}; because: ${reason}`, width));
  }
  const errors = violations.filter(({ rule }) => rule.severity === 'error').length;
  lines.push(`${objects} objects: ${errors} errors, ${violations.length - errors} warnings, ${acknowledged.length} acknowledged`, '');
  return lines.join('\n');
}

/** What the rules found in manifests, for machines. */
export function renderManifestJson({ violations, acknowledged, objects }: ManifestReport): string {
  const json = {
    violations: violations.map(violationJson),
    acknowledged: acknowledged.map(({ violation, reason }) => ({ ...violationJson(violation), reason })),
    objects,
  };
  return `${JSON.stringify(json, undefined, 2)}\n`;
}

function violationJson({ rule, object, path, message }: ManifestViolation): object {
  const { apiVersion, kind, metadata: { name, namespace } } = object;
  return {
    rule: rule.id, severity: rule.severity, apiVersion, kind, name, namespace, path, message,
    what: rule.what, why: rule.why, fix: rule.fix, source: rule.source,
  };
}

function placeOf({ object: { kind, metadata }, path }: ManifestViolation): string {
  const name = metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
  return path === undefined ? `${kind} ${name}` : `${kind} ${name} ${path}`;
}
