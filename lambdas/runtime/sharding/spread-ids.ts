import { randomBytes } from 'node:crypto';
import { requireWholeNumber } from '../configuration/option-rules';
import { type Clock, systemClock } from '../retry/clock';
import { stableHash } from './stable-hash';

/** Crockford's alphabet: digits and letters that are not mistaken for each other, in the order of their codes. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
/** Two of these name a partition. No digit is among them. */
const PARTITION_LETTERS = 'abcdefghjkmnpqrs';
/** Between time and chance, so that no run of digits is longer than 12: a card number has 13 or more. */
const SEPARATOR = 'x';

const TIME_LENGTH = 10;
const CHANCE_LENGTH = 12;
const CHANCE_BITS = 60n;
const MAXIMUM_PARTITIONS = PARTITION_LETTERS.length ** 2;
const FORMAT = /^[a-hj-km-np-s]{2}[0-9a-hjkmnp-tv-z]{10}x[0-9a-hjkmnp-tv-z]{12}$/;

export interface SpreadIdsOptions {
  /** Partitions that ids are spread over, 1 to 256. Stored ids depend on it: fewer or more later need a new kind of id. @default 16 */
  readonly partitions?: number;
  /** @default systemClock */
  readonly clock?: Clock;
  /** Eight random bytes. @default - those of node:crypto */
  readonly randomBytes?: () => Uint8Array;
}

/** First and last id that a partition can hold of a stretch of time. */
export interface IdRange {
  readonly from: string;
  /** Belongs to it. */
  readonly to: string;
}

/**
 * Ids that sort by time inside a partition and spread over partitions: 2 letters for the partition, 10 digits (base 32) for the
 * milliseconds, a letter, 12 digits of chance. As with ULID and version 7 of UUID (RFC 9562, monotonic random), ids of one process and millisecond
 * count on from the one before.
 *
 * An id that begins with its time sends all writes of a moment to one end of the key space, and so to one partition. Here the partition
 * stands first and follows from the rest, so that anybody can check it. A stretch of time is read as one range a partition (`rangesOf`), put
 * together by `compareByTime`.
 *
 * Letters at fixed places keep every run of digits shorter than a card number, so no search for card numbers ever stops at one.
 */
export class SpreadIds {
  private readonly partitions: number;
  private readonly clock: Clock;
  private readonly randomBytes: () => Uint8Array;
  private lastTime = -1;
  private lastChance = 0n;

  /** @throws RangeError when `partitions` is out of its range */
  public constructor(options: SpreadIdsOptions = {}) {
    this.partitions = options.partitions ?? 16;
    requireWholeNumber('partitions', this.partitions, 1, MAXIMUM_PARTITIONS);
    this.clock = options.clock ?? systemClock;
    this.randomBytes = options.randomBytes ?? (() => randomBytes(8));
  }

  /** A new id. Its time part is later than that of every id before it from here, also when the clock was set back. */
  public next(): string {
    const now = this.clock.now();
    if (now > this.lastTime) {
      this.lastTime = now;
      // One bit is left free to count in.
      this.lastChance = BigInt.asUintN(Number(CHANCE_BITS) - 1, Buffer.from(this.randomBytes()).readBigUInt64BE());
    } else if (++this.lastChance >> CHANCE_BITS !== 0n) {
      this.lastTime++;
      this.lastChance = 0n;
    }
    const rest = encode(BigInt(this.lastTime), TIME_LENGTH) + SEPARATOR + encode(this.lastChance, CHANCE_LENGTH);
    return this.partitionOf(rest) + rest;
  }

  /** Whether a text is an id as this makes them: its form, and its partition. */
  public isId(text: string): boolean {
    return FORMAT.test(text) && this.partitionOf(text.slice(2)) === text.slice(0, 2);
  }

  /**
   * The ids of a stretch of time: one range for each partition.
   *
   * @param from in milliseconds since 1970
   * @param to belongs to it
   */
  public rangesOf(from: number, to: number): readonly IdRange[] {
    const [first, last] = [encode(BigInt(from), TIME_LENGTH), encode(BigInt(to), TIME_LENGTH)];
    return Array.from({ length: this.partitions }, (_, index) => partitionName(index)).map((partition) => ({
      from: partition + first + SEPARATOR + DIGITS[0].repeat(CHANCE_LENGTH),
      to: partition + last + SEPARATOR + DIGITS[DIGITS.length - 1].repeat(CHANCE_LENGTH),
    }));
  }

  private partitionOf(rest: string): string {
    return partitionName(stableHash(rest) % this.partitions);
  }
}

/** When an id was made, in milliseconds since 1970. @throws Error when it is no id of `SpreadIds` */
export function timeOfId(id: string): number {
  if (!FORMAT.test(id)) {
    throw new Error(`an id must have 25 characters as \`SpreadIds\` makes them, got: ${JSON.stringify(id)}`);
  }
  return [...id.slice(2, 2 + TIME_LENGTH)].reduce((time, digit) => time * DIGITS.length + DIGITS.indexOf(digit), 0);
}

/** Orders ids by time, whatever their partitions; for `sort`. */
export function compareByTime(a: string, b: string): number {
  const [left, right] = [a.slice(2), b.slice(2)];
  if (left === right) {
    return 0;
  }
  return left < right ? -1 : 1;
}

function partitionName(index: number): string {
  return PARTITION_LETTERS[Math.floor(index / PARTITION_LETTERS.length)] + PARTITION_LETTERS[index % PARTITION_LETTERS.length];
}

function encode(number: bigint, length: number): string {
  let text = '';
  for (let left = number; text.length < length; left >>= 5n) {
    text = DIGITS[Number(left & 31n)] + text;
  }
  return text;
}
