import type { Finding, Rule } from '../../rule';
import { scalingOfService } from '../../views/scaling';
import { replicaServices } from '../../views/tasks';
import { numberOf } from '../../views/values';

/** Drift between what a template states and what scaling made of it. */
export const resetCount: Rule = {
  id: 'HT-CAPACITY-005',
  severity: 'error',
  what: 'A deployment sets back what scaling has built up.',
  why: 'CloudFormation sends DesiredCount with every update of the service: a release at the peak goes from sixty tasks to the two in the template.',
  fix: 'Leave DesiredCount out of a service that is scaled: ECS then keeps the count it has.',
  source: 'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html',
  *check(context): Iterable<Finding> {
    for (const resource of replicaServices(context)) {
      const stated = numberOf(resource.properties.DesiredCount);
      const scaling = scalingOfService(context, resource);
      if (stated !== undefined && scaling !== undefined && scaling.maximum > stated) {
        yield { resource, property: 'Properties.DesiredCount', message: `it states ${stated} tasks, and scaling goes to ${scaling.maximum}` };
      }
    }
  },
};
