import { textAt, valueAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';
import { quantityOf } from '../quantity';

export const memoryLimit: ManifestRule = {
  id: 'HT-KUBERNETES-004',
  severity: 'error',
  what: 'A container may use more memory than it requests, or as much as it likes.',
  why: 'The node runs out of memory and ends pods that did nothing wrong.',
  fix: 'Set the limit of memory to its request.',
  source: 'https://kubernetes.io/docs/tasks/configure-pod-container/assign-memory-resource/',
  *check(set) {
    for (const { container, path, owner } of set.containers) {
      if (quantityOf(valueAt(container, 'resources.limits.memory')) === undefined || quantityOf(valueAt(container, 'resources.limits.memory')) !== quantityOf(valueAt(container, 'resources.requests.memory'))) {
        yield { object: owner, path: `${path}.resources.limits.memory`, message: `${textAt(container, 'name')} requests ${valueAt(container, 'resources.requests.memory') ?? 'nothing'} and is limited to ${valueAt(container, 'resources.limits.memory') ?? 'nothing'}` };
      }
    }
  },
};
