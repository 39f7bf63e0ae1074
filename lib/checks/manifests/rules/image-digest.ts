import { isUnknown, textAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

export const imageDigest: ManifestRule = {
  id: 'HT-KUBERNETES-001',
  severity: 'error',
  what: 'An image is named by a tag, not by its content.',
  why: 'A tag may be another program tomorrow: two pods of one deployment run different code, and nobody sees it.',
  fix: 'Name it by its digest: image@sha256:….',
  source: 'https://kubernetes.io/docs/concepts/containers/images/#image-names',
  *check(set) {
    for (const { container, path, owner } of set.containers) {
      const image = textAt(container, 'image');
      if (!isUnknown(image) && !/@sha256:[0-9a-f]{64}$/.test(image ?? '')) {
        yield { object: owner, path: `${path}.image`, message: `${image} has no digest` };
      }
    }
  },
};
