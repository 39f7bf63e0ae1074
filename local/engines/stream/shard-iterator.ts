import { KinesisError } from './errors';

/** What a shard iterator stands for. */
export interface ShardIterator {
  readonly streamName: string;
  readonly shardId: string;
  /** Counter from which to read. */
  readonly counter: number;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
}

/** The opaque text of an iterator. */
export function encodeIterator(iterator: ShardIterator): string {
  return Buffer.from(JSON.stringify([iterator.streamName, iterator.shardId, iterator.counter, iterator.issuedAt])).toString('base64');
}

/**
 * Reads an iterator.
 *
 * @throws KinesisError InvalidArgumentException for a text that is no iterator, ExpiredIteratorException for one that is too old
 */
export function decodeIterator(text: string, now: number, lifetimeMilliseconds: number): ShardIterator {
  const iterator = parse(text);
  if (iterator === undefined) {
    throw new KinesisError('InvalidArgumentException', 'Invalid ShardIterator.');
  }
  if (now - iterator.issuedAt > lifetimeMilliseconds) {
    throw expiredIterator(iterator.issuedAt, now);
  }
  return iterator;
}

/** What a read with an iterator that is too old is answered with. */
export function expiredIterator(issuedAt: number, now: number): KinesisError {
  return new KinesisError(
    'ExpiredIteratorException',
    `Iterator expired. The iterator was created at time ${new Date(issuedAt).toISOString()} while right now it is ${new Date(now).toISOString()}.`,
  );
}

function parse(text: string): ShardIterator | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(Buffer.from(text, 'base64').toString());
  } catch {
    return undefined;
  }
  if (!Array.isArray(fields)) {
    return undefined;
  }
  const [streamName, shardId, counter, issuedAt] = fields as unknown[];
  return typeof streamName === 'string' && typeof shardId === 'string' && typeof counter === 'number' && typeof issuedAt === 'number'
    ? { streamName, shardId, counter, issuedAt }
    : undefined;
}
