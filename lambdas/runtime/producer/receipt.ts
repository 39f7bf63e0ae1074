import { StreamPosition } from './payment-stream';

/** What a receipt says: where an accepted payment lies and when it was taken in. */
export interface Receipt extends StreamPosition {
  /** In milliseconds since 1970. */
  readonly acceptedAt: number;
}

const VERSION = '1';
const FORMAT = /^1~([A-Za-z0-9_.-]{1,128})~(\d{1,128})~(\d{1,9})~(\d{1,15})$/;

/** Longest token that is looked at. */
const MAXIMUM_LENGTH = 600;

/** Writes a receipt as a token that is opaque to clients and fits into a URL as it is (base64url). */
export function encodeReceipt(position: StreamPosition, acceptedAt: number): string {
  const text = `${VERSION}~${position.shardId}~${position.sequenceNumber}~${position.index}~${acceptedAt}`;
  return Buffer.from(text, 'latin1').toString('base64url');
}

/** Reads a token; undefined for anything that `encodeReceipt` did not write. */
export function decodeReceipt(token: string): Receipt | undefined {
  if (token.length > MAXIMUM_LENGTH) {
    return undefined;
  }
  const bytes = Buffer.from(token, 'base64url');
  const parts = FORMAT.exec(bytes.toString('latin1'));
  // The decoder passes over characters that are not base64url; a token must not.
  if (parts === null || bytes.toString('base64url') !== token) {
    return undefined;
  }
  return { shardId: parts[1], sequenceNumber: parts[2], index: Number(parts[3]), acceptedAt: Number(parts[4]) };
}
