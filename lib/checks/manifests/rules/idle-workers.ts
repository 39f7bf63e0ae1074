import { numberAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

/** What our constructs write there; without it nobody knows. */
const PARTS = 'cdk-high-throughput.dev/partitions';

export const idleWorkers: ManifestRule = {
  id: 'HT-KUBERNETES-023',
  severity: 'error',
  what: 'There may be more workers than partitions or shards.',
  why: 'Those above read nothing and are paid for.',
  fix: 'Bound the replicas by the partitions.',
  source: 'https://keda.sh/docs/latest/scalers/apache-kafka/',
  *check(set) {
    for (const object of set.ofKind('ScaledObject')) {
      const parts = Number(object.metadata.annotations?.[PARTS]);
      const most = numberAt(object, 'spec.maxReplicaCount');
      if (most !== undefined && most > parts) {
        yield { object, path: 'spec.maxReplicaCount', message: `${most} workers for ${parts} partitions or shards` };
      }
    }
  },
};
