import type { Finding, Rule } from '../../rule';
import { scalingOfService } from '../../views/scaling';
import { leastTasks, replicaServices } from '../../views/tasks';
import { listOf } from '../../views/values';

export const unscaledService: Rule = {
  id: 'HT-CAPACITY-006',
  severity: 'warning',
  what: 'A service behind a load balancer does not scale.',
  why: 'The workload states a peak above its average; a fixed number of tasks is too many for the one or too few for the other.',
  fix: 'Register ecs:service:DesiredCount with Application Auto Scaling, on requests for each target and on the processor.',
  source: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html',
  *check(context): Iterable<Finding> {
    for (const resource of replicaServices(context).filter((it) => listOf(it.properties.LoadBalancers).length > 0)) {
      const workload = scalingOfService(context, resource) === undefined ? context.workloadOf(resource) : undefined;
      if (workload !== undefined && workload.peak.perSecond > workload.average.perSecond) {
        yield { resource, property: 'Properties.DesiredCount', message: `it always has ${leastTasks(context, resource)} tasks` };
      }
    }
  },
};
