import { listAt, textAt, valueAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

export const hostAccess: ManifestRule = {
  id: 'HT-KUBERNETES-012',
  severity: 'error',
  what: 'A pod shares the network, the processes or the files of its node.',
  why: 'What it can do it can do to all pods of the node.',
  fix: 'Leave hostNetwork, hostPID, hostIPC and hostPath away.',
  source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/',
  *check(set) {
    for (const { owner, path, pod } of set.workloads) {
      const shared = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => valueAt(pod, field) === true);
      const mounted = listAt(pod, 'volumes').filter((volume) => valueAt(volume, 'hostPath') !== undefined).map((volume) => `hostPath ${textAt(volume, 'hostPath.path')}`);
      if (shared.length + mounted.length > 0) {
        yield { object: owner, path, message: `it has ${[...shared, ...mounted].join(', ')}` };
      }
    }
  },
};
