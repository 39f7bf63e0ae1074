import type { ManifestRule } from '../manifest-rule';

export const twoAutoscalers: ManifestRule = {
  id: 'HT-KUBERNETES-022',
  severity: 'error',
  what: 'Two autoscalers scale one workload.',
  why: 'Each undoes what the other did; pods come and go without end.',
  fix: 'Keep one of them: a ScaledObject makes an autoscaler of its own.',
  source: 'https://keda.sh/docs/latest/concepts/scaling-deployments/',
  *check(set) {
    for (const { owner } of set.workloads) {
      const found = set.autoscalersOf(owner);
      if (found.length > 1) {
        yield { object: owner, message: found.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(' and ') };
      }
    }
  },
};
