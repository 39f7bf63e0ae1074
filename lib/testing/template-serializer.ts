import { normalizeTemplate, type TemplateJson } from './normalize-template';

/** A snapshot serializer as Jest and Vitest take it in `expect.addSnapshotSerializer`. */
export interface SnapshotSerializer {
  /** Whether a value is one for this serializer. */
  test(value: unknown): boolean;
  /** The text that stands in the snapshot. */
  serialize(value: unknown): string;
}

/**
 * Writes CloudFormation templates into snapshots normalized, so that `expect(Template.fromStack(stack).toJSON()).toMatchSnapshot()` does not change
 * with an asset's hash, the account or the region. Other values it leaves alone.
 */
export const templateSerializer: SnapshotSerializer = {
  test: isTemplate,
  serialize: (value) => JSON.stringify(sorted(normalizeTemplate(value as TemplateJson)), undefined, 2),
};

function isTemplate(value: unknown): boolean {
  const resources = (value as { readonly Resources?: unknown } | null | undefined)?.Resources;
  return typeof resources === 'object' && resources !== null
    && Object.values(resources).every((it) => typeof (it as { readonly Type?: unknown } | null)?.Type === 'string');
}

/** By name, so that the order in which constructs were made does not show; lists keep theirs, which means something. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, it]) => [key, sorted(it)]));
  }
  return value;
}
