import { WireFormatError, WireReader, writeVarint } from '../protobuf/wire-reader';
import { isMovement, MovementRecord, MovementType, StreamRecord } from './movement';
import { MAXIMUM_AMOUNT, PaymentEnrichment, PaymentRecord } from './payment';

/**
 * Thrown for bytes that are no payment record: they are not protobuf wire format, or a field that makes a payment
 * is missing or out of range. No retry helps. `reason` names the fault and the field, never a value.
 */
export class UndecodableRecordError extends Error {
  constructor(readonly reason: string) {
    super(`record cannot be decoded: ${reason}`);
    this.name = 'UndecodableRecordError';
  }
}

// Tags (field number << 3 | wire type) of payment/v1/payment.proto.
const MERCHANT_ID = 0x0a;
const IDEMPOTENCY_KEY = 0x12;
const PAYER_ID = 0x1a;
const AMOUNT = 0x20;
const CURRENCY = 0x2a;
const TYPE = 0x30;
const REFUND_OF = 0x3a;
const CARD_TOKEN = 0x42;
const ACCEPTED_AT = 0x48;
const MERCHANT_CATEGORY = 0x52;
const MERCHANT_CELL = 0x5a;
const PAYER_CELL = 0x62;
const HOLD_OF = 0x6a;
const REASON = 0x72;
const TRACE_PARENT = 0x7a;

const TYPE_PAYMENT = 1;
const TYPE_REFUND = 2;
const TYPE_HOLD = 3;
const TYPE_RELEASE = 4;
const TYPE_SETTLE = 5;
const MOVEMENT_NUMBERS: Readonly<Record<MovementType, number>> = { hold: TYPE_HOLD, release: TYPE_RELEASE, settle: TYPE_SETTLE };
const MOVEMENT_TYPES: readonly (MovementType | undefined)[] = [undefined, undefined, undefined, 'hold', 'release', 'settle'];

/** Tags, lengths and numbers of one record take less than this; the texts come on top with at most 3 bytes a UTF-16 unit. */
const FIXED_BYTES = 96;

// One record is encoded at a time, synchronously, so that the working space can be shared.
let scratch = Buffer.allocUnsafeSlow(4096);

/**
 * Encodes a record of the payment stream in the protobuf wire format of payment/v1/payment.proto, fields in ascending order.
 * Fields with the default of their type are left out, as proto3 asks for.
 */
export function encodePaymentRecord(record: StreamRecord): Uint8Array {
  const position = isMovement(record) ? writeMovement(record) : writePayment(record);
  const bytes = Buffer.allocUnsafe(position);
  scratch.copy(bytes, 0, 0, position);
  return bytes;
}

function writePayment(record: PaymentRecord): number {
  const { enrichment, traceParent } = record;
  const refundOf = record.refundOf ?? '';
  const cardToken = record.cardToken ?? '';
  let units = record.merchantId.length + record.idempotencyKey.length + record.payerId.length + record.currency.length
    + refundOf.length + cardToken.length;
  if (enrichment !== undefined) {
    units += (enrichment.merchantCategory ?? '').length + (enrichment.merchantCell ?? '').length + (enrichment.payerCell ?? '').length;
  }
  makeRoom(units + (traceParent ?? '').length);

  let position = writeText(0, MERCHANT_ID, record.merchantId);
  position = writeText(position, IDEMPOTENCY_KEY, record.idempotencyKey);
  position = writeText(position, PAYER_ID, record.payerId);
  position = writeInteger(position, AMOUNT, record.amount);
  position = writeText(position, CURRENCY, record.currency);
  position = writeInteger(position, TYPE, record.type === 'payment' ? TYPE_PAYMENT : TYPE_REFUND);
  position = writeText(position, REFUND_OF, refundOf);
  position = writeText(position, CARD_TOKEN, cardToken);
  position = writeInteger(position, ACCEPTED_AT, record.acceptedAt);
  if (enrichment !== undefined) {
    position = writeText(position, MERCHANT_CATEGORY, enrichment.merchantCategory ?? '');
    position = writeText(position, MERCHANT_CELL, enrichment.merchantCell ?? '');
    position = writeText(position, PAYER_CELL, enrichment.payerCell ?? '');
  }
  return traceParent === undefined ? position : writeText(position, TRACE_PARENT, traceParent);
}

