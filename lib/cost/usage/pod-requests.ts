import type { PodRequest } from '../../sizing/node-shape';

/** Anything that may stand in a manifest. */
export type Manifested = { readonly [field: string]: unknown } | undefined;

/** How a mebibyte is counted: the base of suffixes with an `i`, and bytes of a mebibyte. */
const BINARY = 1024;
const DECIMAL = 1000;
const SUFFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

/**
 * A quantity as Kubernetes writes it: `250m`, `1.5`, `512Mi`, `2G`, `1e3`. Undefined for what is none.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function quantityOf(value: unknown): number | undefined {
  const [, digits, milli, unit, binary] = /^\s*(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)(?:(m)|([kKMGTPE])(i?))?\s*$/.exec(String(value)) ?? [];
  if (digits === undefined) {
    return undefined;
  }
  const power = SUFFIXES.indexOf(unit === 'K' ? 'k' : unit ?? '');
  return Number(digits) * (milli === undefined ? 1 : 1 / DECIMAL) * (binary === 'i' ? BINARY : DECIMAL) ** power;
}

/** Memory of a quantity, in MiB; undefined for what is none. */
export function mebibytesOf(value: unknown): number | undefined {
  const bytes = quantityOf(value);
  return bytes === undefined ? undefined : bytes / BINARY ** 2;
}

/**
 * What the scheduler keeps room for: the containers and those beside them that start first and stay, or the largest of those that go before; what
 * has a limit and no request asks for its limit.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
export function podRequest(spec: Manifested): PodRequest {
  const containers = listAt(spec, 'containers').map(containerRequest);
  const first = listAt(spec, 'initContainers');
  const beside = first.filter((it) => it?.restartPolicy === 'Always').map(containerRequest);
  const before = first.filter((it) => it?.restartPolicy !== 'Always').map(containerRequest);
  const total = (of: keyof PodRequest): number => {
    const sum = [...containers, ...beside].reduce((all, it) => all + it[of], 0);
    return Math.max(sum, ...before.map((it) => it[of]));
  };
  const overhead = resourcesOf(objectAt(spec, 'overhead'));
  return { vcpus: total('vcpus') + (overhead.vcpus ?? 0), memoryMiB: total('memoryMiB') + (overhead.memoryMiB ?? 0) };
}

/** What one container asks for. */
export function containerRequest(container: Manifested): PodRequest {
  const resources = objectAt(container, 'resources');
  const requests = resourcesOf(objectAt(resources, 'requests'));
  const limits = resourcesOf(objectAt(resources, 'limits'));
  return { vcpus: requests.vcpus ?? limits.vcpus ?? 0, memoryMiB: requests.memoryMiB ?? limits.memoryMiB ?? 0 };
}

function resourcesOf(stated: Manifested): Partial<PodRequest> {
  return { vcpus: quantityOf(stated?.cpu), memoryMiB: mebibytesOf(stated?.memory) };
}

/** An object inside of a manifest, by its path; undefined where there is none. */
export function objectAt(object: Manifested, path: string): Manifested {
  const value = valueAt(object, path);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Manifested : undefined;
}

/** A list of objects inside of a manifest; empty where there is none. */
export function listAt(object: Manifested, path: string): readonly Manifested[] {
  const value = valueAt(object, path);
  return Array.isArray(value) ? value as readonly Manifested[] : [];
}

/** A number inside of a manifest; undefined where there is none. */
export function numberAt(object: Manifested, path: string): number | undefined {
  return quantityOf(valueAt(object, path) ?? '');
}

function valueAt(object: Manifested, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? (value as { [key: string]: unknown })[key] : undefined), object);
}
