import { Annotations, CfnElement, CfnResource, type IAspect, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Most resources of one stack. CloudFormation takes 500; the rest is room to grow without moving anything that holds data. */
export const MAXIMUM_RESOURCES = 400;

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