function writeMovement(record: MovementRecord): number {
  const { merchantId, idempotencyKey, currency, holdOf = '', reason = '', traceParent = '' } = record;
  makeRoom(merchantId.length + idempotencyKey.length + currency.length + holdOf.length + reason.length + traceParent.length);
  let position = writeText(0, MERCHANT_ID, merchantId);
  position = writeText(position, IDEMPOTENCY_KEY, idempotencyKey);
  position = writeInteger(position, AMOUNT, record.amount);
  position = writeText(position, CURRENCY, currency);
  position = writeInteger(position, TYPE, MOVEMENT_NUMBERS[record.type]);
  position = writeInteger(position, ACCEPTED_AT, record.acceptedAt);
  position = writeText(position, HOLD_OF, holdOf);
  position = writeText(position, REASON, reason);
  return writeText(position, TRACE_PARENT, traceParent);
}

/** @param units UTF-16 units of all texts */
function makeRoom(units: number): void {
  const largest = FIXED_BYTES + 3 * units;
  if (largest > scratch.length) {scratch = Buffer.allocUnsafeSlow(2 * largest);}
}

function writeInteger(position: number, tag: number, value: number): number {
  if (value === 0) {return position;}
  scratch[position] = tag;
  return writeVarint(scratch, position + 1, value);
}

/** Longest text whose length in UTF-8 surely fits one byte. */
const SHORT_TEXT = 42;
/** The same for a text in ASCII. */
const SHORT_ASCII = 127;

function writeText(position: number, tag: number, text: string): number {
  if (text.length === 0) {
    return position;
  }
  scratch[position] = tag;
  if (text.length <= SHORT_TEXT) {
    const start = position + 2;
    const written = writeAscii(start, text) || scratch.write(text, start, 'utf8');
    scratch[position + 1] = written;
    return start + written;
  }
  if (text.length <= SHORT_ASCII && writeAscii(position + 2, text) > 0) {
    scratch[position + 1] = text.length;
    return position + 2 + text.length;
  }
  const start = writeVarint(scratch, position + 1, Buffer.byteLength(text, 'utf8'));
  return start + scratch.write(text, start, 'utf8');
}

/** Copies an ASCII text, which for a short one is faster than a call into C++. Answers 0 if it is another text. */
function writeAscii(start: number, text: string): number {
  const length = text.length;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) {
      return 0;
    }
    scratch[start + index] = unit;
  }
  return length;
}

// `fatal` refuses invalid UTF-8, as proto3 asks for; `ignoreBOM` keeps a leading U+FEFF, which is part of the text.
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes one record of the payment stream. Unknown fields are stepped over; of a field that comes twice the last one counts. Fields that
 * mean nothing for the record's type are left out of what comes back.
 *
 * What comes back is complete: identity and currency are there, and the payer of payments and refunds; the amount is from 1 to 10^12;
 * `refundOf` is present if and only if the type is `refund`, `holdOf` if and only if it is `release` or `settle`.
 *
 * @throws UndecodableRecordError for anything else, a type that this version does not know among it
 */
export function decodePaymentRecord(bytes: Uint8Array): StreamRecord {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof WireFormatError) {throw new UndecodableRecordError(error.message);}
    throw error;
  }
}

