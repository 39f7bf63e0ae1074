/** A state, and how far it has come. */
export interface Snapshot<State> {
  readonly state: State;
  /** Sequence number of the last message or event that the state contains. */
  readonly lastSequence: string;
  /** Grows with every snapshot of one key: the fence by which a writer knows that it is still the only one. */
  readonly version: number;
}

/** Where states are kept. */
export interface SnapshotStore<State> {
  /** Consistently. @throws when the store does not answer */
  load(key: string): Promise<Snapshot<State> | undefined>;

  /**
   * Stores a snapshot on the condition that the stored one is still that which was read: one atomic compare-and-set, one attempt.
   *
   * @param next of a greater version
   * @param readVersion version that was read; undefined when there was none
   * @throws when the store does not answer: it may be stored or not
   */
  save(key: string, next: Snapshot<State>, readVersion: number | undefined): Promise<'saved' | 'conflict'>;
}

/** Snapshots in a map; for tests, and for states that need not outlive their process. */
export class MemorySnapshots<State> implements SnapshotStore<State> {
  private readonly snapshots = new Map<string, Snapshot<State>>();

  public async load(key: string): Promise<Snapshot<State> | undefined> {
    return this.snapshots.get(key);
  }

  public async save(key: string, next: Snapshot<State>, readVersion: number | undefined): Promise<'saved' | 'conflict'> {
    if (this.snapshots.get(key)?.version !== readVersion) {
      return 'conflict';
    }
    this.snapshots.set(key, next);
    return 'saved';
  }
}
