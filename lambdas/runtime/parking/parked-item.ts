import { hash } from 'node:crypto';
import type { Item } from '../aws/dynamodb';
import { MAXIMUM_ITEM_BYTES, MAXIMUM_PARTITION_KEY_BYTES, MAXIMUM_SORT_KEY_BYTES } from '../limits';
import type { ParkedEntry, ParkedSource } from './parking';

/** What an item needs beside its payload, at most. */
const OTHER_BYTES = 50_000;
/**
 * Payload bytes of one item. A stream record may have a multiple of what an item may: a longer payload is cut
 * over several items, because one that cannot be parked would stand in the way of all behind it.
 */
const PART_BYTES = MAXIMUM_ITEM_BYTES - OTHER_BYTES;

const MERCHANT = 'merchant#';
const UNREADABLE = 'unreadable#';

/** Key of an item in the parking table. */
export interface ParkedKey {
  readonly pk: string;
  readonly sk: string;
}

const NO_SOURCE: ParkedSource = { shardId: '', sequenceNumber: '', index: 0 };

/** What names an entry: the identity of its payment, or its place where it names none. */
export type ParkedName =
  | { readonly merchantId: string; readonly idempotencyKey: string; readonly source?: undefined }
  | { readonly source: ParkedSource; readonly merchantId?: undefined; readonly idempotencyKey?: undefined };

/** By merchant and key where both can be read and fit a table key, else by the place in the source. */
export function parkedKey({ merchantId, idempotencyKey, source = NO_SOURCE }: Partial<ParkedEntry>): ParkedKey {
  if (merchantId && idempotencyKey) {
    const pk = merchantPartition(merchantId);
    if (Buffer.byteLength(pk) <= MAXIMUM_PARTITION_KEY_BYTES && Buffer.byteLength(idempotencyKey) <= MAXIMUM_SORT_KEY_BYTES) {
      return { pk, sk: idempotencyKey };
    }
  }
  return { pk: `${UNREADABLE}${source.shardId}`, sk: `${source.sequenceNumber}#${source.index}` };
}

/** Partition of the entries of a merchant. */
export function merchantPartition(merchantId: string): string {
  return MERCHANT + merchantId;
}

/** Whether an item is an entry, not a further part of a payload. */
export function isEntry({ pk }: ParkedKey): boolean {
  return pk.startsWith(MERCHANT) || pk.startsWith(UNREADABLE);
}

/** What names the entry under a key. */
export function parkedName({ pk, sk }: ParkedKey, source: ParkedSource): ParkedName {
  return pk.startsWith(MERCHANT) ? { merchantId: pk.slice(MERCHANT.length), idempotencyKey: sk } : { source };
}

/**
 * Key of a further part of a payload. Parts lie beside the entries, under the digest of what they belong to: another payload of the same
 * payment never meets them.
 */
export function partKey({ pk, sk }: ParkedKey, digest: string, part: number): ParkedKey {
  return { pk: `part#${hash('sha256', `${pk.length}#${pk}${sk.length}#${sk}${digest}`)}`, sk: String(part) };
}

/** Tells payloads apart. */
function payloadDigest(payload: Uint8Array): string {
  return hash('sha256', payload);
}

/** The items of an entry, its further parts first: the first part makes the entry, so that one that can be seen is complete. */
export function parkedItems(entry: ParkedEntry): Item[] {
  const key = parkedKey(entry);
  const payload = Buffer.from(entry.payload.buffer, entry.payload.byteOffset, entry.payload.byteLength);
  const digest = payloadDigest(payload);
  const parts = Math.max(1, Math.ceil(payload.length / PART_BYTES));
  const items: Item[] = [];
  for (let part = parts - 1; part > 0; part--) {
    const { pk, sk } = partKey(key, digest, part);
    items.push({ pk: { S: pk }, sk: { S: sk }, payload: { B: payload.toString('base64', part * PART_BYTES, (part + 1) * PART_BYTES) } });
  }
  items.push({
    pk: { S: key.pk },
    sk: { S: key.sk },
    reason: { S: entry.reason },
    schema: { S: entry.schema },
    payload: { B: payload.toString('base64', 0, PART_BYTES) },
    payloadBytes: { N: String(payload.length) },
    parts: { N: String(parts) },
    digest: { S: digest },
    parkedAt: { N: String(entry.parkedAt) },
    source: { S: formatSource(entry.source) },
  });
  return items;
}

/** How many items the payload of an entry takes. */
export function partsOf(item: Item): number {
  return Number(item.parts?.N ?? 1);
}

/** Everything of an entry but its identity and payload. */
export function readParkedItem(item: Item): Omit<ParkedEntry, 'payload' | 'merchantId' | 'idempotencyKey'> {
  return {
    reason: item.reason?.S ?? '',
    schema: item.schema?.S ?? '',
    source: parseSource(item.source?.S ?? '') ?? NO_SOURCE,
    parkedAt: Number(item.parkedAt?.N),
    ...(item.retriedAt === undefined ? undefined : { retriedAt: Number(item.retriedAt.N) }),
    ...(item.discardedAt === undefined
      ? undefined
      : { discard: { at: Number(item.discardedAt.N), by: item.discardedBy?.S ?? '', reason: item.discardReason?.S ?? '' } }),
  };
}

/** A place as one word: `shardId-000000000000:4959…:3`. */
export function formatSource({ shardId, sequenceNumber, index }: ParkedSource): string {
  return `${shardId}:${sequenceNumber}:${index}`;
}

/** Reads such a word; undefined for any other. */
export function parseSource(text: string): ParkedSource | undefined {
  // A shard or queue name may hold colons; the other two cannot.
  const match = /^(.*):([^:]*):(\d+)$/s.exec(text);
  return match === null ? undefined : { shardId: match[1], sequenceNumber: match[2], index: Number(match[3]) };
}