function decode(bytes: Uint8Array): StreamRecord {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // One Latin-1 string of the record: byte i is character i, so that ASCII fields are substrings without another call.
  const characters = buffer.toString('latin1');
  const reader = new WireReader(buffer);

  let merchantId = '';
  let idempotencyKey = '';
  let payerId = '';
  let amount = 0;
  let currency = '';
  let type = 0;
  let refundOf = '';
  let cardToken = '';
  let acceptedAt = 0;
  let enrichment: Changeable<PaymentEnrichment> | undefined;
  let holdOf = '';
  let reason = '';
  let traceParent = '';
  while (!reader.atEnd) {
    const tag = reader.tag();
    switch (tag) {
      case MERCHANT_ID: merchantId = readText(reader, buffer, characters); break;
      case IDEMPOTENCY_KEY: idempotencyKey = readText(reader, buffer, characters); break;
      case PAYER_ID: payerId = readText(reader, buffer, characters); break;
      case AMOUNT: amount = reader.varint(); break;
      case CURRENCY: currency = readText(reader, buffer, characters); break;
      case TYPE: type = reader.varint(); break;
      case REFUND_OF: refundOf = readText(reader, buffer, characters); break;
      case CARD_TOKEN: cardToken = readText(reader, buffer, characters); break;
      case ACCEPTED_AT: acceptedAt = reader.varint(); break;
      case MERCHANT_CATEGORY: (enrichment ??= {}).merchantCategory = readText(reader, buffer, characters); break;
      case MERCHANT_CELL: (enrichment ??= {}).merchantCell = readText(reader, buffer, characters); break;
      case PAYER_CELL: (enrichment ??= {}).payerCell = readText(reader, buffer, characters); break;
      case HOLD_OF: holdOf = readText(reader, buffer, characters); break;
      case REASON: reason = readText(reader, buffer, characters); break;
      case TRACE_PARENT: traceParent = readText(reader, buffer, characters); break;
      default: reader.skip(tag);
    }
  }

  const movement = MOVEMENT_TYPES[type];
  if (merchantId === '') {throw new UndecodableRecordError('merchant_id is missing');}
  if (idempotencyKey === '') {throw new UndecodableRecordError('idempotency_key is missing');}
  if (type !== TYPE_PAYMENT && type !== TYPE_REFUND && movement === undefined) {throw new UndecodableRecordError('type is missing or unknown');}
  if (payerId === '' && movement === undefined) {throw new UndecodableRecordError('payer_id is missing');}
  if (currency === '') {throw new UndecodableRecordError('currency is missing');}
  if (amount < 1 || amount > MAXIMUM_AMOUNT) {throw new UndecodableRecordError('amount is not from 1 to 10^12');}
  if ((type === TYPE_REFUND) !== (refundOf !== '')) {throw new UndecodableRecordError('refund_of does not fit the type');}
  if ((type === TYPE_RELEASE || type === TYPE_SETTLE) !== (holdOf !== '')) {throw new UndecodableRecordError('hold_of does not fit the type');}
  if (!Number.isSafeInteger(acceptedAt)) {throw new UndecodableRecordError('accepted_at is out of range');}
  if (movement !== undefined) {
    return {
      merchantId,
      idempotencyKey,
      amount,
      currency,
      type: movement,
      ...(holdOf === '' ? undefined : { holdOf }),
      ...(reason === '' ? undefined : { reason }),
      acceptedAt,
      ...(traceParent === '' ? undefined : { traceParent }),
    } satisfies MovementRecord;
  }
  return {
    merchantId,
    idempotencyKey,
    payerId,
    amount,
    currency,
    type: type === TYPE_PAYMENT ? 'payment' : 'refund',
    ...(refundOf === '' ? undefined : { refundOf }),
    ...(cardToken === '' ? undefined : { cardToken }),
    acceptedAt,
    ...(enrichment === undefined ? undefined : { enrichment }),
    ...(traceParent === '' ? undefined : { traceParent }),
  };
}

type Changeable<Type> = { -readonly [Name in keyof Type]: Type[Name] };

function readText(reader: WireReader, buffer: Buffer, characters: string): string {
  const end = reader.contentEnd();
  const start = reader.position;
  reader.position = end;
  for (let index = start; index < end; index++) {
    if (buffer[index] >= 0x80) {return decodeUtf8(buffer, start, end);}
  }
  return characters.substring(start, end);
}

function decodeUtf8(buffer: Buffer, start: number, end: number): string {
  try {
    return strictUtf8.decode(buffer.subarray(start, end));
  } catch {
    throw new UndecodableRecordError('text is not UTF-8');
  }
}
