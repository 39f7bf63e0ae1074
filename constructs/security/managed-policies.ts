import type { IAspect } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/**
 * Turns the inline policies that CDK's grants make into customer managed ones: those have versions, are seen in one list, and can be held against a
 * permissions boundary. NIST SP 800-53 AC-6 is commonly audited that way.
 *
 * ```ts
 * Aspects.of(app).add(new ManagedPolicies());
 * ```
 *
 * A deployed stack gives each role its new policy before the old one goes.
 */
export class ManagedPolicies implements IAspect {
  visit(node: IConstruct): void {
    if (!(node instanceof iam.CfnPolicy) || !(node.node.scope instanceof iam.Policy)) {
      return;
    }
    const policy = node.node.scope;
    if (policy.document.isEmpty) {
      // Nothing was granted: no policy comes out at all.
      return;
    }
    // Beside the policy, not below it: its name there is the name in the template, and a resource cannot change its type under one name.
    const managed = new iam.CfnManagedPolicy(policy, 'Managed', {
      policyDocument: node.policyDocument,
      roles: node.roles,
      users: node.users,
      groups: node.groups,
    });
    managed.cfnOptions.condition = node.cfnOptions.condition;
    policy.node.tryRemoveChild(node.node.id);
  }
}
