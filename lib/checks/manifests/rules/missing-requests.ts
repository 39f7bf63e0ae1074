import { textAt, valueAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

function listed(container: unknown): string {
  return ['cpu', 'memory'].filter((it) => valueAt(container, `resources.requests.${it}`) !== undefined).join() || 'nothing';
}

export const missingRequests: ManifestRule = {
  id: 'HT-KUBERNETES-003',
  severity: 'error',
  what: 'A container does not say what it needs.',
  why: 'The scheduler puts it onto a node that is full, and it is the first that the node throws out.',
  fix: 'Request CPU and memory.',
  source: 'https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/',
  *check(set) {
    for (const { container, path, owner } of set.containers) {
      if (valueAt(container, 'resources.requests.cpu') === undefined || valueAt(container, 'resources.requests.memory') === undefined) {
        yield { object: owner, path: `${path}.resources.requests`, message: `${textAt(container, 'name')} requests ${listed(container)}` };
      }
    }
  },
};
