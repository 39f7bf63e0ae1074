import type { IPolicyValidationContext, IPolicyValidationPlugin, PolicyValidationPluginReport, PolicyViolation } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Topology, type TopologyStack } from '../topology';
import type { Workload } from '../workload';
import { ACKNOWLEDGED_RULES, type Acknowledgement, Acknowledgements, acknowledgementsIn, PLUGIN_NAME } from './acknowledgements';
import { check, type CheckReport, type Violation } from './check';
import type { Rule } from './rule';
import { RULES } from './rules';

/** Options of `HighThroughputChecks`. */
export interface HighThroughputChecksProps {
  /**
   * What the app must carry, where its constructs do not tell.
   *
   * @default - what the constructs of this library tell
   */
  readonly workload?: Workload;
  /**
   * Limits and quotas.
   *
   * @default - the shipped ones, with what a facts.local.json in the working folder states
   */
  readonly facts?: Facts;
  /**
   * What is looked for: `[...RULES, ownRule]` adds one of your own.
   *
   * @default RULES
   */
  readonly rules?: readonly Rule[];
}

/**
 * Checks an app on every synthesis, also with the CDK's own validation switched off:
 * `Validations.of(app).addPlugins(new HighThroughputChecks({ workload }))`. Errors fail the synthesis, warnings are shown.
 *
 * A finding is accepted with `Validations.of(construct).acknowledge({ id: 'HighThroughput::HT-STREAM-003', reason: '…' })`, for the construct
 * and everything in it. Without a reason an acknowledgement is an error.
 */
export class HighThroughputChecks implements IPolicyValidationPlugin {
  readonly name = PLUGIN_NAME;
  readonly ruleIds: string[];

  private readonly rules: readonly Rule[];

  constructor(private readonly props: HighThroughputChecksProps = {}) {
    this.rules = props.rules ?? RULES;
    this.ruleIds = this.rules.map(({ id }) => id);
  }

  validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    const topology = Topology.read((context.appConstruct as unknown as { readonly outdir: string }).outdir, { unresolved: 'stand-in' });
    const acknowledgements = acknowledgementsOf(context);
    const report = check(topology, {
      workload: this.props.workload,
      facts: this.props.facts ?? Facts.local(),
      rules: this.rules,
      // The CDK takes out what is acknowledged under the plugin's name, and keeps it with its reason in validation-report.json. An id without
      // a name counts as one of an annotation there.
      acknowledgements: new Acknowledgements(acknowledgements.filter(({ id }) => !id.startsWith(`${PLUGIN_NAME}::`))),
    });
    const isValidated = stacksOf(context);
    const violations = [
      ...groups(report.violations.filter(({ resource }) => isValidated(resource.stack))),
      ...failuresOf(report),
      ...acknowledgements.filter(({ reason }) => reason.trim() === '').map(withoutReason),
    ];
    return { success: violations.every(({ severity }) => severity === 'warning'), violations };
  }
}

interface WrittenAcknowledgement extends Acknowledgement {
  /** The id as it was written. */
  readonly id: string;
}

/** What the constructs of the app acknowledge of our rules. */
function acknowledgementsOf({ appConstruct }: IPolicyValidationContext): WrittenAcknowledgement[] {
  return appConstruct.node.findAll().flatMap(({ node }) => node.metadata
    .filter(({ type }) => type === ACKNOWLEDGED_RULES)
    .flatMap(({ data }) => Object.entries((data ?? {}) as Record<string, unknown>)
      .flatMap(([id, reason]) => acknowledgementsIn(node.path, { [id]: reason }).map((it) => ({ ...it, id })))));
}

/** A stage may have the plugin for itself: then only its stacks are looked at. */
function stacksOf({ templatePaths }: IPolicyValidationContext): (stack: TopologyStack) => boolean {
  const files = new Set(templatePaths);
  return ({ templateFile }) => files.has(templateFile);
}

/** One violation for all resources of which a rule says the same. */
function groups(violations: readonly Violation[]): PolicyViolation[] {
  const grouped = new Map<string, Violation[]>();
  for (const violation of violations) {
    const key = `${violation.rule.id}|${violation.message}`;
    grouped.set(key, [...(grouped.get(key) ?? []), violation]);
  }
  return [...grouped.values()].map((group) => ({
    ...description(group[0].rule, `${group[0].rule.what} Found: ${group[0].message}. ${group[0].rule.why}`),
    violatingResources: group.map(({ resource, property }) => ({
      resourceLogicalId: resource.logicalId,
      templatePath: resource.stack.templateFile,
      locations: property === undefined ? [] : [property],
    })),
  }));
}

function failuresOf({ failures }: CheckReport): PolicyViolation[] {
  return failures.map(({ rule, error }) => ({
    ...description(rule, `The rule itself failed, so nothing is known of what it looks for: ${error.message}`),
    violatingResources: [{ constructPath: '', locations: [] }],
  }));
}

function description(rule: Rule, text: string): Omit<PolicyViolation, 'violatingResources'> {
  return { ruleName: rule.id, severity: rule.severity, description: text, fix: `${rule.fix} See ${rule.source}`, ruleMetadata: { source: rule.source } };
}

/** `fatal` is what cannot be acknowledged in turn. */
function withoutReason({ ruleId, path }: WrittenAcknowledgement): PolicyViolation {
  return {
    ruleName: 'HT-ACKNOWLEDGEMENT',
    severity: 'fatal',
    description: `${ruleId} is acknowledged without a reason.`,
    fix: 'Give the reason why it is accepted here: what bounds the damage, or who decided it.',
    violatingResources: [{ constructPath: path, locations: [] }],
  };
}
