import { SeededRandom } from '../../random/seeded-random';
import type { RandomSource } from './random-source';

/** What a table host does wrong on purpose. A member that is absent does nothing. */
export interface TableFaults {
  /**
   * Write units per second of each table, as a share of those that it took in the 5 seconds before this was switched on, spread
   * evenly over its partitions. A table that took none keeps its own limits, and none gets more than those. Above 0.
   */
  readonly throttleFactor?: number;
  /** Probability that a call which wrote something gets no answer: the writes stand, and the connection is closed. From 0 to 1. */
  readonly lostAnswers?: number;
  /** Probability that GetRecords of a table stream answers `ExpiredIteratorException`. From 0 to 1. */
  readonly expiredIterators?: number;
  /** Items that cannot be stored: those of these tables whose sort key begins with the prefix. */
  readonly unstorable?: { readonly tables: readonly string[]; readonly keyPrefix: string };
}

/** How often each fault was met. */
export interface TableFaultCounts {
  /** Calls that wrote something and got no answer. */
  readonly lostAnswers: number;
  /** Reads of a stream that were told that their iterator has expired. */
  readonly expiredIterators: number;
  /** Items that were not stored because of their key. */
  readonly refusedKeys: number;
  /** Shards of table streams that were closed and followed by another. */
  readonly rolledShards: number;
  /** Items that were not written because of the lowered limit. */
  readonly throttledByFault: number;
}

/** A write of the fault `lostAnswers` was carried out; whoever called gets no answer. To a client it is a connection that broke. */
export class DroppedAnswerError extends Error {
  readonly name = 'DroppedAnswerError';
  /** As Node.js names a connection that the other side closed. */
  readonly code = 'ECONNRESET';

  constructor() {
    super('The connection was closed before an answer came');
  }
}

/** Decides when a fault strikes, and counts it. */
export class FaultInjector {
  private faults: TableFaults = {};
  private droppedAnswers = 0;
  private expired = 0;
  private refused = 0;

  /** One sequence a fault, so that none changes when another one strikes. */
  private readonly randoms: { readonly [fault in 'lostAnswers' | 'expiredIterators']: RandomSource };

  /** @param random the sequence of each fault begins from it; it is not drawn from later */
  constructor(random: RandomSource) {
    const next = (): RandomSource => new SeededRandom(Math.floor(random.next() * 0x80000000));
    this.randoms = { lostAnswers: next(), expiredIterators: next() };
  }

  /** The faults that are switched on. */
  public get current(): TableFaults {
    return this.faults;
  }

  /** Replaces all faults. @throws Error naming a value that is out of range */
  public set(faults: TableFaults): void {
    if (faults.throttleFactor !== undefined && !(faults.throttleFactor > 0 && Number.isFinite(faults.throttleFactor))) {
      throw new Error(`\`throttleFactor\` must be a number above 0, got: ${faults.throttleFactor}`);
    }
    probability(faults.lostAnswers, 'lostAnswers');
    probability(faults.expiredIterators, 'expiredIterators');
    this.faults = faults;
  }

  /** Answers that were dropped, iterators that were called expired, and items that were refused so far. */
  public get counts(): Pick<TableFaultCounts, 'lostAnswers' | 'expiredIterators' | 'refusedKeys'> {
    return { lostAnswers: this.droppedAnswers, expiredIterators: this.expired, refusedKeys: this.refused };
  }

  /** Whether the answer of a call that wrote is to be dropped. */
  public dropsAnswer(): boolean {
    const strikes = this.strikes('lostAnswers');
    this.droppedAnswers += strikes ? 1 : 0;
    return strikes;
  }

  /** Whether a read of a stream is to be told that its iterator has expired. */
  public expiresIterator(): boolean {
    const strikes = this.strikes('expiredIterators');
    this.expired += strikes ? 1 : 0;
    return strikes;
  }

  /** Whether an item must not be stored. */
  public refusesKey(table: string, sortKey: string | undefined): boolean {
    const { unstorable } = this.faults;
    if (unstorable === undefined || sortKey?.startsWith(unstorable.keyPrefix) !== true || !unstorable.tables.includes(table)) {
      return false;
    }
    this.refused++;
    return true;
  }

  private strikes(fault: 'lostAnswers' | 'expiredIterators'): boolean {
    const chance = this.faults[fault];
    return chance !== undefined && chance > 0 && this.randoms[fault].next() < chance;
  }
}

function probability(value: number | undefined, name: string): void {
  if (value !== undefined && !(value >= 0 && value <= 1)) {
    throw new Error(`\`${name}\` must be a probability from 0 to 1, got: ${value}`);
  }
}
