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

/** What the receipts of one record have in common, which come one after the other. */
interface SharedText {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly acceptedAt: number;
  /** What is written before each receipt, and of it all that comes before the index, but for what is left over, as base64url. */
  readonly head: string;
  /** Up to two characters of what comes before the index that do not fill a group of base64. */
  readonly leftOver: string;
  /** What comes after the index. */
  readonly end: string;
  /** That as base64url, without its first 0, 1 or 2 characters, and what is written after each receipt; made when it is first needed. */
  readonly tails: (string | undefined)[];
  /** By index: what lies between as base64url. */
  readonly middles: (string | undefined)[];
}

/** Middles of receipts that are kept, of so many indexes: a record holds 500 payments unless it is told otherwise. */
const KEPT_INDEXES = 512;
/** What is left over differs in a digit, and what comes after the index begins alike for years: there are about ten of these. */
const KEPT_MIDDLES = 32;
const middlesByBorders = new Map<string, (string | undefined)[]>();

/** Writes receipts into a text that is the same around each of them. */
export class ReceiptWriter {
  private shared: SharedText | undefined;

  /**
   * @param before what comes before each receipt, in Latin-1
   * @param after what comes after each receipt, in Latin-1
   */
  public constructor(private readonly before = '', private readonly after = '') {}

  /** Writes a receipt as a token that is opaque to clients and fits into a URL as it is (base64url), and what comes around it. */
  public write({ shardId, sequenceNumber, index }: StreamPosition, acceptedAt: number): string {
    let { shared } = this;
    if (shared === undefined || shared.acceptedAt !== acceptedAt || shared.sequenceNumber !== sequenceNumber || shared.shardId !== shardId) {
      this.shared = shared = sharedText(shardId, sequenceNumber, acceptedAt, this.before);
    }
    const { head, leftOver, end, tails, middles } = shared;
    // Base64 writes three characters as four: what comes before the end is filled up from it.
    const digits = index < 10 ? 1 : index < 100 ? 2 : index < 1_000 ? 3 : String(index).length;
    const taken = (3 - (leftOver.length + digits) % 3) % 3;
    const tail = tails[taken] ??= inOnePiece(base64url(end.slice(taken)) + this.after);
    let middle = index < KEPT_INDEXES ? middles[index] : undefined;
    if (middle === undefined) {
      middle = base64url(leftOver + index + end.slice(0, taken));
      if (index < KEPT_INDEXES) {
        middles[index] = middle;
      }
    }
    return head + middle + tail;
  }
}

const bare = new ReceiptWriter();

/** Writes a receipt as a token that is opaque to clients and fits into a URL as it is (base64url). */
export function encodeReceipt(position: StreamPosition, acceptedAt: number): string {
  return bare.write(position, acceptedAt);
}

function middlesOf(borders: string): (string | undefined)[] {
  let middles = middlesByBorders.get(borders);
  if (middles === undefined) {
    middles = new Array<string | undefined>(KEPT_INDEXES).fill(undefined);
    if (middlesByBorders.size === KEPT_MIDDLES) {
      middlesByBorders.clear();
    }
    middlesByBorders.set(borders, middles);
  }
  return middles;
}

function sharedText(shardId: string, sequenceNumber: string, acceptedAt: number, written: string): SharedText {
  const before = `${VERSION}~${shardId}~${sequenceNumber}~`;
  const whole = before.length - before.length % 3;
  const leftOver = before.slice(whole);
  const end = `~${acceptedAt}`;
  return {
    shardId,
    sequenceNumber,
    acceptedAt,
    head: inOnePiece(written + base64url(before.slice(0, whole))),
    leftOver,
    end,
    tails: [undefined, undefined, undefined],
    middles: middlesOf(`${leftOver}${end.slice(0, 2)}`),
  };
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

/** The same text. One that was put together is a tree of its parts, and would be walked through for each receipt. */
function inOnePiece(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

function base64url(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64url');
}
