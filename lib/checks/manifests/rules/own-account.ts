import { type ManifestObject, textAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

export const ownAccount: ManifestRule = {
  id: 'HT-KUBERNETES-014',
  severity: 'error',
  what: 'A workload has no account of its own.',
  why: 'It has the rights of all that share the account, and with EKS Pod Identity their role.',
  fix: 'Give it a ServiceAccount of its own.',
  source: 'https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html',
  *check(set) {
    const owners = new Map<string, ManifestObject>();
    for (const { owner, path, pod } of set.serving) {
      const name = textAt(pod, 'serviceAccountName');
      const key = `${owner.metadata.namespace}/${name}`;
      const other = owners.get(key);
      if (name === undefined || name === 'default') {
        yield { object: owner, path: `${path}.serviceAccountName`, message: 'it has the account default' };
      } else if (set.find('ServiceAccount', name, owner) === undefined) {
        yield { object: owner, path: `${path}.serviceAccountName`, message: `there is no ServiceAccount ${name}` };
      } else if (other !== undefined) {
        yield { object: owner, path: `${path}.serviceAccountName`, message: `${name} is the account of ${other.kind} ${other.metadata.name} as well` };
      }
      owners.set(key, owner);
    }
  },
};
