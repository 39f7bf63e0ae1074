import { textAt, valueAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

export const privilegeEscalation: ManifestRule = {
  id: 'HT-KUBERNETES-009',
  severity: 'error',
  what: 'A container may get more rights than it was started with.',
  why: 'A program with the setuid bit is root.',
  fix: 'Set allowPrivilegeEscalation to false, and never privileged.',
  source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/',
  *check(set) {
    for (const { container, path, owner } of set.containers) {
      if (valueAt(container, 'securityContext.allowPrivilegeEscalation') !== false || valueAt(container, 'securityContext.privileged') === true) {
        yield { object: owner, path: `${path}.securityContext.allowPrivilegeEscalation`, message: `${textAt(container, 'name')} may get more rights` };
      }
    }
  },
};
