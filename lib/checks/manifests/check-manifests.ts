import type { ManifestFinding, ManifestRule } from './manifest-rule';
import { ManifestSet, type ManifestSetProps } from './manifest-set';
import { MANIFEST_RULES } from './rules';

/** One finding and the rule that made it. */
export interface ManifestViolation extends ManifestFinding {
  readonly rule: ManifestRule;
}

/** An object whose annotation says why a rule does not hold for it. */
export interface AcknowledgedManifest {
  readonly violation: ManifestViolation;
  readonly reason: string;
}

/** What the rules found in manifests. */
export interface ManifestReport {
  /** In the order of the rules. */
  readonly violations: readonly ManifestViolation[];
  readonly acknowledged: readonly AcknowledgedManifest[];
  readonly objects: number;
}

/** Prefix of the annotation that acknowledges a finding, with its reason as value: `acknowledge.cdk-high-throughput.dev/HT-KUBERNETES-004`. */
export const ACKNOWLEDGE = 'acknowledge.cdk-high-throughput.dev/';

/** Runs the rules over the objects of manifests that are deployed together. */
export function checkManifests(props: ManifestSetProps, rules: readonly ManifestRule[] = MANIFEST_RULES): ManifestReport {
  const set = new ManifestSet(props);
  const violations: ManifestViolation[] = [];
  const acknowledged: AcknowledgedManifest[] = [];
  for (const rule of rules) {
    for (const finding of rule.check(set)) {
      const reason = finding.object.metadata.annotations?.[`${ACKNOWLEDGE}${rule.id}`]?.trim();
      const violation = { ...finding, rule };
      if (reason) {
        acknowledged.push({ violation, reason });
      } else {
        violations.push(violation);
      }
    }
  }
  return { violations, acknowledged, objects: set.objects.length };
}
