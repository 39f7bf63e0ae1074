import { isSentPayment, type SentEntry } from '../load/outcome';

/** Stand behind each field; no UTF-16 code unit is as large, so that no two lists of fields are one text. */
const END = 0x10000;
const ABSENT = 0x10001;
/** What is above them does not fit beside 32 others into a number of JavaScript that is exact. */
const UPPER_BITS = 0xffff;

/**
 * A number of 48 bits for the fields that decide the effect: two hashes in the way of MurmurHash3, of 32 bits each, over the UTF-16 code units.
 * Nobody chooses fields so that they collide, so nothing slower is needed.
 *
 * @see https://github.com/aappleby/smhasher/wiki/MurmurHash3
 */
export function fingerprintOf(entry: SentEntry): number {
  const print = new Fingerprint();
  print.add(String(entry.amount));
  print.add(entry.currency);
  print.add(entry.type);
  if (isSentPayment(entry)) {
    print.add(entry.payerId);
    print.add(entry.refundOf);
    print.add(entry.token);
  } else {
    print.add(entry.holdOf);
    print.add(entry.reason);
  }
  return print.value();
}

class Fingerprint {
  private one = 0x9747b28c;
  private other = 0x3c6ef372;

  add(text: string | undefined): void {
    if (text === undefined) {
      this.mix(ABSENT);
      return;
    }
    for (let index = 0; index < text.length; index++) {
      this.mix(text.charCodeAt(index));
    }
    this.mix(END);
  }

  value(): number {
    const one = finished(this.one ^ this.other);
    return (finished(this.other + one) & UPPER_BITS) * 0x1_0000_0000 + one;
  }

  private mix(unit: number): void {
    const one = Math.imul(this.one ^ Math.imul(unit, 0xcc9e2d51), 0x85ebca6b);
    this.one = (one << 13) | (one >>> 19);
    const other = Math.imul(this.other ^ Math.imul(unit, 0x1b873593), 0xc2b2ae35);
    this.other = (other << 15) | (other >>> 17);
  }
}

/** The finalizer of MurmurHash3: every bit of what comes in changes half of the bits that come out. */
function finished(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
