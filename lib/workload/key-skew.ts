import { refuse, requireCount } from './validation';

export interface ZipfProps {
  /** Number of distinct keys, at least 1. */
  readonly keys: number;
  /** How unequal they are: 0 is equal, 1 the classic law, above 1 few keys take most. Range 0 to 3. */
  readonly exponent: number;
}

/** Some keys of about equal share. */
export interface KeyGroup {
  readonly keys: number;
  /** Share of the rate that each of the keys has. */
  readonly share: number;
}

/** Ranks up to here are summed one by one; the tail is an integral, exact to about 1e-9 of the sum. */
const EXACT_RANKS = 200;
const LARGEST_EXPONENT = 3;
/** Ratio of the last to the first rank of a group in the tail. */
const GROUP_RATIO = 1.05;

/** How the rate spreads over keys (merchants): Zipf's law, where the key of rank k has a share proportional to k^-exponent. */
export class KeySkew {
  /** @throws Error for fewer than one key, or an exponent outside 0 to 3 */
  static zipf(props: ZipfProps): KeySkew {
    requireCount('keySkew.keys', props.keys);
    if (!(props.exponent >= 0 && props.exponent <= LARGEST_EXPONENT)) {
      refuse('keySkew.exponent', `between 0 and ${LARGEST_EXPONENT}`, props.exponent);
    }
    return new KeySkew(props.keys, props.exponent);
  }

  /** All keys have the same share. */
  static uniform(keys: number): KeySkew {
    return KeySkew.zipf({ keys, exponent: 0 });
  }

  private readonly sum: number;
  /** The groups, once they were asked for: sizes are searched for with the same ones many times. */
  private known?: readonly KeyGroup[];

  private constructor(
    /** Number of distinct keys. */
    readonly keys: number,
    /** Zipf exponent; 0 for equal shares. */
    readonly exponent: number,
  ) {
    this.sum = powerSum(keys, exponent);
  }

  /** Share of the rate that the hottest key takes: 1 / sum(k^-s, k = 1..keys). */
  maximumShare(): number {
    return 1 / this.sum;
  }

  /** Share of the key of a rank; 1 is the hottest. */
  share(rank: number): number {
    return Math.pow(rank, -this.exponent) / this.sum;
  }

  /** How many keys have a share above a bound. */
  keysAbove(share: number): number {
    if (!(share < this.maximumShare())) {
      return 0;
    }
    // Shares fall with the rank, so the last rank above the bound is found by halving.
    let low = 1;
    let high = this.keys;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.share(middle) > share) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /** All keys as groups of about equal share, hottest first; the shares of all keys add up to 1. */
  groups(): readonly KeyGroup[] {
    this.known ??= this.makeGroups();
    return this.known;
  }

  private makeGroups(): KeyGroup[] {
    const groups: KeyGroup[] = [];
    for (let rank = 1; rank <= Math.min(this.keys, EXACT_RANKS); rank++) {
      groups.push({ keys: 1, share: this.share(rank) });
    }
    for (let first = EXACT_RANKS + 1; first <= this.keys;) {
      const last = Math.min(this.keys, Math.floor(first * GROUP_RATIO));
      const keys = last - first + 1;
      groups.push({ keys, share: tailSum(first, last, this.exponent) / this.sum / keys });
      first = last + 1;
    }
    return groups;
  }

  toString(): string {
    return this.exponent === 0 ? `uniform over ${this.keys} keys` : `Zipf over ${this.keys} keys, exponent ${this.exponent}`;
  }
}

/** sum(k^-s, k = 1..n). */
function powerSum(n: number, s: number): number {
  let sum = 0;
  for (let rank = 1; rank <= Math.min(n, EXACT_RANKS); rank++) {
    sum += Math.pow(rank, -s);
  }
  return n > EXACT_RANKS ? sum + tailSum(EXACT_RANKS + 1, n, s) : sum;
}

/** sum(k^-s, k = a..b) by the Euler-Maclaurin formula, whose error is far below 1e-9 of the whole sum for a > 200. */
function tailSum(a: number, b: number, s: number): number {
  const integral = s === 1 ? Math.log(b / a) : (Math.pow(b, 1 - s) - Math.pow(a, 1 - s)) / (1 - s);
  const ends = (Math.pow(a, -s) + Math.pow(b, -s)) / 2;
  const slope = s / 12 * (Math.pow(a, -s - 1) - Math.pow(b, -s - 1));
  return integral + ends + slope;
}
