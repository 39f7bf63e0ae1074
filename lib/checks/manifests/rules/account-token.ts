import { textAt, valueAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

export const accountToken: ManifestRule = {
  id: 'HT-KUBERNETES-013',
  severity: 'error',
  what: 'A pod gets a token of the cluster that it does not use.',
  why: 'Who reads its files talks to the API of the cluster.',
  fix: 'Set automountServiceAccountToken to false; declare with an annotation which pods need it.',
  source: 'https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/',
  *check(set) {
    for (const { owner, path, pod } of set.workloads) {
      const account = set.find('ServiceAccount', textAt(pod, 'serviceAccountName'), owner);
      const mounted = valueAt(pod, 'automountServiceAccountToken') ?? valueAt(account, 'automountServiceAccountToken');
      if (mounted !== false) {
        yield { object: owner, path: `${path}.automountServiceAccountToken`, message: 'the token of its account is mounted' };
      }
    }
  },
};
