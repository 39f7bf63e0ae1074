import { isUnknown, textAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

function isLatest(image: string): boolean {
  const name = image.slice(image.lastIndexOf('/') + 1);
  return !image.includes('@') && (!name.includes(':') || name.endsWith(':latest'));
}

export const latestImage: ManifestRule = {
  id: 'HT-KUBERNETES-002',
  severity: 'error',
  what: 'An image has the tag latest, or none, which is the same.',
  why: 'What runs is what was pushed last when the node pulled it.',
  fix: 'Name a version, and better its digest.',
  source: 'https://kubernetes.io/docs/concepts/configuration/overview/',
  *check(set) {
    for (const { container, path, owner } of set.containers) {
      const image = textAt(container, 'image');
      if (!isUnknown(image) && isLatest(image ?? '')) {
        yield { object: owner, path: `${path}.image`, message: `${image} is whatever was pushed last` };
      }
    }
  },
};
