/** Events that were decided on together: all of them happened, or none. */
export interface Commit<Event> {
  /** Place in its stream, from 1, without gaps. */
  readonly version: number;
  /** Given by who wrote it, so that a writer whose answer was lost knows its own commit. */
  readonly id: string;
  readonly events: readonly Event[];
}

/** Where events are kept: streams of commits, each of which only grows. */
export interface EventStore<Event> {
  /**
   * Adds a commit to a stream if there is none yet of its version; one attempt.
   *
   * @param commit of the version after the last one that its writer has read
   * @throws when the store does not answer: it may be there or not
   */
  append(stream: string, commit: Commit<Event>): Promise<'appended' | 'conflict'>;

  /** Commits after a version, in order, consistently. @throws when the store does not answer */
  read(stream: string, after: number): Promise<readonly Commit<Event>[]>;
}

/** Events in a map; for tests. */
export class MemoryEvents<Event> implements EventStore<Event> {
  private readonly streams = new Map<string, Commit<Event>[]>();

  public async append(stream: string, commit: Commit<Event>): Promise<'appended' | 'conflict'> {
    const commits = this.streams.get(stream) ?? [];
    if (commits.length >= commit.version) {
      return 'conflict';
    }
    this.streams.set(stream, [...commits, commit]);
    return 'appended';
  }

  public async read(stream: string, after: number): Promise<readonly Commit<Event>[]> {
    return (this.streams.get(stream) ?? []).slice(after);
  }
}
