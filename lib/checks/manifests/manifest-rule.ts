import type { RuleText } from '../rule';
import type { ManifestObject } from './manifest-object';
import type { ManifestSet } from './manifest-set';

/** One place in a manifest that a rule does not accept. */
export interface ManifestFinding {
  readonly object: ManifestObject;
  /** Path in the object, e.g. `spec.template.spec.containers.0.image`; none where something is missing altogether. */
  readonly path?: string;
  /** What was found there, with its values: one sentence. */
  readonly message: string;
}

/** One thing that goes wrong in clusters of high throughput, and how it shows in manifests. */
export interface ManifestRule extends RuleText {
  /** Looks for it. Yields nothing where the manifests are fine, or do not tell. */
  check(set: ManifestSet): Iterable<ManifestFinding>;
}
