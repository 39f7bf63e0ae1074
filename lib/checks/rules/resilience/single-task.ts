import type { Finding, Rule } from '../../rule';
import { isDerived } from '../../views/decisions';
import { leastTasks, replicaServices } from '../../views/tasks';

export const singleTask: Rule = {
  id: 'HT-RESILIENCE-001',
  severity: 'warning',
  what: 'A service is one task.',
  why: 'When the task is replaced, killed or lost with its zone, there is nothing until another has started, which takes a minute or more.',
  fix: 'Run at least two tasks, better one in each of three zones: the minimum of the scaling, or DesiredCount.',
  source: 'https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_fault_isolation_multiaz_region_system.html',
  *check(context): Iterable<Finding> {
    for (const resource of replicaServices(context)) {
      const tasks = leastTasks(context, resource);
      if (tasks < 2 && !isDerived(context, resource, 'minimumTasks', tasks)) {
        yield { resource, property: 'Properties.DesiredCount', message: tasks === 0 ? 'it may have no task at all' : 'it has one task' };
      }
    }
  },
};
