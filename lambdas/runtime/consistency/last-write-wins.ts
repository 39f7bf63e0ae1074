import { requireWholeNumber } from '../configuration/option-rules';
import { requireReplica } from './replica-counts';

/** A value and when who wrote it. */
export interface StampedWrite<Value> {
  readonly value: Value;
  /** In milliseconds since 1970, by the clock of the writer. */
  readonly at: number;
  /** Name of the writer; of two writes at the same time that with the greater name wins. */
  readonly replica: string;
}

/**
 * Of two writes the later one; of two at the same millisecond that of the replica with the greater name, so that every replica decides alike.
 *
 * The other write is lost, and a clock that runs ahead wins over later writes of others for as long as it is ahead. Good for what has one
 * writer at a time or is measured anew anyway; wrong for money and for anything that must be refused when it exists.
 */
export function lastWrite<Value>(a: StampedWrite<Value>, b: StampedWrite<Value>): StampedWrite<Value> {
  if (a.at !== b.at) {
    return a.at > b.at ? a : b;
  }
  return a.replica >= b.replica ? a : b;
}

/** A value that the last write decides (LWW-Register; Shapiro and others 2011). Immutable. */
export class LwwRegister<Value> {
  /** One that nobody has written yet. */
  public static empty<Value>(): LwwRegister<Value> {
    return new LwwRegister<Value>(undefined);
  }

  /** @throws Error when it is not what `toJSON` writes */
  public static fromJSON<Value>(json: unknown): LwwRegister<Value> {
    if (json === null) {
      return LwwRegister.empty();
    }
    const { value, at, replica } = (json ?? {}) as Partial<StampedWrite<Value>>;
    requireWholeNumber('at', at, 0);
    requireReplica(String(replica ?? ''));
    return new LwwRegister<Value>({ value: value as Value, at, replica: String(replica) });
  }

  private constructor(private readonly last: StampedWrite<Value> | undefined) {}

  /** Undefined before the first write. */
  public get value(): Value | undefined {
    return this.last?.value;
  }

  /**
   * @param now in milliseconds since 1970. A write is later than the one it replaces, even when the clock was set back: who has seen a
   * value and writes another means the other one
   * @throws Error when the replica has no name or `now` is no whole number from 0
   */
  public write(replica: string, value: Value, now: number): LwwRegister<Value> {
    requireReplica(replica);
    requireWholeNumber('now', now, 0);
    return new LwwRegister<Value>({ value, at: Math.max(now, (this.last?.at ?? -1) + 1), replica });
  }

  public merge(other: LwwRegister<Value>): LwwRegister<Value> {
    if (this.last === undefined || other.last === undefined) {
      return this.last === undefined ? other : this;
    }
    return new LwwRegister(lastWrite(this.last, other.last));
  }

  /** Null before the first write. */
  public toJSON(): StampedWrite<Value> | null {
    return this.last ?? null;
  }
}
