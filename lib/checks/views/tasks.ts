import type { TopologyResource } from '../../topology';
import type { CheckContext } from '../check-context';
import { scalingOfService } from './scaling';
import { numberOf, objectOf, textOf } from './values';

/** Tasks of an ECS service that are always there: the least that scaling leaves, else what is stated; ECS starts one where nothing is. */
export function leastTasks(context: CheckContext, service: TopologyResource): number {
  return scalingOfService(context, service)?.minimum ?? numberOf(service.properties.DesiredCount) ?? 1;
}

/** The ECS services that run a number of tasks, not one on each instance. */
export function replicaServices({ topology }: CheckContext): readonly TopologyResource[] {
  return topology.ofType('AWS::ECS::Service').filter((it) => it.properties.SchedulingStrategy !== 'DAEMON');
}

/** Whether ECS itself replaces the tasks of a service at a deployment. */
export function deploysByRolling(service: TopologyResource): boolean {
  return (textOf(objectOf(service.properties.DeploymentController).Type) ?? 'ECS') === 'ECS';
}
