import { Facts } from '../facts';
import { PayloadSize } from '../workload';

/**
 * How many bytes a payment takes as JSON, in the stream and in the ledger, computed from the three layouts. Contents (identifiers, amount) are the
 * same in all; what differs is what stands around them. So a record or an item has the size of the payload, minus the syntax of JSON, plus the
 * tags or attribute names.
 */
export interface PaymentLayout {
  /** Bytes that a stream record has more than the payload; negative, because the format is denser than JSON. */
  readonly recordOffset: number;
  /** Least bytes of a record in the stream: one with typical identifiers. */
  readonly typicalRecordBytes: number;
  /** Bytes of a record whose texts have one character each. */
  readonly shortestRecordBytes: number;
  /** Bytes that a ledger item has more than the payload. */
  readonly itemOffset: number;
  /** Least bytes of a ledger item: one with typical identifiers. */
  readonly typicalItemBytes: number;
  /** Bytes of a payment as JSON with typical identifiers. */
  readonly typicalPayloadBytes: number;
}

/** Facts that the layout rests on. */
export const LAYOUT_FACTS: readonly string[] = [
  'target/payment.merchantIdBytes', 'target/payment.idempotencyKeyBytes', 'target/payment.payerIdBytes',
  'target/payment.cardTokenBytes', 'target/payment.amountDigits',
];

const CURRENCY_BYTES = 3;
/** Milliseconds and seconds since 1970 as decimal digits. */
const MILLISECOND_DIGITS = 13;
const SECOND_DIGITS = 10;
/** `#` and the number of a bucket, which follow the merchant in a partition key. */
const BUCKET_BYTES = 3;

// Protobuf: a tag of one byte before each field, and a length of one byte before each text of up to 127 bytes.
const TEXT_OVERHEAD = 2;
const NUMBER_OVERHEAD = 1;
const TYPE_FIELD_BYTES = 2;
const BITS_PER_VARINT_BYTE = 7;
/** Bytes of a number of milliseconds since 1970 as varint, until the year 2109. */
const TIME_VARINT_BYTES = 6;

export function paymentLayout(facts: Facts): PaymentLayout {
  const merchant = facts.number('target/payment.merchantIdBytes');
  const key = facts.number('target/payment.idempotencyKeyBytes');
  const payer = facts.number('target/payment.payerIdBytes');
  const token = facts.number('target/payment.cardTokenBytes');
  const amountDigits = facts.number('target/payment.amountDigits');
  const texts = merchant + key + payer + token + CURRENCY_BYTES;

  const typicalPayloadBytes = jsonSyntaxBytes() + texts + amountDigits;
  const record = (contents: number, amount: number): number => contents + 5 * TEXT_OVERHEAD
    + NUMBER_OVERHEAD + varintBytes(amount) + TYPE_FIELD_BYTES + NUMBER_OVERHEAD + TIME_VARINT_BYTES;
  const typicalRecordBytes = record(texts, amountDigits);
  const typicalItemBytes = itemFixedBytes(amountDigits) + texts;
  return {
    recordOffset: typicalRecordBytes - typicalPayloadBytes,
    typicalRecordBytes,
    shortestRecordBytes: record(4 + CURRENCY_BYTES, 1),
    itemOffset: typicalItemBytes - typicalPayloadBytes,
    typicalItemBytes,
    typicalPayloadBytes,
  };
}

/** Mean bytes of a payment in the stream, before it is packed with others. Never less than a typical one, unless the payload itself is smaller. */
export function recordBytes(payload: PayloadSize, layout: PaymentLayout): number {
  return Math.max(payload.meanBytes + layout.recordOffset, Math.min(payload.meanBytes, layout.typicalRecordBytes));
}

/** What packing adds to a payment: tag, length, index of the partition key, and tag and length of the data. */
export function aggregateOverheadBytes(bytes: number): number {
  const indexField = 2;
  const data = 1 + lengthBytes(bytes) + bytes;
  return indexField + data + 1 + lengthBytes(indexField + data) - bytes;
}

/** Partition key of a packed record. It counts towards the bytes of a shard. */
export const PARTITION_KEY_BYTES = 4;
/** Magic bytes, digest and one entry in the table of partition keys. */
export const AGGREGATE_FRAME_BYTES = 4 + 16 + 2 + PARTITION_KEY_BYTES;

/** Everything in the JSON of a payment that is no content. */
function jsonSyntaxBytes(): number {
  const empty = {
    idempotencyKey: '', merchantId: '', payerId: '', amount: 0, currency: '', type: 'payment', method: { type: 'card_token', token: '' },
  };
  return JSON.stringify(empty).length - '0'.length;
}

/** Attribute names, and the values that have the same size in every item. */
function itemFixedBytes(amountDigits: number): number {
  const names = ['pk', 'sk', 'type', 'amount', 'currency', 'payer', 'token', 'status', 'refundable', 'acceptedAt', 'settledAt', 'expiresAt'];
  const words = 'payment'.length + 'applied'.length;
  const numbers = 2 * numberBytes(amountDigits) + 2 * numberBytes(MILLISECOND_DIGITS) + numberBytes(SECOND_DIGITS);
  return names.join('').length + words + numbers + BUCKET_BYTES;
}

/** DynamoDB keeps two digits of a number in a byte and takes one more for it, here the upper bound of its rule. */
function numberBytes(digits: number): number {
  return Math.ceil(digits / 2) + 2;
}

/** Bytes of the largest number with so many decimal digits as varint. */
function varintBytes(digits: number): number {
  return Math.ceil(digits * Math.log2(10) / BITS_PER_VARINT_BYTE);
}

/** Bytes of a length as varint. */
function lengthBytes(length: number): number {
  return length < 128 ? 1 : length < 16_384 ? 2 : 3;
}
