import type { ObjectStore } from '../aws/object-store';
import { CHANGES_PREFIX, type ChangesKey, hourPrefixes, type ManifestKey, MANIFESTS_PREFIX, parseChangesKey, parseManifestKey } from './archive-keys';

/** A part of the archive by the time of changes, in milliseconds since 1970, both included. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** The keys of a chain, as they are found in the store. */
export interface ListedChain {
  /** By number. */
  readonly manifests: ManifestKey[];
  /** By first sequence number. */
  readonly objects: ChangesKey[];
}

/** What the archive holds, by name of the chain. */
export interface ArchiveListing {
  readonly chains: ReadonlyMap<string, ListedChain>;
  /** Keys below the two prefixes that the archive does not write. */
  readonly strangers: readonly string[];
}

/**
 * Lists the archive: manifests first and objects after them, so that every manifest's object is listed as well while the archive grows.
 *
 * @param range the whole archive when undefined
 */
export async function listArchive(store: ObjectStore, range?: TimeRange): Promise<ArchiveListing> {
  const chains = new Map<string, ListedChain>();
  const strangers: string[] = [];
  const chainOf = (name: string): ListedChain => {
    const known = chains.get(name) ?? { manifests: [], objects: [] };
    chains.set(name, known);
    return known;
  };
  for await (const key of keysBelow(store, MANIFESTS_PREFIX, range)) {
    const manifest = parseManifestKey(key);
    if (manifest === undefined) {
      strangers.push(key);
    } else {
      chainOf(manifest.chain).manifests.push(manifest);
    }
  }
  for await (const key of keysBelow(store, CHANGES_PREFIX, range)) {
    const object = parseChangesKey(key);
    if (object === undefined) {
      strangers.push(key);
    } else {
      chainOf(object.chain).objects.push(object);
    }
  }
  for (const { manifests, objects } of chains.values()) {
    manifests.sort((a, b) => a.number - b.number || (a.key < b.key ? -1 : 1));
    objects.sort((a, b) => (a.firstSequence < b.firstSequence ? -1 : 1));
  }
  return { chains: new Map([...chains].sort(([a], [b]) => (a < b ? -1 : 1))), strangers };
}

/** Keys of manifests or objects that may hold changes of a range. */
export async function* keysBelow(
  store: ObjectStore, prefix: typeof CHANGES_PREFIX | typeof MANIFESTS_PREFIX, range?: TimeRange,
): AsyncGenerator<string> {
  const prefixes = range === undefined ? [prefix] : hourPrefixes(prefix, range.from, range.to);
  for (const each of prefixes) {
    for await (const { key } of store.list(each)) {
      yield key;
    }
  }
}
