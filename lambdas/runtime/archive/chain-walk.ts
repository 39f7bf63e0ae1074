import type { ObjectStore } from '../aws/object-store';
import { comparableSequence, streamShardName } from '../balance/stream-shard';
import type { ArchiveHead } from './archive-heads';
import type { ChainBreak, ChainEnd, ChainReport, Orphan, Tip } from './archive-report';
import { ArchiveFormatError, type ArchivedChange, sequenceOf, unpackChanges } from './archived-change';
import type { ChangesKey } from './archive-keys';
import type { ListedChain, TimeRange } from './chain-listing';
import { type Manifest, parseManifest, sha256 } from './manifest';
import { readDescribedObject } from './object-content';

/** What a walk needs to know beside the store. */
export interface WalkOptions {
  /** Whether heads were asked for: a chain without one is then wrong. */
  readonly hasHeads: boolean;
  /** A tip noted earlier. */
  readonly noted: Tip | undefined;
  /** Only what follows it is walked. */
  readonly start: Tip | undefined;
  /** Only a part of the chain is listed. */
  readonly range: TimeRange | undefined;
  readonly readObjects: boolean;
  readonly visit: (manifest: Manifest, changes: readonly ArchivedChange[]) => void;
  readonly onManifest: () => void;
}

/** A head with the hash of its manifest. */
export type HeadTip = Tip & ArchiveHead;

/** A manifest that was read, with the hash of its bytes. */
interface Link {
  readonly key: string;
  readonly manifest: Manifest;
  readonly hash: string;
}

/** What is kept of a link for the end of the walk; a chain may have millions, and filters are large. */
type KeptLink = Omit<Link, 'manifest'> & { readonly manifest: Omit<Manifest, 'filter'> };

/** Walks one chain from its first manifest, or from a tip, to its end, and notes what is wrong. */
export class ChainWalk {
  public readonly breaks: ChainBreak[] = [];
  public readonly orphans: Orphan[] = [];
  /** Keys of objects that a manifest names. */
  private readonly named = new Set<string>();
  private readonly links: KeptLink[] = [];
  private changes = 0;

  public constructor(
    private readonly store: ObjectStore, private readonly chain: string, private readonly listed: ListedChain,
    private readonly options: WalkOptions,
  ) {}

  public async run(head: HeadTip | undefined): Promise<ChainReport> {
    const { start } = this.options;
    let before: Tip | undefined = start;
    // Within a range the first manifest stands for all before it.
    let isAnchored = this.options.range === undefined;
    for (const { key, number } of this.listed.manifests) {
      this.options.onManifest();
      if (start !== undefined && number <= start.number) {
        continue;
      }
      const text = await this.store.get(key);
      const link = this.read(key, number, text?.toString('utf8'));
      if (link === undefined) {
        isAnchored = false;
        continue;
      }
      before = await this.follow(link, before, isAnchored);
      isAnchored = true;
    }
    before = await this.followUnstored(head, before);
    const end = this.checkEnd(head, before);
    await this.checkObjects(before, end);
    return { chain: this.chain, manifests: this.links.length, changes: this.changes, tip: before, end };
  }

  private read(key: string, number: number, text: string | undefined): Link | undefined {
    if (text === undefined) {
      this.report(key, 'it was listed and is gone');
      return undefined;
    }
    try {
      const manifest = parseManifest(text);
      const { stream, shard } = manifest;
      if (manifest.number !== number || streamShardName(stream, shard) !== this.chain) {
        throw new ArchiveFormatError(`it says that it is manifest ${manifest.number} of ${shard} of ${stream}`);
      }
      return { key, manifest, hash: sha256(text) };
    } catch (error) {
      this.report(key, problemOf(error));
      return undefined;
    }
  }

  /** Checks one link against the one before it, and its object. Answers where the chain stands. */
  private async follow(link: Link, before: Tip | undefined, isAnchored: boolean): Promise<Tip> {
    const { key, manifest, hash } = link;
    if (before !== undefined && manifest.number === before.number) {
      this.report(key, `there is another manifest of number ${manifest.number}`);
      return before;
    }
    const first = comparableSequence(manifest.firstSequence);
    const expected = (before?.number ?? 0) + 1;
    if (isAnchored && manifest.number > expected) {
      const missing = manifest.number - 1 === expected ? `manifest ${expected} is` : `manifests ${expected} to ${manifest.number - 1} are`;
      this.report(key, `${missing} missing before it`);
    } else if (isAnchored && manifest.previous !== (before?.sha256 ?? null)) {
      this.report(key, `it names ${manifest.previous ?? 'nothing'} as the hash of manifest ${expected - 1}, which has ${before?.sha256 ?? 'none'}`);
    }
    if (before !== undefined && first <= before.lastSequence) {
      this.report(key, `it begins at ${manifest.firstSequence}, which is not after the end of the manifest before it`);
    }
    const { filter: _, ...kept } = manifest;
    this.links.push({ key, manifest: kept, hash });
    this.named.add(manifest.object.key);
    if (this.options.readObjects) {
      await this.checkObject(manifest);
    }
    this.changes += manifest.changes;
    return { number: manifest.number, sha256: hash, lastSequence: comparableSequence(manifest.lastSequence) };
  }

