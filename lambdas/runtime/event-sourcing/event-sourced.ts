import { randomUUID } from 'node:crypto';
import type { SnapshotStore } from '../actor/snapshot-store';
import { isRetryable } from '../aws/errors';
import { requireWholeNumber } from '../configuration/option-rules';
import { RetryPolicy } from '../retry/retry';
import type { Commit, EventStore } from './event-store';

export interface EventSourcedOptions<State, Event> {
  readonly events: EventStore<Event>;
  /** State before the first event. */
  readonly initial: (stream: string) => State;
  /** The state after an event: a function of its arguments that leaves the old state as it is. */
  readonly evolve: (state: State, event: Event) => State;
  /** Where states are kept, so that not all events must be read. @default - none: every load reads all events */
  readonly snapshots?: SnapshotStore<State>;
  /** Commits from one snapshot to the next; 1 to 1,000,000. @default 100 */
  readonly snapshotEvery?: number;
  /** Called when a snapshot could not be stored or read, which costs time and nothing else. @default - nobody is told */
  readonly onSnapshotError?: (error: unknown) => void;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
  /** Ids of commits. @default randomUUID */
  readonly newId?: () => string;
}

/** A state, and the version of the last commit in it; 0 before the first. */
export interface Loaded<State> {
  readonly state: State;
  readonly version: number;
}

/** Thrown when a writer named the version that it expects, and the stream has another one. */
export class VersionConflictError extends Error {
  public constructor(stream: string, public readonly expected: number) {
    super(`stream ${JSON.stringify(stream)} is not at version ${expected} any more`);
    this.name = 'VersionConflictError';
  }
}

/**
 * Things whose events are what is stored, and whose state is what the events make of it.
 *
 * A decision is made on a state and appended on the condition that nothing came in between. A snapshot only saves reading: it is the
 * fold up to a version, and the events after it count.
 */
export class EventSourced<State, Event> {
  private readonly options: EventSourcedOptions<State, Event>;
  private readonly snapshotEvery: number;
  private readonly retry: RetryPolicy;

  /** @throws RangeError when `snapshotEvery` is out of its range */
  public constructor(options: EventSourcedOptions<State, Event>) {
    const { snapshotEvery = 100 } = options;
    requireWholeNumber('snapshotEvery', snapshotEvery, 1, 1_000_000);
    this.options = options;
    this.snapshotEvery = snapshotEvery;
    this.retry = options.retry ?? new RetryPolicy();
  }

  /** The state now. @throws what the store throws */
  public async load(stream: string): Promise<Loaded<State>> {
    return this.retry.run(async () => (await this.loadOnce(stream)).loaded);
  }

  /**
   * Appends events that were decided on elsewhere, a user's form say.
   *
   * @param expectedVersion version that the decision was made on
   * @throws VersionConflictError when something came in between, or what the store throws
   */
  public async append(stream: string, expectedVersion: number, events: readonly Event[]): Promise<Loaded<State>> {
    return this.decide(stream, (_, version) => {
      if (version !== expectedVersion) {
        throw new VersionConflictError(stream, expectedVersion);
      }
      return events;
    });
  }

  /**
   * Decides on the newest state and appends what was decided, once, also when the answer is lost; after somebody else's commit it decides anew.
   *
   * @param decide what happens; nothing when it answers no events. It may be called more than once. What it throws is thrown, and nothing is
   * appended
   * @returns the state with the new events
   */
  public async decide(stream: string, decide: (state: State, version: number) => readonly Event[]): Promise<Loaded<State>> {
    const id = (this.options.newId ?? randomUUID)();
    const attempts = this.retry.begin();
    // From here on the own commit may lie, also behind a snapshot that somebody made of it.
    let uncertainAfter = Number.POSITIVE_INFINITY;
    for (;;) {
      const { loaded, commits, snapshotVersion } = await this.retry.run(() => this.loadOnce(stream, uncertainAfter));
      if (commits.some((commit) => commit.id === id)) {
        // The answer to an earlier attempt was lost.
        return loaded;
      }
      const events = decide(loaded.state, loaded.version);
      if (events.length === 0) {
        return loaded;
      }
      const commit: Commit<Event> = { version: loaded.version + 1, id, events };
      let error: unknown;
      try {
        if (await this.options.events.append(stream, commit) === 'appended') {
          attempts.succeeded();
          const next = { state: events.reduce(this.options.evolve, loaded.state), version: commit.version };
          await this.saveSnapshot(stream, next, snapshotVersion);
          return next;
        }
        error = new VersionConflictError(stream, loaded.version);
      } catch (thrown) {
        error = thrown;
        if (!isRetryable(error)) {
          throw error;
        }
        uncertainAfter = Math.min(uncertainAfter, loaded.version);
      }
      if (!(await attempts.again())) {
        throw error;
      }
    }
  }

  /** @param readAfter version after which commits are read even if the snapshot contains them */
  private async loadOnce(
    stream: string, readAfter = Number.POSITIVE_INFINITY,
  ): Promise<{ readonly loaded: Loaded<State>; readonly commits: readonly Commit<Event>[]; readonly snapshotVersion: number | undefined }> {
    const snapshot = await this.options.snapshots?.load(stream).catch((error: unknown) => {
      this.options.onSnapshotError?.(error);
      return undefined;
    });
    const commits = await this.options.events.read(stream, Math.min(snapshot?.version ?? 0, readAfter));
    let state = snapshot === undefined ? this.options.initial(stream) : snapshot.state;
    let version = snapshot?.version ?? 0;
    for (const commit of commits) {
      if (commit.version > version) {
        state = commit.events.reduce(this.options.evolve, state);
        version = commit.version;
      }
    }
    return { loaded: { state, version }, commits, snapshotVersion: snapshot?.version };
  }

  private async saveSnapshot(stream: string, { state, version }: Loaded<State>, readVersion: number | undefined): Promise<void> {
    if (version - (readVersion ?? 0) < this.snapshotEvery) {
      return;
    }
    try {
      // Of two writers one is refused, which is as well: both have folded the same events.
      await this.options.snapshots?.save(stream, { state, version, lastSequence: String(version) }, readVersion);
    } catch (error) {
      this.options.onSnapshotError?.(error);
    }
  }
}
