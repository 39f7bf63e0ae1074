import type { TopologyResource } from '../../topology';
import type { CheckContext } from '../check-context';
import { numberOf, textOf } from './values';

/** What Application Auto Scaling may change of a resource. */
export interface ScalableTarget {
  readonly resource: TopologyResource;
  /** `service/cluster/name`, `table/name`, … */
  readonly scaledId: string;
  /** `ecs:service:DesiredCount`, `dynamodb:table:WriteCapacityUnits`, … */
  readonly dimension: string;
  readonly minimum: number;
  readonly maximum: number;
  /** Whether a policy or a schedule ever changes it. */
  readonly hasPolicy: boolean;
}

/** All scalable targets of the assembly. */
export function scalableTargets(context: CheckContext): readonly ScalableTarget[] {
  return context.once(readTargets);
}

/** What scales the tasks of a service. */
export function scalingOfService(context: CheckContext, service: TopologyResource): ScalableTarget | undefined {
  // `service/<cluster>/<service>`, each by its name.
  return scalableTargets(context).find((it) => it.dimension === 'ecs:service:DesiredCount' && it.scaledId.endsWith(`/${service.physicalName}`));
}

/** What scales a throughput of a table: `dynamodb:table:WriteCapacityUnits`, for example. */
export function scalingOfTable(context: CheckContext, table: TopologyResource, dimension: string): ScalableTarget | undefined {
  return scalableTargets(context).find((it) => it.dimension === dimension && it.scaledId === `table/${table.physicalName}`);
}

function readTargets({ topology }: CheckContext): readonly ScalableTarget[] {
  const policies = topology.ofType('AWS::ApplicationAutoScaling::ScalingPolicy');
  return topology.ofType('AWS::ApplicationAutoScaling::ScalableTarget').map((resource) => {
    const scaledId = textOf(resource.properties.ResourceId) ?? '';
    const dimension = textOf(resource.properties.ScalableDimension) ?? '';
    return {
      resource,
      scaledId,
      dimension,
      minimum: numberOf(resource.properties.MinCapacity) ?? 0,
      maximum: numberOf(resource.properties.MaxCapacity) ?? 0,
      hasPolicy: resource.properties.ScheduledActions !== undefined || policies.some(({ properties }) =>
        textOf(properties.ScalingTargetId) === resource.reference
        || (textOf(properties.ResourceId) === scaledId && textOf(properties.ScalableDimension) === dimension)),
    };
  });
}
