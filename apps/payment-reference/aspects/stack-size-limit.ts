import { Annotations, CfnElement, CfnResource, type IAspect, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { DEFAULTS } from '../../../constructs/defaults';
import { LIMITS } from '../../../constructs/limits';

/** Most resources of one stack: less than CloudFormation takes, so that a stack can grow without moving anything that holds data. */
export const MAXIMUM_RESOURCES = Math.floor(LIMITS.stack.resources * DEFAULTS.stack.resourceShare);

/** Refuses a stack that has become too large to grow. */
export class StackSizeLimit implements IAspect {
  visit(node: IConstruct): void {
    if (!Stack.isStack(node)) {
      return;
    }
    const resources = node.node.findAll().filter((it) => CfnResource.isCfnResource(it) && (it as CfnElement).stack === node).length;
    if (resources > MAXIMUM_RESOURCES) {
      Annotations.of(node).addError(`\`resources\` of a stack must be at most ${MAXIMUM_RESOURCES}, got: ${resources}`);
    }
  }
}
