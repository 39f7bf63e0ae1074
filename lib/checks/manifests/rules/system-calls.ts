import { textAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

export const systemCalls: ManifestRule = {
  id: 'HT-KUBERNETES-011',
  severity: 'error',
  what: 'A container may make any call to the kernel.',
  why: 'What is wrong in the kernel can be reached from it.',
  fix: 'Set the seccomp profile RuntimeDefault.',
  source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/',
  *check(set) {
    for (const { container, path, owner, pod } of set.containers) {
      const profile = textAt(container, 'securityContext.seccompProfile.type') ?? textAt(pod, 'securityContext.seccompProfile.type');
      if (profile !== 'RuntimeDefault' && profile !== 'Localhost') {
        yield { object: owner, path: `${path}.securityContext.seccompProfile`, message: `${textAt(container, 'name')} has the profile ${profile ?? 'of none'}` };
      }
    }
  },
};
