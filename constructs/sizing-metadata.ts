import { Duration, Size, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Decision, SizingPlan, SIZING_METADATA_KEY } from '../lib/sizing';
import type { Workload } from '../lib/workload';

/** Values set by hand, by the name of the decision that they take the place of; `undefined` leaves a decision as it was derived. */
export interface Overrides {
  readonly [decision: string]: number | string | boolean | Duration | Size | undefined;
}

/**
 * Puts values set by hand in the place of derived ones, and writes all decisions into the metadata of the construct's template, under
 * the path of the construct.
 *
 * @returns the decisions as they were written.
 * @throws Error for a value beyond a hard limit, or one that only the deployment knows: other sizes follow from it.
 */
export function recordDecisions(scope: Construct, derived: readonly Decision[], overrides: Overrides = {}): Decision[] {
  const decisions = decisionsInForce(scope, derived, overrides);
  append(scope, 'decisions', new SizingPlan(decisions).toJSON().decisions);
  return decisions;
}

/**
 * Puts values set by hand in the place of derived ones, for a construct whose template has no metadata.
 *
 * @throws Error for a value beyond a hard limit, or one that only the deployment knows: other sizes follow from it.
 */
export function decisionsInForce(scope: Construct, derived: readonly Decision[], overrides: Overrides = {}): Decision[] {
  return Object.entries(overrides)
    .reduce((before, [name, value]) => (value === undefined ? before : replace(before, name, value)), [...derived])
    .map((decision) => Decision.withPath(decision, scope.node.path));
}

/**
 * Writes what a construct must carry into the metadata of its template, so that whoever reads the template alone (checks, reports) knows it as well.
 *
 * @param stack whose template takes it; `scope` need not be inside
 */
export function recordWorkload(scope: Construct, workload: Workload, stack: Stack = Stack.of(scope)): void {
  append(stack, 'workloads', [{ path: scope.node.path, workload: workload.toJSON() }]);
}

function append(scope: Construct, list: 'decisions' | 'workloads', entries: readonly object[]): void {
  const options = Stack.of(scope).templateOptions;
  const metadata = options.metadata?.[SIZING_METADATA_KEY] as { readonly [key: string]: object[] | undefined } | undefined;
  options.metadata = { ...options.metadata, [SIZING_METADATA_KEY]: { ...metadata, [list]: [...(metadata?.[list] ?? []), ...entries] } };
}

function replace(decisions: readonly Decision[], name: string, value: number | string | boolean | Duration | Size): Decision[] {
  const unresolved = value instanceof Duration || value instanceof Size ? value.isUnresolved() : Token.isUnresolved(value);
  if (unresolved) {
    throw new Error(`\`${name}\` must be known at synthesis, got: an unresolved token`);
  }
  return Decision.replace(decisions, name, inUnit(value, Decision.find(decisions, name).unit));
}

/** A duration or size as a number in the unit of a decision. */
function inUnit(value: number | string | boolean | Duration | Size, unit: string): number | string | boolean {
  if (value instanceof Duration) {
    const seconds = value.toSeconds({ integral: false });
    return { ms: seconds * 1000, s: seconds, min: seconds / 60, h: seconds / 3600, d: seconds / 86_400 }[unit] ?? unknownUnit(unit);
  }
  if (value instanceof Size) {
    const bytes = value.toBytes();
    return { B: bytes, KiB: bytes / 1024, MiB: bytes / 1024 ** 2, GiB: bytes / 1024 ** 3 }[unit] ?? unknownUnit(unit);
  }
  return value;
}

function unknownUnit(unit: string): never {
  throw new Error(`\`unit\` must be a unit of time or size, got: ${unit}`);
}
