import type { TemplateValue, TopologyResource } from '../../topology';
import type { CheckContext } from '../check-context';
import { listOf, objectOf, textOf } from './values';

/** One statement of a policy, with lists where one value may stand alone. */
export interface PolicyStatement {
  readonly allows: boolean;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Principals by kind: `AWS`, `Service`, …; `*` alone is of the kind `AWS`. */
  readonly principals: { readonly [kind: string]: readonly string[] };
  readonly hasCondition: boolean;
}

/** The statements of a policy document; a document as text, as some resources hold it, is read too. */
export function statementsOf(document: TemplateValue | undefined): readonly PolicyStatement[] {
  const parsed = typeof document === 'string' ? parse(document) : document;
  return manyOf(objectOf(parsed).Statement).map(objectOf).map((it) => ({
    allows: it.Effect === 'Allow',
    actions: manyOf(it.Action).map(String),
    resources: manyOf(it.Resource).map(String),
    principals: principalsOf(it.Principal),
    hasCondition: Object.keys(objectOf(it.Condition)).length > 0,
  }));
}

/** What a function's role allows it, by policies of the assembly. */
export function allowedTo(context: CheckContext, fn: TopologyResource): readonly PolicyStatement[] {
  const role = context.topology.find(textOf(fn.properties.Role) ?? '');
  if (role === undefined) {
    return [];
  }
  return (context.once(statementsByRole).get(role) ?? []).filter((it) => it.allows);
}

function statementsByRole({ topology }: CheckContext): ReadonlyMap<TopologyResource, readonly PolicyStatement[]> {
  const byRole = new Map<TopologyResource, PolicyStatement[]>();
  const add = (role: TopologyResource | undefined, statements: readonly PolicyStatement[]) => {
    if (role !== undefined) {
      byRole.set(role, [...(byRole.get(role) ?? []), ...statements]);
    }
  };
  for (const policy of topology.ofType('AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::RolePolicy')) {
    const names = [...listOf(policy.properties.Roles), policy.properties.RoleName];
    for (const name of names) {
      add(topology.find(textOf(name) ?? ''), statementsOf(policy.properties.PolicyDocument));
    }
  }
  for (const role of topology.ofType('AWS::IAM::Role')) {
    for (const policy of listOf(role.properties.Policies)) {
      add(role, statementsOf(objectOf(policy).PolicyDocument));
    }
    for (const arn of listOf(role.properties.ManagedPolicyArns)) {
      const managed = topology.find(String(arn));
      add(role, statementsOf(managed?.properties.PolicyDocument));
    }
  }
  return byRole;
}

function principalsOf(value: TemplateValue | undefined): { readonly [kind: string]: readonly string[] } {
  if (typeof value === 'string') {
    return { AWS: [value] };
  }
  return Object.fromEntries(Object.entries(objectOf(value)).map(([kind, principals]) => [kind, manyOf(principals).map(String)]));
}

/** A list, or one value that stands for a list of one. */
function manyOf(value: TemplateValue | undefined): readonly TemplateValue[] {
  return value === undefined ? [] : Array.isArray(value) ? (value as readonly TemplateValue[]) : [value];
}

function parse(text: string): TemplateValue | undefined {
  try {
    return JSON.parse(text) as TemplateValue;
  } catch {
    // No policy as text that this could judge.
    return undefined;
  }
}
