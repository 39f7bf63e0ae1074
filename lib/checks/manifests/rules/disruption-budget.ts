import { labelsAt, selects, valueAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

export const disruptionBudget: ManifestRule = {
  id: 'HT-KUBERNETES-015',
  severity: 'error',
  what: 'A drain of nodes may take all pods of a workload at once, or none ever.',
  why: 'An upgrade of the cluster is an outage, or never ends.',
  fix: 'Give each workload of several pods a PodDisruptionBudget that lets some of them go.',
  source: 'https://kubernetes.io/docs/tasks/run-application/configure-pdb/',
  *check(set) {
    const budgets = set.ofKind('PodDisruptionBudget');
    for (const { owner, labels } of set.serving.filter((it) => set.replicasOf(it.owner).least > 1)) {
      if (!budgets.some((budget) => set.sameNamespace(budget, owner) && selects(labelsAt(budget, 'spec.selector.matchLabels'), labels))) {
        yield { object: owner, message: 'no PodDisruptionBudget selects its pods' };
      }
    }
    for (const budget of budgets) {
      const unavailable = valueAt(budget, 'spec.maxUnavailable');
      const available = valueAt(budget, 'spec.minAvailable');
      if (unavailable === 0 || unavailable === '0' || unavailable === '0%' || available === '100%') {
        yield { object: budget, path: 'spec', message: 'no pod may go: a drain of a node never ends' };
      }
    }
  },
};
