import { listAt, textAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

export const capabilities: ManifestRule = {
  id: 'HT-KUBERNETES-010',
  severity: 'error',
  what: 'A container keeps rights of root that it does not need.',
  why: 'Each is a way out of the container.',
  fix: 'Drop ALL capabilities.',
  source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/',
  *check(set) {
    for (const { container, path, owner } of set.containers) {
      if (!listAt(container, 'securityContext.capabilities.drop').includes('ALL')) {
        yield { object: owner, path: `${path}.securityContext.capabilities`, message: `${textAt(container, 'name')} drops ${listAt(container, 'securityContext.capabilities.drop').join(', ') || 'none'}` };
      }
    }
  },
};
