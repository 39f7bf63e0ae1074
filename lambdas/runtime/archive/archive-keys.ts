/** Everything that belongs to the archive lies below these two prefixes. */
export const CHANGES_PREFIX = 'changes/';
export const MANIFESTS_PREFIX = 'manifests/';

/** Digits of a manifest's number, so that numbers sort as text. */
const NUMBER_DIGITS = 10;
/** Characters of an object's digest that its key carries: enough to tell writers apart that raced each other. */
const DIGEST_CHARACTERS = 16;

/** What the key of a manifest says. */
export interface ManifestKey {
  readonly key: string;
  /** Name of the chain: of one shard of one table stream, see `streamShardName`. */
  readonly chain: string;
  /** Place in the chain, from 1. */
  readonly number: number;
}

/** What the key of an object with changes says. */
export interface ChangesKey {
  readonly key: string;
  readonly chain: string;
  /** Of its first change, as `comparableSequence` writes it. */
  readonly firstSequence: string;
}

/**
 * `changes/2026-11-22/09/<chain>/<sequence>-<digest>.ndjson.gz`: by the hour of its changes, so that a time range is a list of prefixes;
 * then by shard, then by sequence.
 *
 * @param at when its changes happened, in seconds since 1970
 * @param sha256 of the object, in hexadecimal digits
 */
export function changesKey(chain: string, at: number, firstSequence: string, sha256: string): string {
  return `${CHANGES_PREFIX}${hourPath(at)}/${chain}/${firstSequence}-${sha256.slice(0, DIGEST_CHARACTERS)}.ndjson.gz`;
}

/** `manifests/2026-11-22/09/<chain>/<number>.json`. The hour is that of all changes of its object. */
export function manifestKey(chain: string, at: number, number: number): string {
  return `${MANIFESTS_PREFIX}${hourPath(at)}/${chain}/${String(number).padStart(NUMBER_DIGITS, '0')}.json`;
}

/** @returns undefined for a key of another form */
export function parseManifestKey(key: string): ManifestKey | undefined {
  const [, chain, number] = /^manifests\/\d{4}-\d\d-\d\d\/\d\d\/([^/]+)\/(\d{10})\.json$/.exec(key) ?? [];
  return chain === undefined ? undefined : { key, chain, number: Number(number) };
}

/** @returns undefined for a key of another form */
export function parseChangesKey(key: string): ChangesKey | undefined {
  const [, chain, firstSequence] = /^changes\/\d{4}-\d\d-\d\d\/\d\d\/([^/]+)\/(\d{40})-[0-9a-f]{16}\.ndjson\.gz$/.exec(key) ?? [];
  return chain === undefined ? undefined : { key, chain, firstSequence };
}

/**
 * Prefixes below which everything lies that happened in a range.
 *
 * @param from in milliseconds since 1970. @param to in milliseconds since 1970, included
 * @returns prefixes of hours, or of days where a range is longer than two of them
 */
export function hourPrefixes(kind: typeof CHANGES_PREFIX | typeof MANIFESTS_PREFIX, from: number, to: number): string[] {
  const step = to - from > 2 * DAY ? DAY : HOUR;
  const prefixes: string[] = [];
  for (let time = from - from % step; time <= to; time += step) {
    const path = hourPath(time / 1_000);
    prefixes.push(`${kind}${step === DAY ? path.slice(0, 'yyyy-mm-dd'.length) : path}/`);
  }
  return prefixes;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** `2026-11-22/09`, in UTC. @param seconds since 1970 */
export function hourPath(seconds: number): string {
  const iso = new Date(seconds * 1_000).toISOString();
  return `${iso.slice(0, 10)}/${iso.slice(11, 13)}`;
}
