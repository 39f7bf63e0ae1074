import { listAt, numberAt, textAt, valueAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

/** What Kubernetes gives where nobody says otherwise. */
const USUAL_GRACE = 30;

export const abruptEnd: ManifestRule = {
  id: 'HT-KUBERNETES-006',
  severity: 'error',
  what: 'A pod is ended at once, or before it has done what it has begun.',
  why: 'Proxies still send it requests when it no longer listens; what it was at is lost.',
  fix: 'Wait in a preStop hook, and give it a grace period that is longer than that.',
  source: 'https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination',
  *check(set) {
    for (const { container, path, owner, pod } of set.servingContainers) {
      if (valueAt(container, 'lifecycle.preStop') === undefined) {
        yield { object: owner, path, message: `${textAt(container, 'name')} has no preStop hook` };
        continue;
      }
      const grace = numberAt(pod, 'terminationGracePeriodSeconds') ?? USUAL_GRACE;
      const wait = Number(listAt(container, 'lifecycle.preStop.exec.command').at(-1) ?? valueAt(container, 'lifecycle.preStop.sleep.seconds'));
      if (wait >= grace) {
        yield { object: owner, path: `${path}.lifecycle.preStop`, message: `the hook takes ${wait} of ${grace} seconds of grace: nothing is left for what was begun` };
      }
    }
  },
};
