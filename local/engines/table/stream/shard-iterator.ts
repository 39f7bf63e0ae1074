import { Facts } from '../../../../lib/facts';

/** How long an iterator is valid, in milliseconds. */
export const ITERATOR_LIFETIME_MILLISECONDS = 1_000 * Facts.DEFAULT.number('dynamodb/streams.iterator.lifetimeSec');

/** A place in a shard. Clients hold it as opaque text. */
export interface ShardIterator {
  readonly streamArn: string;
  readonly shardId: string;
  /** Position of the next record. */
  readonly position: number;
  /** In milliseconds since 1970. */
  readonly issuedAt: number;
}

/** The text that a client gets. */
export function encodeIterator(iterator: ShardIterator): string {
  const { streamArn, shardId, position, issuedAt } = iterator;
  return `${streamArn}|1|${Buffer.from(JSON.stringify([shardId, position, issuedAt])).toString('base64')}`;
}

/** Reads a client's text; nothing when it is none of ours. */
export function decodeIterator(text: string): ShardIterator | undefined {
  const parts = text.split('|1|');
  try {
    const [shardId, position, issuedAt] = JSON.parse(Buffer.from(parts[1] ?? '', 'base64').toString('utf8'));
    return typeof shardId === 'string' && Number.isSafeInteger(position) && position >= 0 && typeof issuedAt === 'number'
      ? { streamArn: parts[0], shardId, position, issuedAt }
      : undefined;
  } catch {
    return undefined;
  }
}
