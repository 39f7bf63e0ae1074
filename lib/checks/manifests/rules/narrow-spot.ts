import { listAt, type ManifestObject, textAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

function valuesOf(pool: ManifestObject, key: string): readonly unknown[] | undefined {
  const found = listAt(pool, 'spec.template.spec.requirements').find((it) => textAt(it, 'key') === key && textAt(it, 'operator') === 'In');
  return found === undefined ? undefined : listAt(found, 'values');
}

export const narrowSpot: ManifestRule = {
  id: 'HT-KUBERNETES-027',
  severity: 'error',
  what: 'Spot has few instance types to choose from, or is all that there is.',
  why: 'They are taken away together, and with them all pods.',
  fix: 'Name at least fifteen types, and keep a pool On-Demand beside it.',
  source: 'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-best-practices.html',
  *check(set) {
    const least = set.facts.number('target/kubernetes.spotTypes');
    const pools = set.ofKind('NodePool');
    const spot = pools.filter((pool) => valuesOf(pool, 'karpenter.sh/capacity-type')?.includes('spot'));
    for (const object of spot) {
      const types = valuesOf(object, 'node.kubernetes.io/instance-type');
      if (types !== undefined && types.length < least) {
        yield { object, path: 'spec.template.spec.requirements', message: `${types.length} instance types; at least ${least}` };
      }
    }
    if (spot.length > 0 && spot.length === pools.length && spot.every((pool) => valuesOf(pool, 'karpenter.sh/capacity-type')!.length === 1)) {
      yield { object: spot[0], message: 'every pool is on Spot' };
    }
  },
};
