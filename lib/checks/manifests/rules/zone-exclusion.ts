import { listAt, textAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

export const zoneExclusion: ManifestRule = {
  id: 'HT-KUBERNETES-017',
  severity: 'error',
  what: 'A workload wants more pods than there are zones, and no two in one zone.',
  why: 'Those above the number of zones never start.',
  fix: 'Spread pods over zones in place of a required anti-affinity.',
  source: 'https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/',
  *check(set) {
    const zones = set.facts.number('target/fargate.availabilityZones');
    for (const { owner, path, pod } of set.workloads) {
      const { most } = set.replicasOf(owner);
      const rules = listAt(pod, 'affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution');
      if (most > zones && rules.some((it) => textAt(it, 'topologyKey') === 'topology.kubernetes.io/zone')) {
        yield { object: owner, path: `${path}.affinity.podAntiAffinity`, message: `up to ${most} pods, of which only one may be in each of ${zones} zones` };
      }
    }
  },
};
