import { textAt, valueAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

export const writableRoot: ManifestRule = {
  id: 'HT-KUBERNETES-008',
  severity: 'error',
  what: 'A container may write to its own file system.',
  why: 'An intruder leaves a program there, and the next request runs it.',
  fix: 'Set readOnlyRootFilesystem, and mount a volume where it must write.',
  source: 'https://kubernetes.io/docs/tasks/configure-pod-container/security-context/',
  *check(set) {
    for (const { container, path, owner } of set.containers) {
      if (valueAt(container, 'securityContext.readOnlyRootFilesystem') !== true) {
        yield { object: owner, path: `${path}.securityContext.readOnlyRootFilesystem`, message: `${textAt(container, 'name')} may write to its root file system` };
      }
    }
  },
};
