import { forEachConcurrently } from '../aws/concurrency';
import type { ObjectStore } from '../aws/object-store';
import type { ArchiveHead, ArchiveHeads } from './archive-heads';
import type { ArchiveReport, ChainReport, Tip } from './archive-report';
import type { ArchivedChange } from './archived-change';
import { listArchive, type TimeRange } from './chain-listing';
import { ChainWalk, type HeadTip } from './chain-walk';
import { type Manifest, sha256 } from './manifest';

export interface VerifyOptions {
  /** Heads of the chains as the archiver keeps them. @default - the end of a chain is proven by `tips` only */
  readonly heads?: ArchiveHeads;
  /** Tips noted earlier; each must still be in its chain. @default - none */
  readonly tips?: ReadonlyMap<string, Tip>;
  /** Verifies only what follows these tips; what is before them is not read. @default - from the beginning */
  readonly after?: ReadonlyMap<string, Tip>;
  /** Verifies only manifests of this time. A chain may then begin in its middle. @default - all of the archive */
  readonly range?: TimeRange;
  /** Reads the objects, not only the manifests. @default true */
  readonly readObjects?: boolean;
  /** Called with the changes of each object that is as its manifest says, in the order of each chain; chains take turns. */
  readonly visit?: (chain: string, manifest: Manifest, changes: readonly ArchivedChange[]) => void;
  readonly onProgress?: (progress: { readonly manifests: number; readonly of: number }) => void;
}

/** Chains that are walked at once. */
const WALKS = 16;

/** Walks every chain: hashes, continuity, ranges, counts and sums. Finds what is wrong instead of throwing. */
export async function verifyArchive(store: ObjectStore, options: VerifyOptions = {}): Promise<ArchiveReport> {
  const { heads, range } = options;
  // Before the listing: whatever these heads name must be found in it, however the archive grows meanwhile.
  const known = new Map<string, HeadTip>();
  for await (const { chain, head } of heads?.all() ?? []) {
    known.set(chain, headTip(head));
  }
  const { chains, strangers } = await listArchive(store, range);
  const names = [...new Set([...chains.keys(), ...(range === undefined ? [...known.keys(), ...(options.tips?.keys() ?? [])] : [])])].sort();
  const of = [...chains.values()].reduce((sum, { manifests }) => sum + manifests.length, 0);
  let done = 0;
  const walks: ChainWalk[] = [];
  const reports: ChainReport[] = [];
  await forEachConcurrently(names, WALKS, async (chain, index) => {
    const walk = new ChainWalk(store, chain, chains.get(chain) ?? { manifests: [], objects: [] }, {
      hasHeads: heads !== undefined,
      noted: options.tips?.get(chain),
      start: options.after?.get(chain),
      range,
      readObjects: options.readObjects ?? true,
      visit: (manifest, changes) => options.visit?.(chain, manifest, changes),
      onManifest: () => options.onProgress?.({ manifests: ++done, of }),
    });
    walks[index] = walk;
    // A chain may have begun while the archive was listed.
    const head = known.get(chain) ?? await heads?.read(chain).then((late) => late && headTip(late));
    reports[index] = await walk.run(head);
  });
  return {
    chains: reports,
    breaks: [...strangers.map((key) => ({ chain: '', key, problem: 'the archive writes no such key' })), ...walks.flatMap((walk) => walk.breaks)],
    orphans: walks.flatMap((walk) => walk.orphans),
    manifests: reports.reduce((sum, { manifests }) => sum + manifests, 0),
    changes: reports.reduce((sum, { changes }) => sum + changes, 0),
  };
}

function headTip(head: ArchiveHead): HeadTip {
  return { ...head, sha256: sha256(head.manifest) };
}
