import type { TopologyResource } from '../../topology';

/**
 * A property by its path: `StreamModeDetails.StreamMode`. Undefined where it is not there. A path into a list takes its first item: `Replicas.Tags`.
 */
export function property(resource: TopologyResource, path: string): unknown {
  let value: unknown = resource.properties;
  for (const key of path.split('.')) {
    const inner: unknown = Array.isArray(value) ? value[0] : value;
    value = typeof inner === 'object' && inner !== null ? (inner as { readonly [key: string]: unknown })[key] : undefined;
  }
  return value;
}

/** The same as a number; templates write some numbers as texts. Undefined where it is none. */
export function numberOf(resource: TopologyResource, path: string): number | undefined {
  const value = property(resource, path);
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** The same as a text. */
export function textOf(resource: TopologyResource, path: string): string | undefined {
  const value = property(resource, path);
  return typeof value === 'string' ? value : undefined;
}

/** The same as a list; empty where there is none. */
export function listOf(resource: TopologyResource, path: string): readonly unknown[] {
  const value = property(resource, path);
  return Array.isArray(value) ? value : [];
}
