import { chunksOf, forEachConcurrently } from '../aws/concurrency';
import type { ObjectStore } from '../aws/object-store';
import { merchantOf } from '../sharding/shard-directory';
import { MANIFESTS_PREFIX } from './archive-keys';
import type { ArchivedChange } from './archived-change';
import { keysBelow, type TimeRange } from './chain-listing';
import { identityEntry, IdentityFilter, merchantEntry } from './identity-filter';
import { type Manifest, parseManifest } from './manifest';
import { readDescribedObject } from './object-content';

export interface SearchOptions {
  readonly merchantId: string;
  /** Its own changes, and what draws on it: refunds, releases, settles. @default - everything of the merchant */
  readonly idempotencyKey?: string;
  /** Time of the changes. @default - all of the archive */
  readonly range?: TimeRange;
  readonly onProgress?: (progress: SearchProgress) => void;
}

export interface SearchProgress {
  readonly manifests: number;
  /** Objects that had to be read. */
  readonly objects: number;
}

/** A change with the place where it stands. */
export interface FoundChange {
  readonly change: ArchivedChange;
  readonly shard: string;
  /** Key of the object. */
  readonly object: string;
  /** Number of its manifest. */
  readonly manifest: number;
}

/** Manifests or objects that are read at once. */
const READS = 16;
/** Manifests between two looks at the objects, so that a long search holds little. */
const PAGE = 1_000;

/**
 * Finds the changes of a merchant or of one of its keys: reads every manifest of the time, and the objects whose filter does not rule it out.
 *
 * @returns in the order of their time
 * @throws ArchiveFormatError for a manifest or object that is not as it must be
 */
export async function findChanges(store: ObjectStore, options: SearchOptions): Promise<FoundChange[]> {
  const { merchantId, idempotencyKey, range } = options;
  const entry = idempotencyKey === undefined ? merchantEntry(merchantId) : identityEntry(merchantId, idempotencyKey);
  const keys: string[] = [];
  for await (const key of keysBelow(store, MANIFESTS_PREFIX, range)) {
    keys.push(key);
  }
  const found: FoundChange[] = [];
  let manifests = 0;
  let objects = 0;
  for (const page of chunksOf(keys, PAGE)) {
    const candidates: Manifest[] = [];
    await forEachConcurrently(page, READS, async (key) => {
      const manifest = parseManifest((await store.get(key))?.toString('utf8') ?? '');
      manifests += 1;
      if (IdentityFilter.fromJSON(manifest.filter).mayHold(entry)) {
        candidates.push(manifest);
      }
    });
    await forEachConcurrently(candidates, READS, async (manifest) => {
      const changes = readDescribedObject(manifest, await store.get(manifest.object.key) ?? Buffer.alloc(0));
      objects += 1;
      for (const change of changes) {
        if (isMeant(change, merchantId, idempotencyKey) && isWithin(change, range)) {
          found.push({ change, shard: manifest.shard, object: manifest.object.key, manifest: manifest.number });
        }
      }
    });
    options.onProgress?.({ manifests, objects });
  }
  return found.sort((a, b) => a.change.at - b.change.at || (a.object < b.object ? -1 : 1));
}

function isMeant({ row }: ArchivedChange, merchantId: string, idempotencyKey: string | undefined): boolean {
  return merchantOf(row.pk?.S ?? '') === merchantId
    && (idempotencyKey === undefined || [row.sk, row.refundOf, row.holdOf].some((value) => value?.S === idempotencyKey));
}

/** Changes carry whole seconds. */
function isWithin({ at }: ArchivedChange, range: TimeRange | undefined): boolean {
  return range === undefined || (at * 1_000 + 999 >= range.from && at * 1_000 <= range.to);
}
