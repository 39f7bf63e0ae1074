import { listAt, valueAt } from '../manifest-object';
import type { ManifestRule } from '../manifest-rule';

export const triggerText: ManifestRule = {
  id: 'HT-KUBERNETES-024',
  severity: 'error',
  what: 'A value of a trigger is no text.',
  why: 'The API of the cluster refuses the whole object.',
  fix: 'Write it in quotes.',
  source: 'https://keda.sh/docs/latest/reference/scaledobject-spec/',
  *check(set) {
    for (const object of set.ofKind('ScaledObject', 'ScaledJob')) {
      for (const [index, trigger] of listAt(object, 'spec.triggers').entries()) {
        for (const [name, value] of Object.entries(valueAt(trigger, 'metadata') ?? {})) {
          if (typeof value !== 'string') {
            yield { object, path: `spec.triggers.${index}.metadata.${name}`, message: `${JSON.stringify(value)} is no text` };
          }
        }
      }
    }
  },
};
