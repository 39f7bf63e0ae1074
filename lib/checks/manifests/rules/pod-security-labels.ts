import type { ManifestRule } from '../manifest-rule';

export const podSecurityLabels: ManifestRule = {
  id: 'HT-KUBERNETES-019',
  severity: 'error',
  what: 'A namespace takes pods of any kind.',
  why: 'One manifest with hostPath is the node.',
  fix: 'Label it with pod-security.kubernetes.io/enforce=restricted and a version.',
  source: 'https://kubernetes.io/docs/concepts/security/pod-security-admission/',
  *check(set) {
    for (const object of set.ofKind('Namespace')) {
      const labels = object.metadata.labels ?? {};
      if (labels['pod-security.kubernetes.io/enforce'] !== 'restricted') {
        yield { object, path: 'metadata.labels', message: `it enforces ${labels['pod-security.kubernetes.io/enforce'] ?? 'nothing'}` };
      } else if (labels['pod-security.kubernetes.io/enforce-version'] === undefined) {
        yield { object, path: 'metadata.labels', message: 'what it enforces changes with the version of the cluster' };
      }
    }
  },
};
