import { labelsAt, listAt, selects, textAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

const ZONE = 'topology.kubernetes.io/zone';

export const zoneSpread: ManifestRule = {
  id: 'HT-KUBERNETES-016',
  severity: 'error',
  what: 'Nothing keeps the pods of a workload apart.',
  why: 'All of them may be in the zone that fails.',
  fix: 'Spread them over topology.kubernetes.io/zone with maxSkew 1 and DoNotSchedule.',
  source: 'https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/',
  *check(set) {
    for (const { owner, path, pod, labels } of set.serving.filter((it) => set.replicasOf(it.owner).least > 1)) {
      const spreads = listAt(pod, 'topologySpreadConstraints').some((constraint) => textAt(constraint, 'topologyKey') === ZONE
        && textAt(constraint, 'whenUnsatisfiable') === 'DoNotSchedule' && selects(labelsAt(constraint, 'labelSelector.matchLabels'), labels));
      if (!spreads) {
        yield { object: owner, path: `${path}.topologySpreadConstraints`, message: 'its pods need not be in different zones' };
      }
    }
  },
};
