import type { DynamoDBRecord } from 'aws-lambda';
import { isRetryable } from '../aws/errors';
import type { ObjectStore } from '../aws/object-store';
import { streamShardName } from '../balance/stream-shard';
import { BoundedMap } from '../http/bounded-map';
import type { Logger } from '../observability/logger';
import type { Metrics } from '../observability/metrics';
import { RetryPolicy } from '../retry/retry';
import type { ArchiveHead, ArchiveHeads } from './archive-heads';
import { changesKey, hourPath, manifestKey } from './archive-keys';
import { archivedChange, type ArchivedChange, type ChangeSource, packChanges, sequenceOf } from './archived-change';
import { createManifest, manifestText, sha256 } from './manifest';

export interface AuditArchiverOptions {
  readonly objects: ObjectStore;
  readonly heads: ArchiveHeads;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
}

/** What a step led to. `unsure`: the head did not move, or that is not known. */
type Step = 'done' | 'more' | 'unsure';

/** Chains whose last manifest is known to be stored. */
const REMEMBERED_CHAINS = 1_000;

/**
 * Appends the changes of a source to the archive, each exactly once, from a source that delivers at least once: a table's stream, or a journal.
 *
 * The order of its writes: the object with the changes, then the head of the chain, then the manifest. The head decides: it moves by one
 * compare-and-set from the sequence number that was read to the last one of the object, and carries the manifest, which whoever comes next
 * stores if its writer died. So a chain never forks, whoever wakes up late; an object whose writer lost the race is in no manifest.
 */
export class AuditArchiver {
  private readonly objects: ObjectStore;
  private readonly heads: ArchiveHeads;
  private readonly metrics: Metrics;
  private readonly logger: Logger;
  private readonly retry: RetryPolicy;
  /** Number of the last manifest that this process saw stored, by chain. */
  private readonly stored = new BoundedMap<string, number>(REMEMBERED_CHAINS);

  public constructor(options: AuditArchiverOptions) {
    this.objects = options.objects;
    this.heads = options.heads;
    this.metrics = options.metrics;
    this.logger = options.logger;
    this.retry = options.retry ?? new RetryPolicy();
  }

  /**
   * Archives a batch as a whole. When it returns, every change of it is in the chain and its manifest is stored.
   *
   * @param records a batch of one shard
   * @param deadline time after which no new attempt starts, in milliseconds since 1970
   * @throws AwsServiceError, AwsConnectionError or Error when that could not be reached: the batch must be delivered again
   */
  public async archive(records: readonly DynamoDBRecord[], source: ChangeSource, deadline?: number): Promise<void> {
    await this.archiveChanges(inOrder(records.map(archivedChange)), source, deadline);
  }

  /**
   * The same for changes of another source than a table's stream.
   *
   * @param changes in the order of their source, each once; none of them is before one that the source told of earlier and that is not in the archive
   * @param deadline time after which no new attempt starts, in milliseconds since 1970
   * @throws AwsServiceError, AwsConnectionError or Error when not all of them are in the archive: they must come again
   */
  public async archiveChanges(changes: readonly ArchivedChange[], source: ChangeSource, deadline?: number): Promise<void> {
    const attempts = this.retry.begin(deadline);
    let failure: unknown;
    do {
      try {
        let step: Step;
        do {
          step = await this.append(changes, source, deadline);
        } while (step === 'more');
        if (step === 'done') {
          attempts.succeeded();
          return;
        }
        failure = undefined;
      } catch (error) {
        if (!isRetryable(error)) {
          throw error;
        }
        failure = error;
      }
    } while (await attempts.again());
    throw failure ?? new Error('the head of the chain could not be moved: other writers, or a table that does not answer');
  }

  /** Appends one object, if there is anything to append. */
  private async append(changes: readonly ArchivedChange[], source: ChangeSource, deadline?: number): Promise<Step> {
    const chain = streamShardName(source.stream, source.shard);
    const head = await this.heads.read(chain, deadline);
    if (head !== undefined && this.stored.get(chain) !== head.number) {
      await this.completeManifest(chain, head, deadline);
    }
    // What the head has passed came again.
    const fresh = head === undefined ? changes : changes.filter((change) => sequenceOf(change) > head.lastSequence);
    if (fresh.length === 0) {
      return 'done';
    }
    const object = changesOfOneHour(fresh);
    const next = await this.storeObject(object, chain, source, head, deadline);
    const result = await this.heads.advance(chain, next, head?.lastSequence);
    if (result !== 'advanced') {
      this.metrics.count('AuditHeadConflicts');
      return 'unsure';
    }
    await this.storeManifest(chain, next, deadline);
    this.metrics.count('AuditObjectsWritten');
    this.metrics.count('ChangesArchived', object.length);
    return object.length < fresh.length ? 'more' : 'done';
  }

  /** Stores the changes, and answers the head that makes them part of the chain. */
  private async storeObject(
    changes: readonly ArchivedChange[], chain: string, source: ChangeSource, head: ArchiveHead | undefined, deadline?: number,
  ): Promise<ArchiveHead> {
    const object = packChanges(source, changes);
    const { at } = changes[0];
    const key = changesKey(chain, at, sequenceOf(changes[0]), sha256(object));
    // The key carries the digest: an object that is there already has these very bytes.
    await this.objects.put(key, object, { ifAbsent: true, contentType: 'application/gzip', deadline });
    const number = (head?.number ?? 0) + 1;
    const previous = head === undefined ? null : sha256(head.manifest);
    const manifest = manifestText(createManifest({ source, number, previous, key, object, changes }));
    return { number, lastSequence: sequenceOf(changes[changes.length - 1]), manifestKey: manifestKey(chain, at, number), manifest };
  }

  /** Stores the manifest of a head whose writer may have died before it could. */
  private async completeManifest(chain: string, head: ArchiveHead, deadline?: number): Promise<void> {
    if (await this.objects.get(head.manifestKey, { deadline }) === undefined) {
      this.logger.warn('a manifest was missing and is stored now', { chain, number: head.number });
      await this.storeManifest(chain, head, deadline);
    } else {
      this.stored.set(chain, head.number);
    }
  }

  private async storeManifest(chain: string, { manifestKey: key, manifest, number }: ArchiveHead, deadline?: number): Promise<void> {
    await this.objects.put(key, Buffer.from(manifest), { ifAbsent: true, contentType: 'application/json', deadline });
    this.stored.set(chain, number);
  }
}

/**
 * The first changes, up to the end of the hour of the first of them: an object lies below its hour, so that a search in time reads no other.
 * After an outage one batch may span hours.
 */
function changesOfOneHour(changes: readonly ArchivedChange[]): readonly ArchivedChange[] {
  const hour = hourPath(changes[0].at);
  const end = changes.findIndex(({ at }) => hourPath(at) !== hour);
  return end < 0 ? changes : changes.slice(0, end);
}

/** In the order of the shard, each once. A batch is in order already, but the chain must be whatever comes. */
function inOrder(changes: readonly ArchivedChange[]): readonly ArchivedChange[] {
  const sequences = changes.map(sequenceOf);
  if (sequences.every((sequence, index) => index === 0 || sequences[index - 1] < sequence)) {
    return changes;
  }
  const bySequence = new Map(changes.map((change, index) => [sequences[index], change]));
  return [...bySequence].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, change]) => change);
}
