import { textAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

export const priorityClass: ManifestRule = {
  id: 'HT-KUBERNETES-018',
  severity: 'error',
  what: 'Nothing says when a workload goes where nodes run short.',
  why: 'What takes payments goes before a report.',
  fix: 'Give each workload a PriorityClass.',
  source: 'https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/',
  *check(set) {
    const known = new Set(set.ofKind('PriorityClass').map(({ metadata }) => metadata.name));
    for (const { owner, path, pod } of set.workloads) {
      const name = textAt(pod, 'priorityClassName');
      if (name === undefined) {
        yield { object: owner, path: `${path}.priorityClassName`, message: 'it has none' };
      } else if (known.size > 0 && !known.has(name) && !name.startsWith('system-')) {
        yield { object: owner, path: `${path}.priorityClassName`, message: `there is no PriorityClass ${name}` };
      }
    }
  },
};
