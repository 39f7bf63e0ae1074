import type { Facts } from '../facts';
import type { Topology, TopologyResource } from '../topology';
import type { Workload } from '../workload';
import { type Acknowledgement, Acknowledgements } from './acknowledgements';
import { CheckContext } from './check-context';
import type { Finding, Rule } from './rule';
import { RULES } from './rules';

/** How an assembly is checked. */
export interface CheckOptions {
  /**
   * What the app must carry, where its templates do not tell.
   *
   * @default - what the templates tell
   */
  readonly workload?: Workload;
  /** @default Facts.DEFAULT */
  readonly facts?: Facts;
  /** @default - all rules */
  readonly rules?: readonly Rule[];
  /**
   * Findings that somebody knows of and accepts.
   *
   * @default - those that the assembly carries
   */
  readonly acknowledgements?: Acknowledgements;
}

/** One finding and the rule that made it. */
export interface Violation extends Finding {
  readonly rule: Rule;
}

/** A finding that somebody knows of and accepts. */
export interface AcknowledgedViolation extends Violation {
  readonly acknowledgement: Acknowledgement;
}

/** A rule that failed itself. What it would have found is not known. */
export interface RuleFailure {
  readonly rule: Rule;
  readonly error: Error;
}

/** A rule that could not judge some resources, because nobody stated what they must carry. */
export interface UnjudgedRule {
  readonly rule: Rule;
  readonly resources: readonly TopologyResource[];
}

/** What the rules found. */
export interface CheckReport {
  /** Not acknowledged, in the order of the rules. */
  readonly violations: readonly Violation[];
  readonly acknowledged: readonly AcknowledgedViolation[];
  /** Acknowledgements of our rules that give no reason: they do not count. */
  readonly withoutReason: readonly Acknowledgement[];
  readonly failures: readonly RuleFailure[];
  readonly unjudged: readonly UnjudgedRule[];
  readonly rulesRun: readonly Rule[];
}

/** Runs the rules over a cloud assembly. A rule that throws becomes a `failure`; the others still run. */
export function check(topology: Topology, options: CheckOptions = {}): CheckReport {
  const rules = options.rules ?? RULES;
  const context = new CheckContext({ topology, workload: options.workload, facts: options.facts });
  const acknowledgements = options.acknowledgements ?? Acknowledgements.ofAssembly(topology);
  const violations: Violation[] = [];
  const acknowledged: AcknowledgedViolation[] = [];
  const failures: RuleFailure[] = [];
  const unjudged: UnjudgedRule[] = [];
  for (const rule of rules) {
    try {
      for (const finding of rule.check(context)) {
        const acknowledgement = acknowledgements.of(rule.id, finding.resource);
        if (acknowledgement === undefined) {
          violations.push({ ...finding, rule });
        } else {
          acknowledged.push({ ...finding, rule, acknowledgement });
        }
      }
    } catch (error) {
      failures.push({ rule, error: error as Error });
    }
    const resources = context.takeUnjudged();
    if (resources.length > 0) {
      unjudged.push({ rule, resources });
    }
  }
  return { violations, acknowledged, withoutReason: acknowledgements.withoutReason, failures, unjudged, rulesRun: rules };
}
