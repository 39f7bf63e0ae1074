import { hash } from 'node:crypto';

/** A 128-bit hash key as 32 lower-case hexadecimal digits, so that plain string comparison orders keys. */
export type HashKey = string;

const SPACE = 1n << 128n;

/** The largest hash key. */
export const MAXIMUM_HASH_KEY: HashKey = 'f'.repeat(32);

/** The hash key of a partition key: its MD5. */
export function hashKeyOf(partitionKey: string): HashKey {
  return hash('md5', partitionKey, 'hex');
}

/** Reads a decimal hash key such as ExplicitHashKey; undefined when it is none. */
export function parseHashKey(decimal: string): HashKey | undefined {
  if (!/^(0|[1-9]\d{0,38})$/.test(decimal)) {
    return undefined;
  }
  const value = BigInt(decimal);
  return value < SPACE ? toHashKey(value) : undefined;
}

/** Decimal notation, as the API shows it. */
export function formatHashKey(key: HashKey): string {
  return BigInt(`0x${key}`).toString();
}

/** The key before this one. */
export function previousHashKey(key: HashKey): HashKey {
  return toHashKey(BigInt(`0x${key}`) - 1n);
}

/** The key after this one; undefined for the largest. */
export function nextHashKey(key: HashKey): HashKey | undefined {
  return key === MAXIMUM_HASH_KEY ? undefined : toHashKey(BigInt(`0x${key}`) + 1n);
}

/** The key at which the second half of a range begins; undefined for a range of one key. */
export function middleHashKey({ start, end }: { readonly start: HashKey; readonly end: HashKey }): HashKey | undefined {
  return start === end ? undefined : toHashKey((BigInt(`0x${start}`) + BigInt(`0x${end}`) + 1n) / 2n);
}

/** Cuts the whole space into equal ranges. */
export function evenRanges(count: number): { readonly start: HashKey; readonly end: HashKey }[] {
  const width = SPACE / BigInt(count);
  return Array.from({ length: count }, (_, index) => ({
    start: toHashKey(width * BigInt(index)),
    end: index === count - 1 ? MAXIMUM_HASH_KEY : toHashKey(width * BigInt(index + 1) - 1n),
  }));
}

function toHashKey(value: bigint): HashKey {
  return value.toString(16).padStart(32, '0');
}
