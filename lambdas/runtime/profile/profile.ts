/**
 * What is known beforehand of a merchant, of a payer, or of the rules that hold for all. Each kind has some of the members; all are optional, and
 * one that is absent restricts nothing.
 */
export interface Profile {
  /** Of a merchant: what it sells, such as a merchant category code (`5411`). 1 to 32 letters, digits, `_`, `.` and `-`. */
  readonly category?: string;
  /** Of a merchant where it is, of a payer where it is at home: a cell of H3 as text. */
  readonly cell?: string;
  /** Of a merchant or payer: nothing may be paid to it, or by it. */
  readonly blocked?: boolean;
  /** Of a merchant, and of the rules for merchants that have none: the largest amount of one payment, in minor units, whatever the currency. */
  readonly maximumAmount?: number;
  /** Of the rules: which version they are. */
  readonly version?: number;
  /** Of the rules: categories of merchants to which nothing may be paid. */
  readonly blockedCategories?: readonly string[];
}

/** Key of the profile of a merchant, in the table and in caches. */
export function merchantKey(merchantId: string): string {
  return `merchant#${merchantId}`;
}

/** Key of the profile of a payer. */
export function payerKey(payerId: string): string {
  return `payer#${payerId}`;
}

/** Key of the rules that hold for payments. */
export const RULES_KEY = 'rules#payments';

/** Key of the list of merchants that are asked for most. */
export const HOTTEST_MERCHANTS_KEY = 'hottest#merchants';

/** What stands in the cache for something that has no profile. */
const NO_PROFILE = '-';

/** A profile in the cache; null is one that does not exist. */
export interface CachedProfile {
  readonly profile: Profile | null;
  /** When it was read from the table, in milliseconds since 1970, to the second; undefined of one that does not exist. */
  readonly readAt?: number;
}

/** Text of a profile in the cache. */
export function encodeProfile(profile: Profile | null, readAt: number): string {
  if (profile === null) {
    return NO_PROFILE;
  }
  const { category, cell, blocked, maximumAmount, version, blockedCategories } = profile;
  const t = Math.floor(readAt / 1_000);
  return JSON.stringify({ t, c: category, h: cell, b: blocked ? 1 : undefined, x: maximumAmount, v: version, n: blockedCategories });
}

/** Reads a text of the cache; undefined for a text that is no profile. */
export function decodeProfile(text: string): CachedProfile | undefined {
  if (text === NO_PROFILE) {
    return { profile: null };
  }
  try {
    const { t, c, h, b, x, v, n } = JSON.parse(text) as { t: number; c?: string; h?: string; b?: number; x?: number; v?: number; n?: string[] };
    const profile: Profile = {
      ...(c === undefined ? undefined : { category: c }),
      ...(h === undefined ? undefined : { cell: h }),
      ...(b === undefined ? undefined : { blocked: b === 1 }),
      ...(x === undefined ? undefined : { maximumAmount: x }),
      ...(v === undefined ? undefined : { version: v }),
      ...(n === undefined ? undefined : { blockedCategories: n }),
    };
    return { profile, readAt: t * 1_000 };
  } catch {
    return undefined;
  }
}
