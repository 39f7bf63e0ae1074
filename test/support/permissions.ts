import type { Topology, TopologyResource } from '../../lib/topology';

/** One statement of a policy, with its lists as lists. */
export interface PolicyStatement {
  /** Where it stands: path of the construct, and the number of the statement. */
  readonly at: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly resources: readonly string[];
  readonly notResources: readonly string[];
  readonly principals: readonly string[];
  readonly conditions: { readonly [operator: string]: { readonly [key: string]: unknown } };
}

/**
 * What roles of an assembly may do, by the rules of IAM for one account: an explicit denial wins, then an allowance, of the role's own policies
 * or of the resource's.
 *
 * It is on the safe side of who wants to know what a role cannot do: an allowance counts whatever its conditions, and a denial only where it has
 * none, or asks for nothing but who is asking.
 */
export class Permissions {
  constructor(private readonly topology: Topology) {}

  /** Whether a role may do something to a resource. */
  may(role: TopologyResource, action: string, resource: TopologyResource | string): boolean {
    const arn = typeof resource === 'string' ? resource : resource.arn;
    const own = this.statementsOf(role).filter((it) => applies(it, action, arn));
    const theirs = typeof resource === 'string' ? [] : this.resourceStatements(resource)
      // A policy of a resource names the resource as `*` or by its ARN; either way it is about this one.
      .filter((it) => matchesAction(it, action) && it.principals.some((principal) => isPrincipal(principal, role)));
    if ([...own, ...theirs].some((it) => it.effect === 'Deny' && isAbout(it, role))) {
      return false;
    }
    const allowed = own.some((it) => it.effect === 'Allow');
    if (action.startsWith('kms:') && typeof resource !== 'string') {
      // A key is opened by its own policy: by name, or for those to whom IAM gives the right where the policy leaves that to the account.
      const delegated = this.resourceStatements(resource)
        .some((it) => it.effect === 'Allow' && matchesAction(it, action) && it.principals.some((principal) => principal.endsWith(':root')));
      return theirs.some((it) => it.effect === 'Allow') || allowed && delegated;
    }
    return allowed || theirs.some((it) => it.effect === 'Allow');
  }

  /** The roles that a service assumes, such as `lambda.amazonaws.com`. */
  rolesOf(service: string): TopologyResource[] {
    return this.topology.ofType('AWS::IAM::Role')
      .filter((role) => statementsIn(role.properties.AssumeRolePolicyDocument, role.constructPath).some((it) => it.principals.includes(service)));
  }

  /** The role whose path ends so. */
  role(end: string): TopologyResource {
    const found = this.topology.ofType('AWS::IAM::Role').filter((it) => it.constructPath.replace(/\/Resource$/, '').endsWith(end));
    if (found.length === 0) {
      throw new Error(`there is no role whose path ends with ${end}`);
    }
    return found[0];
  }

  /** Statements of all identity policies, each once. */
  identityStatements(): PolicyStatement[] {
    return this.topology.ofType('AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy')
      .flatMap((it) => statementsIn(it.properties.PolicyDocument, it.constructPath))
      .concat(this.topology.ofType('AWS::IAM::Role').flatMap((role) => inlineStatements(role)));
  }

  /** Policies of resources: of keys, buckets, queues, topics, tables. */
  resourceStatements(resource: TopologyResource): PolicyStatement[] {
    const own = [resource.properties.KeyPolicy, resource.properties.ResourcePolicy, resource.properties.Policy]
      .flatMap((it) => statementsIn((it as { PolicyDocument?: unknown } | undefined)?.PolicyDocument ?? it, resource.constructPath));
    const attached = this.topology.ofType('AWS::S3::BucketPolicy', 'AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy')
      .filter((it) => [it.properties.Bucket, ...list(it.properties.Queues), ...list(it.properties.Topics)].includes(resource.reference))
      .flatMap((it) => statementsIn(it.properties.PolicyDocument, it.constructPath));
    const replicas = (list(resource.properties.Replicas) as { ResourcePolicy?: { PolicyDocument?: unknown } }[])
      .flatMap((it) => statementsIn(it.ResourcePolicy?.PolicyDocument, resource.constructPath));
    return [...own, ...attached, ...replicas];
  }

  /** All statements that say what a role may do. */
  statementsOf(role: TopologyResource): PolicyStatement[] {
    const attached = this.topology.ofType('AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy')
      .filter((it) => list(it.properties.Roles).some((name) => name === role.reference || name === role.physicalName)
        || list(role.properties.ManagedPolicyArns).includes(it.reference))
      .flatMap((it) => statementsIn(it.properties.PolicyDocument, it.constructPath));
    return [...attached, ...inlineStatements(role)];
  }
}

function inlineStatements(role: TopologyResource): PolicyStatement[] {
  return list(role.properties.Policies).flatMap((it) => statementsIn((it as { PolicyDocument?: unknown }).PolicyDocument, role.constructPath));
}

/** The statements of a policy document. */
export function statementsIn(document: unknown, at: string): PolicyStatement[] {
  return list((document as { Statement?: unknown } | undefined)?.Statement).map((it, index) => {
    const statement = it as { readonly [member: string]: unknown };
    return {
      at: `${at} #${index + 1}`,
      effect: statement.Effect === 'Deny' ? 'Deny' : 'Allow',
      actions: texts(statement.Action),
      notActions: texts(statement.NotAction),
      resources: texts(statement.Resource),
      notResources: texts(statement.NotResource),
      principals: principalsIn(statement.Principal),
      conditions: (statement.Condition ?? {}) as PolicyStatement['conditions'],
    };
  });
}

function principalsIn(principal: unknown): string[] {
  return typeof principal === 'object' && principal !== null ? Object.values(principal).flatMap(texts) : texts(principal);
}

function applies(statement: PolicyStatement, action: string, arn: string): boolean {
  const onResource = statement.notResources.length > 0
    ? !statement.notResources.some((pattern) => matches(pattern, arn))
    : statement.resources.some((pattern) => matches(pattern, arn));
  return matchesAction(statement, action) && onResource;
}

function matchesAction(statement: PolicyStatement, action: string): boolean {
  return statement.notActions.length > 0
    ? !statement.notActions.some((pattern) => matches(pattern, action, 'i'))
    : statement.actions.some((pattern) => matches(pattern, action, 'i'));
}

/** Whether a denial reaches a role for certain: without conditions, or under one on who asks that holds. */
function isAbout({ conditions }: PolicyStatement, role: TopologyResource): boolean {
  return Object.entries(conditions).every(([operator, keys]) => Object.entries(keys).every(([key, values]) => {
    const [, negated, comparison] = /^(?:String|Arn)(Not)?(Equals|Like)$/.exec(operator) ?? [];
    if (key !== 'aws:PrincipalArn' || comparison === undefined) {
      return false;
    }
    return texts(values).some((value) => matches(value, role.arn)) !== (negated !== undefined);
  }));
}

/** The account's root in a key's policy is who gives rights by IAM, not every role. */
function isPrincipal(principal: string, role: TopologyResource): boolean {
  return principal === '*' || principal === role.arn;
}

/** Whether a text matches a pattern of IAM: `*` is any run of characters, `?` any one. */
export function matches(pattern: string, text: string, flags = ''): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.');
  return new RegExp(`^${escaped}$`, `s${flags}`).test(text);
}

function list(value: unknown): unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function texts(value: unknown): string[] {
  return list(value).map(String);
}
