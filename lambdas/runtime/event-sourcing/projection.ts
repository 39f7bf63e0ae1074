import type { DynamoDBRecord } from 'aws-lambda';
import { ActorGroup } from '../actor/actor-group';
import type { SnapshotStore } from '../actor/snapshot-store';
import type { ArchiveHeads } from '../archive/archive-heads';
import type { ChainBreak } from '../archive/archive-report';
import { type ArchivedChange, archivedChange } from '../archive/archived-change';
import { verifyArchive } from '../archive/chain-verification';
import type { ObjectStore } from '../aws/object-store';
import type { RetryPolicy } from '../retry/retry';

/**
 * What is made of the changes of a ledger, shard by shard: there is no order between shards, so each has a state of its own, and a reader puts
 * them together.
 */
export interface Projection<State> {
  /** State of a shard before its first change. */
  readonly initial: (streamShard: string) => State;
  /** The state after a change: a function of its arguments that leaves the old state as it is. */
  readonly apply: (state: State, change: ArchivedChange) => State;
}

/** State of a shard, and the sequence number of the last change in it. */
export interface ProjectedShard<State> {
  readonly state: State;
  readonly lastSequence: string;
}

/** The archive is not what was written: what is rebuilt from it would be wrong. */
export class BrokenArchiveError extends Error {
  public constructor(public readonly breaks: readonly ChainBreak[]) {
    super(`the archive is broken in ${breaks.length} places, first ${breaks[0].key}: ${breaks[0].problem}`);
    this.name = 'BrokenArchiveError';
  }
}

/**
 * Makes a projection anew from the archive, which holds every change once and in order.
 *
 * @param options.heads ends of the chains, so that what was cut off is missed. @default - the ends are not proven
 * @returns states by shard, of the shards that are in the archive
 * @throws BrokenArchiveError when the archive does not hold together
 */
export async function rebuildProjection<State>(
  objects: ObjectStore, projection: Projection<State>, options: { readonly heads?: ArchiveHeads } = {},
): Promise<ReadonlyMap<string, ProjectedShard<State>>> {
  const shards = new Map<string, ProjectedShard<State>>();
  const { breaks } = await verifyArchive(objects, {
    heads: options.heads,
    visit: (streamShard, _, changes) => {
      const before = shards.get(streamShard)?.state ?? projection.initial(streamShard);
      shards.set(streamShard, {
        state: changes.reduce((state, change) => projection.apply(state, change), before),
        lastSequence: changes[changes.length - 1].sequence,
      });
    },
  });
  if (breaks.length > 0) {
    throw new BrokenArchiveError(breaks);
  }
  return shards;
}

export interface LiveProjectionOptions<State> {
  readonly projection: Projection<State>;
  /** One row a shard. */
  readonly store: SnapshotStore<State>;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
}

/**
 * Keeps a projection up to date from the table stream, which delivers at least once: an actor a shard, so that no change is counted twice and
 * none is left out, whoever delivers. It sees what its mapping lets through; where that has a filter, it must be the archiver's for the
 * rebuilt projection to be the same.
 */
export class LiveProjection<State> {
  private readonly actors: ActorGroup<State, ArchivedChange>;

  public constructor({ projection, store, retry }: LiveProjectionOptions<State>) {
    this.actors = new ActorGroup({ store, retry, initial: projection.initial, handle: projection.apply });
  }

  /**
   * @param records a batch of one shard, in its order
   * @param streamShard name of the shard, see `streamShardName`
   * @param deadline time after which no new attempt starts, in milliseconds since 1970. @default - none
   * @returns position of the first record that must be delivered again, with all after it; `records.length` when none
   * @throws Error when a record lacks its sequence number, time or image
   */
  public project(records: readonly DynamoDBRecord[], streamShard: string, deadline?: number): Promise<number> {
    const messages = records.map(archivedChange).map((change) => ({ key: streamShard, sequence: change.sequence, message: change }));
    return this.actors.deliver(messages, deadline);
  }
}
