import type { IAspect } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Several aspects that look at the tree as one, in the order given. For each aspect, construct and pass over the tree the CDK puts the path of the
 * construct together and looks up what was there before; that costs more than what most aspects do.
 *
 * ```ts
 * Aspects.of(app).add(new AspectGroup(new ManagedPolicies(), new ServerAccessLogs(bucket)));
 * ```
 *
 * Aspects of one priority only belong together: the group has one.
 */
export class AspectGroup implements IAspect {
  private readonly aspects: readonly IAspect[];

  constructor(...aspects: readonly IAspect[]) {
    this.aspects = aspects;
  }

  visit(node: IConstruct): void {
    for (const aspect of this.aspects) {
      aspect.visit(node);
    }
  }
}
