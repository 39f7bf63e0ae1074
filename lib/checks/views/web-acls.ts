import type { TopologyResource } from '../../topology';
import type { CheckContext } from '../check-context';
import { listOf, objectOf, textOf } from './values';

type Values = ReturnType<typeof objectOf>;

/** One rule of a web ACL. */
export interface WebAclRule {
  readonly webAcl: TopologyResource;
  readonly name: string;
  readonly statement: Values;
  /** Whether the rule only counts. */
  readonly counts: boolean;
  /** Path of the rule in the template. */
  readonly property: string;
}

/** All rules of all web ACLs. */
export function webAclRules({ topology }: CheckContext): readonly WebAclRule[] {
  return topology.ofType('AWS::WAFv2::WebACL').flatMap((webAcl) =>
    listOf(webAcl.properties.Rules).map(objectOf).map((rule, index) => ({
      webAcl,
      name: textOf(rule.Name) ?? '',
      statement: objectOf(rule.Statement),
      counts: objectOf(rule.OverrideAction).Count !== undefined || objectOf(rule.Action).Count !== undefined,
      property: `Properties.Rules[${index}]`,
    })));
}

/** The load balancers and API stages that a web ACL stands in front of. */
export function guardedBy({ topology }: CheckContext, webAcl: TopologyResource): readonly TopologyResource[] {
  return topology.ofType('AWS::WAFv2::WebACLAssociation')
    .filter((it) => it.properties.WebACLArn === webAcl.arn)
    .flatMap((it) => topology.find(textOf(it.properties.ResourceArn) ?? '') ?? []);
}
