import { labelsAt, listAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

export const defaultDeny: ManifestRule = {
  id: 'HT-KUBERNETES-020',
  severity: 'error',
  what: 'Pods of a namespace may be called by all, or call anything.',
  why: 'Who gets into one pod gets into all.',
  fix: 'Select all pods with a NetworkPolicy that allows nothing in either direction, and open what is needed.',
  source: 'https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-policies',
  *check(set) {
    for (const object of set.ofKind('Namespace')) {
      const denied = new Set(set.ofKind('NetworkPolicy')
        .filter((policy) => policy.metadata.namespace === object.metadata.name)
        .filter((policy) => Object.keys(labelsAt(policy, 'spec.podSelector') ?? { some: '' }).length === 0)
        .flatMap((policy) => listAt(policy, 'spec.policyTypes').filter((type) => listAt(policy, `spec.${String(type).toLowerCase()}`).length === 0)));
      const open = ['Ingress', 'Egress'].filter((direction) => !denied.has(direction));
      if (open.length > 0) {
        yield { object, message: `nothing denies ${open.join(' and ')} by default` };
      }
    }
  },
};
