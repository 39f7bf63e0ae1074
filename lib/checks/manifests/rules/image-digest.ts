import { namesItsContent } from '../../../topology/image-name';
import { isUnknown, textAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

export const imageDigest: ManifestRule = {
  id: 'HT-KUBERNETES-001',
  severity: 'error',
  what: 'An image is named by a tag, not by its content.',
  why: 'A tag may be another program tomorrow: two pods of one deployment run different code, and nobody sees it.',
  fix: 'Name it by its digest: image@sha256:…. An image asset of the CDK is named by a hash of its sources, in a repository whose tags never move: that is as good.',
  source: 'https://kubernetes.io/docs/concepts/containers/images/#image-names',
  *check(set) {
    for (const { container, path, owner } of set.containers) {
      const image = textAt(container, 'image');
      if (!isUnknown(image) && !namesItsContent(image ?? '')) {
        yield { object: owner, path: `${path}.image`, message: `${image} has no digest` };
      }
    }
  },
};
