import { textAt, valueAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

export const missingProbes: ManifestRule = {
  id: 'HT-KUBERNETES-005',
  severity: 'error',
  what: 'A container is not asked whether it starts, is ready, and lives.',
  why: 'Requests go to a pod that cannot answer, or one that hangs is never started again.',
  fix: 'Give it a startup, a readiness and a liveness probe.',
  source: 'https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/',
  *check(set) {
    for (const { container, path, owner } of set.servingContainers) {
      const missing = ['startupProbe', 'readinessProbe', 'livenessProbe'].filter((probe) => valueAt(container, probe) === undefined);
      if (missing.length > 0) {
        yield { object: owner, path, message: `${textAt(container, 'name')} has no ${missing.join(', no ')}` };
      }
    }
  },
};
