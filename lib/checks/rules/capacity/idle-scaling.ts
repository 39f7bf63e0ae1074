import type { Finding, Rule } from '../../rule';
import { isDerived } from '../../views/decisions';
import { scalableTargets } from '../../views/scaling';

export const idleScaling: Rule = {
  id: 'HT-CAPACITY-004',
  severity: 'warning',
  what: 'Something is registered for scaling and never scales.',
  why: 'It looks elastic in every review, and stands at its first size through the peak.',
  fix: 'Give the scalable target a policy or a schedule, and a maximum above its minimum.',
  source: 'https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html',
  *check(context): Iterable<Finding> {
    for (const { resource, minimum, maximum, hasPolicy } of scalableTargets(context)) {
      if (maximum <= minimum && !isDerived(context, resource, 'maximumTasks', maximum)) {
        yield { resource, property: 'Properties.MaxCapacity', message: `the least and the most are both ${minimum}` };
      } else if (maximum > minimum && !hasPolicy) {
        yield { resource, message: `no policy and no schedule moves it between ${minimum} and ${maximum}` };
      }
    }
  },
};
