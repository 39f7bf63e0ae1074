import { AspectPriority, Aspects, RemovalPolicy, type Stage, Tag, Validations } from 'aws-cdk-lib';
import { ManagedPolicies, ServerAccessLogs } from '../../constructs';
import { AspectGroup } from './aspects/aspect-group';
import { StackSizeLimit } from './aspects/stack-size-limit';
import { StatefulResourceGuard } from './aspects/stateful-resource-guard';
import type { Phase } from './phase';
import type { NetworkStack } from './stacks/network-stack';
import type { ReferenceStackProps } from './stacks/reference-stack-props';

/** Value of the tag `application`, by which costs are known to belong here. */
export const APPLICATION = 'payment-reference';

/** What is known of an environment. */
export interface EnvironmentProps {
  /** Name of the environment; a tag on every resource. */
  readonly environmentName: string;

  /**
   * Whether the stacks take their data with them when they go, and may be deleted at all. Refused for prod.
   *
   * @default false
   */
  readonly disposable?: boolean;
}

/** The tags of everything that belongs to an environment. Stacks pass theirs on by themselves. */
export function referenceTags(environmentName: string): Tag[] {
  return Object.entries({ application: APPLICATION, environment: environmentName })
    .map(([key, value]) => new Tag(key, value, { excludeResourceTypes: ['aws:cdk:stack'] }));
}

/**
 * What every stack of an environment is given.
 *
 * @throws Error where prod would take its data with it.
 */
export function stageCommon({ disposable = false, environmentName }: EnvironmentProps, phase: Phase): ReferenceStackProps {
  if (disposable && environmentName === 'prod') {
    throw new Error('`disposable` must be false for prod, got: true');
  }
  return { phase, terminationProtection: !disposable, removalPolicy: disposable ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN };
}

/**
 * What holds for every resource of a stage, whichever construct made it.
 *
 * @param quotas why quotas that are too small for now are no fault
 */
export function guardStage(stage: Stage, network: NetworkStack, { disposable, environmentName }: EnvironmentProps, quotas: string): void {
  Aspects.of(stage).add(new AspectGroup(...referenceTags(environmentName)), { priority: AspectPriority.MUTATING });
  Validations.of(stage).acknowledge({ id: 'HighThroughput::HT-CAPACITY-003', reason: quotas });
  Aspects.of(stage).add(new AspectGroup(
    new ServerAccessLogs(network.accessLogs),
    new ManagedPolicies(),
    new StackSizeLimit(),
    ...(disposable ? [] : [new StatefulResourceGuard()]),
  ));
}
