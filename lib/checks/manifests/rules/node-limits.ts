import { valueAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';
import { quantityOf } from '../quantity';

export const nodeLimits: ManifestRule = {
  id: 'HT-KUBERNETES-025',
  severity: 'error',
  what: 'Workloads may ask for more than the nodes are allowed to be.',
  why: 'At the peak pods wait for nodes that Karpenter may not add.',
  fix: 'Raise the limits of the NodePools, or lower the bounds of the autoscalers.',
  source: 'https://karpenter.sh/docs/concepts/nodepools/#speclimits',
  *check(set) {
    const pools = set.ofKind('NodePool');
    if (pools.length === 0 || pools.some((pool) => valueAt(pool, 'spec.limits') === undefined)) {
      return;
    }
    for (const resource of ['cpu', 'memory'] as const) {
      const limit = pools.reduce((sum, pool) => sum + (quantityOf(valueAt(pool, `spec.limits.${resource}`)) ?? Infinity), 0);
      const asked = set.workloads.reduce((sum, { owner, pod }) => sum + set.replicasOf(owner).most * set.requestOf(pod, resource), 0);
      if (asked > limit) {
        yield { object: pools[0], path: `spec.limits.${resource}`, message: `up to ${asked} is asked for, all pools together may have ${limit}` };
      }
    }
  },
};
