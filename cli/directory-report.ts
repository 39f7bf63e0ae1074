import type { DirectoryHead } from '../lambdas/runtime/sharding/directory-lease';
import type { DirectoryChange } from '../lambdas/runtime/sharding/directory-table';
import type { DirectoryVersion, OwnerBuckets } from '../lambdas/runtime/sharding/directory-version';

/** What the directory says. */
export interface DirectoryState {
  readonly head: DirectoryHead | undefined;
  /** In milliseconds since 1970. */
  readonly now: number;
  /** The version that was published last. */
  readonly newest: DirectoryVersion;
}

/** For people. @param merchantId this one alone, also where it has the default */
export function stateLines(state: DirectoryState, merchantId?: string): string {
  const { head, newest, now } = state;
  const lines = [
    head === undefined
      ? 'No version was published yet.'
      : `Version ${head.current}, ${now < head.from ? `in force from ${time(head.from)}; until then version ${head.previous}` : `in force since ${time(head.from)}`}.`,
    ...(merchantId === undefined ? [`Merchants that are not named here have ${countOf(newest.buckets(''))}.`] : []),
    ...ownersOf(newest, merchantId).map(([owner, content]) => `  ${quoted(owner)}: ${ownerWords(content, now)}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** For programs. */
export function stateJson({ head, newest, now }: DirectoryState, merchantId?: string): object {
  return {
    version: head?.current ?? 0,
    inForce: head === undefined || now >= head.from,
    from: head === undefined ? null : time(head.from),
    defaultBuckets: newest.buckets(''),
    merchants: Object.fromEntries(ownersOf(newest, merchantId).map(([owner, content]) => [owner, contentJson(content, now)])),
  };
}

/** What a growth would do, for people. */
export function changeLines({ from, head, owners }: DirectoryChange, merchantId: string): string {
  const { buckets, growth } = owners.get(merchantId)!;
  return [
    `${quoted(merchantId)} gets ${countOf(buckets)} instead of ${growth!.was}, with version ${(head?.current ?? 0) + 1} or later.`,
    `  in force from    ${time(from)}: every worker knows of it by then, or has stopped`,
    `  rows of before   stay where they are; they are found until ${time(growth!.until)}`,
    '  until then       a payment whose bucket changes takes 2 writes instead of 1, and the merchant cannot grow again',
    '',
  ].join('\n');
}

/** For programs. */
export function changeJson({ from, owners }: DirectoryChange, merchantId: string): object {
  const { buckets, growth } = owners.get(merchantId)!;
  return { merchant: merchantId, buckets, was: growth!.was, from: time(from), until: time(growth!.until) };
}

function ownersOf(version: DirectoryVersion, merchantId: string | undefined): [string, OwnerBuckets][] {
  return merchantId === undefined
    ? [...version.owners].sort(([a], [b]) => (a < b ? -1 : 1))
    : [[merchantId, version.owners.get(merchantId) ?? { buckets: version.buckets(merchantId) }]];
}

function ownerWords({ buckets, growth }: OwnerBuckets, now: number): string {
  const grows = growth === undefined || growth.until <= now ? '' : `, rows of before in ${growth.was} until ${time(growth.until)}`;
  return `${countOf(buckets)}${grows}`;
}

function contentJson({ buckets, growth, past }: OwnerBuckets, now: number): object {
  return {
    buckets,
    grows: growth !== undefined && growth.until > now,
    ...(growth && { was: growth.was, until: time(growth.until) }),
    ...(past && { past }),
  };
}

function countOf(buckets: number): string {
  return `${buckets} ${buckets === 1 ? 'bucket' : 'buckets'}`;
}

/** A merchant's name as a terminal may show it. */
function quoted(name: string): string {
  return /^[\w.:-]+$/.test(name) ? name : JSON.stringify(name).replace(/[^\x20-\x7e]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
