import { hash } from 'node:crypto';

/** Digits of a table stream's sequence number at most. */
const SEQUENCE_DIGITS = 40;

/**
 * A sequence number of a table stream as text that sorts like the number.
 *
 * @throws Error when it is not a decimal number of at most 40 digits
 */
export function comparableSequence(sequenceNumber: string): string {
  if (!/^\d{1,40}$/.test(sequenceNumber)) {
    throw new Error('a sequence number must have 1 to 40 decimal digits');
  }
  return sequenceNumber.padStart(SEQUENCE_DIGITS, '0');
}

/**
 * A short, stable name for one shard of one table stream. Sequence numbers compare only inside it.
 *
 * The stream's ARN goes in as a digest of 48 bits, the shard as it is: shards of one stream never share a name.
 */
export function streamShardName(eventSourceArn: string, shardId: string): string {
  const stream = hash('sha256', eventSourceArn, 'base64url').slice(0, 8);
  return `${stream}.${shardId.replace(/^shardId-/, '')}`;
}
