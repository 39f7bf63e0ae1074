import { textAt, valueAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

export const rootUser: ManifestRule = {
  id: 'HT-KUBERNETES-007',
  severity: 'error',
  what: 'A container may run as root.',
  why: 'Who gets out of the container is root on the node.',
  fix: 'Set runAsNonRoot.',
  source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/',
  *check(set) {
    for (const { container, path, owner, pod } of set.containers) {
      const own = valueAt(container, 'securityContext.runAsNonRoot');
      if ((own ?? valueAt(pod, 'securityContext.runAsNonRoot')) !== true) {
        yield { object: owner, path: `${path}.securityContext.runAsNonRoot`, message: `${textAt(container, 'name')} may run as root` };
      }
    }
  },
};