  private async checkObject(manifest: Manifest): Promise<void> {
    const { key } = manifest.object;
    const body = await this.store.get(key);
    if (body === undefined) {
      this.report(key, `it is missing; manifest ${manifest.number} names it`);
      return;
    }
    try {
      this.options.visit(manifest, readDescribedObject(manifest, body));
    } catch (error) {
      this.report(key, problemOf(error));
    }
  }

  /** The head may be one manifest ahead of what is stored: its writer died, and nobody has stored it yet. */
  private async followUnstored(head: HeadTip | undefined, before: Tip | undefined): Promise<Tip | undefined> {
    const isNext = head !== undefined && head.number === (before?.number ?? 0) + 1;
    if (!isNext || this.listed.manifests.some(({ key }) => key === head.manifestKey) || await this.store.get(head.manifestKey) !== undefined) {
      return before;
    }
    const link = this.read(head.manifestKey, head.number, head.manifest);
    return link === undefined ? before : this.follow(link, before, true);
  }

  /** Compares what is known of the end from elsewhere. */
  private checkEnd(head: HeadTip | undefined, end: Tip | undefined): ChainEnd {
    const { hasHeads, noted, range, start } = this.options;
    for (const [tip, source] of [[head, 'the head of the chain'], [noted, 'a noted tip']] as const) {
      if (tip === undefined || tip.number <= (start?.number ?? 0)) {
        continue;
      }
      const link = this.links.find(({ manifest }) => manifest.number === tip.number);
      if (link !== undefined && link.hash !== tip.sha256) {
        this.report(link.key, `its SHA-256 is ${link.hash}, ${source} says ${tip.sha256}`);
      } else if (link === undefined && range === undefined && tip.number > (end?.number ?? 0)) {
        this.report(head?.manifestKey ?? this.chain, `the chain ends at manifest ${end?.number ?? 0}, but ${source} names manifest ${tip.number}`);
      }
    }
    if (hasHeads && head === undefined && this.links.length > 0) {
      this.report(this.links[this.links.length - 1].key, 'the table of heads does not know its chain');
    }
    return head !== undefined ? 'head' : noted !== undefined ? 'noted' : 'unknown';
  }

  /** What no manifest names must be the work of a writer that lost a race or died. */
  private async checkObjects(tip: Tip | undefined, end: ChainEnd): Promise<void> {
    const { range, readObjects, start } = this.options;
    const lastSequence = tip?.lastSequence ?? '';
    for (const object of this.listed.objects) {
      const { key, firstSequence } = object;
      const isBefore = start !== undefined && firstSequence <= start.lastSequence;
      if (this.named.has(key) || isBefore || (range !== undefined && this.isOutsideOfWalk(firstSequence))) {
        continue;
      }
      if (firstSequence > lastSequence) {
        if (end !== 'head') {
          this.report(key, 'no manifest names it: it is being written just now, or the end of the chain is missing');
        }
        this.orphans.push({ chain: this.chain, key, kind: 'uncommitted' });
      } else if (!readObjects || await this.isInChain(object, lastSequence)) {
        this.orphans.push({ chain: this.chain, key, kind: 'raced' });
      }
    }
  }

  /** Within a range, manifests before and after it are not known, so that their objects cannot be judged. */
  private isOutsideOfWalk(firstSequence: string): boolean {
    const first = this.links[0]?.manifest;
    const last = this.links[this.links.length - 1]?.manifest;
    return first === undefined || firstSequence < comparableSequence(first.firstSequence) || firstSequence > comparableSequence(last.lastSequence);
  }

  /** Whether every change of an object that no manifest names is in the objects that manifests name, up to the end of the chain. */
  private async isInChain({ key, firstSequence }: ChangesKey, lastSequence: string): Promise<boolean> {
    let changes: readonly ArchivedChange[];
    try {
      changes = unpackChanges(await this.store.get(key) ?? Buffer.alloc(0)).changes.filter((change) => sequenceOf(change) <= lastSequence);
    } catch (error) {
      this.report(key, `no manifest names it, and ${problemOf(error)}`);
      return false;
    }
    const missing = new Set(changes.map(sequenceOf));
    const [first, last] = [firstSequence, [...missing].pop() ?? firstSequence];
    for (const { manifest } of this.links) {
      if (comparableSequence(manifest.lastSequence) >= first && comparableSequence(manifest.firstSequence) <= last) {
        const body = await this.store.get(manifest.object.key);
        // A broken object of the chain was reported where it stands.
        const held = body !== undefined && sha256(body) === manifest.object.sha256 ? unpackChanges(body).changes : [];
        held.forEach((change) => missing.delete(sequenceOf(change)));
      }
    }
    if (missing.size > 0 && this.breaks.length === 0) {
      this.report(key, `no manifest names it, and the chain lacks ${missing.size} of its changes`);
    }
    return missing.size === 0;
  }

  private report(key: string, problem: string): void {
    this.breaks.push({ chain: this.chain, key, problem });
  }
}

function problemOf(error: unknown): string {
  if (error instanceof ArchiveFormatError) {
    return error.message;
  }
  throw error;
}
