import { WireFormatError, WireReader, WireType, writeVarint } from '../protobuf/wire-reader';
import { isMovement, Movement, MovementRecord, MovementType, StreamRecord } from './movement';
import { MAXIMUM_AMOUNT, Payment, PaymentEnrichment, PaymentRecord } from './payment';

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

/**
 * Tags (field number << 3 | wire type) of payment/v1/payment.proto. Of a `const enum` the compilers write the numbers where they are used, and a
 * `switch` over numbers is one jump; over constants of a module it is a comparison after the other.
 */
const enum Tag {
  MERCHANT_ID = 0x0a,
  IDEMPOTENCY_KEY = 0x12,
  PAYER_ID = 0x1a,
  AMOUNT = 0x20,
  CURRENCY = 0x2a,
  TYPE = 0x30,
  REFUND_OF = 0x3a,
  CARD_TOKEN = 0x42,
  ACCEPTED_AT = 0x48,
  MERCHANT_CATEGORY = 0x52,
  MERCHANT_CELL = 0x5a,
  PAYER_CELL = 0x62,
  HOLD_OF = 0x6a,
  REASON = 0x72,
  TRACE_PARENT = 0x7a,
}

/** Values of the enum PaymentType there. */
const enum Type {
  PAYMENT = 1,
  REFUND = 2,
  HOLD = 3,
  RELEASE = 4,
  SETTLE = 5,
}

const MOVEMENT_NUMBERS: Readonly<Record<MovementType, number>> = { hold: Type.HOLD, release: Type.RELEASE, settle: Type.SETTLE };
const MOVEMENT_TYPES: readonly (MovementType | undefined)[] = [undefined, undefined, undefined, 'hold', 'release', 'settle'];

/** Tags, lengths and numbers of one record take less than this; the texts come on top with at most 3 bytes a UTF-16 unit. */
const FIXED_BYTES = 96;
const SLAB_BYTES = 32 * 1_024;

// Records are written one behind the other into a slab, and what is returned is a view: as `Buffer.allocUnsafe` does, but without knowing the length
// before. A slab lives for as long as any of its records.
let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
let slabUsed = 0;

/**
 * Encodes a record of the payment stream in the protobuf wire format of payment/v1/payment.proto, fields in ascending order.
 * Fields with the default of their type are left out, as proto3 asks for.
 */
export function encodePaymentRecord(record: StreamRecord): Uint8Array {
  return encodeRequest(record, record.acceptedAt, isMovement(record) ? undefined : record.enrichment, record.traceParent);
}

/**
 * The record of what a client asks for and what is added to it: the same as to put both into one object, without making that object.
 *
 * @param acceptedAt when it was taken in, in milliseconds since 1970
 * @param enrichment what is known besides, for a payment or refund
 */
export function encodeRequest(
  request: Payment | Movement, acceptedAt: number, enrichment: PaymentEnrichment | undefined, traceParent: string | undefined,
): Uint8Array {
  const start = makeRoom(textUnits(request, enrichment) + lengthOf(traceParent));
  let end: number;
  if (isMovement(request)) {
    end = writeMovement(slab, start, request, acceptedAt);
  } else {
    end = writePayment(slab, start, request, acceptedAt);
    if (enrichment !== undefined) {
      end = writeText(slab, end, Tag.MERCHANT_CATEGORY, enrichment.merchantCategory);
      end = writeText(slab, end, Tag.MERCHANT_CELL, enrichment.merchantCell);
      end = writeText(slab, end, Tag.PAYER_CELL, enrichment.payerCell);
    }
  }
  end = writeText(slab, end, Tag.TRACE_PARENT, traceParent);
  slabUsed = end;
  return new Uint8Array(slab.buffer, slab.byteOffset + start, end - start);
}

/** UTF-16 units of all texts of a request and what is known besides. */
function textUnits(request: Payment | Movement, enrichment: PaymentEnrichment | undefined): number {
  const { merchantId, idempotencyKey, currency } = request;
  const units = merchantId.length + idempotencyKey.length + currency.length;
  if (isMovement(request)) {
    return units + lengthOf(request.holdOf) + lengthOf(request.reason);
  }
  const { payerId, refundOf, cardToken } = request;
  return units + payerId.length + lengthOf(refundOf) + lengthOf(cardToken) + (enrichment === undefined ? 0
    : lengthOf(enrichment.merchantCategory) + lengthOf(enrichment.merchantCell) + lengthOf(enrichment.payerCell));
}

function lengthOf(text: string | undefined): number {
  return text === undefined ? 0 : text.length;
}

function writePayment(target: Buffer, start: number, payment: Payment, acceptedAt: number): number {
  let position = writeText(target, start, Tag.MERCHANT_ID, payment.merchantId);
  position = writeText(target, position, Tag.IDEMPOTENCY_KEY, payment.idempotencyKey);
  position = writeText(target, position, Tag.PAYER_ID, payment.payerId);
  position = writeInteger(target, position, Tag.AMOUNT, payment.amount);
  position = writeText(target, position, Tag.CURRENCY, payment.currency);
  position = writeInteger(target, position, Tag.TYPE, payment.type === 'payment' ? Type.PAYMENT : Type.REFUND);
  position = writeText(target, position, Tag.REFUND_OF, payment.refundOf);
  position = writeText(target, position, Tag.CARD_TOKEN, payment.cardToken);
  return writeInteger(target, position, Tag.ACCEPTED_AT, acceptedAt);
}

function writeMovement(target: Buffer, start: number, movement: Movement, acceptedAt: number): number {
  let position = writeText(target, start, Tag.MERCHANT_ID, movement.merchantId);
  position = writeText(target, position, Tag.IDEMPOTENCY_KEY, movement.idempotencyKey);
  position = writeInteger(target, position, Tag.AMOUNT, movement.amount);
  position = writeText(target, position, Tag.CURRENCY, movement.currency);
  position = writeInteger(target, position, Tag.TYPE, MOVEMENT_NUMBERS[movement.type]);
  position = writeInteger(target, position, Tag.ACCEPTED_AT, acceptedAt);
  position = writeText(target, position, Tag.HOLD_OF, movement.holdOf);
  return writeText(target, position, Tag.REASON, movement.reason);
}

/** Answers the position from which on the slab has room for a record with so many UTF-16 units. */
function makeRoom(units: number): number {
  const largest = FIXED_BYTES + 3 * units;
  if (slabUsed + largest > slab.length) {
    slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, largest));
    slabUsed = 0;
  }
  return slabUsed;
}

function writeInteger(target: Buffer, position: number, tag: number, value: number): number {
  if (value === 0) {return position;}
  target[position] = tag;
  return writeVarint(target, position + 1, value);
}

/** Longest text whose length in UTF-8 surely fits one byte. */
const SHORT_TEXT = 42;
/** The same for a text in ASCII. */
const SHORT_ASCII = 127;

function writeText(target: Buffer, position: number, tag: number, text: string | undefined): number {
  if (text === undefined || text.length === 0) {
    return position;
  }
  target[position] = tag;
  const { length } = text;
  if (length <= SHORT_ASCII && writeAscii(target, position + 2, text)) {
    target[position + 1] = length;
    return position + 2 + length;
  }
  if (length <= SHORT_TEXT) {
    const written = target.write(text, position + 2, 'utf8');
    target[position + 1] = written;
    return position + 2 + written;
  }
  const start = writeVarint(target, position + 1, Buffer.byteLength(text, 'utf8'));
  return start + target.write(text, start, 'utf8');
}

/** Copies a short ASCII text, which is faster than a call into C++. Answers whether it is one. */
function writeAscii(target: Buffer, start: number, text: string): boolean {
  const { length } = text;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) {
      return false;
    }
    target[start + index] = unit;
  }
  return true;
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
    return decode(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    if (error instanceof WireFormatError) {throw new UndecodableRecordError(error.message);}
    throw error;
  }
}

const { VARINT, LENGTH_DELIMITED } = WireType;
const TEXT_TAGS: ReadonlySet<number> = new Set([
  Tag.MERCHANT_ID, Tag.IDEMPOTENCY_KEY, Tag.PAYER_ID, Tag.CURRENCY, Tag.REFUND_OF, Tag.CARD_TOKEN, Tag.MERCHANT_CATEGORY, Tag.MERCHANT_CELL,
  Tag.PAYER_CELL, Tag.HOLD_OF, Tag.REASON, Tag.TRACE_PARENT,
]);

/**
 * Reads nearly every record by itself: one with field numbers below 16, integers below 2^56 and texts in ASCII. All others, damaged ones among them,
 * are read again with a `reader`, which reads or refuses them.
 *
 * By itself it makes one Latin-1 string of the record, of which texts in ASCII are substrings, so that there is one call into C++ and not one a text.
 * Whether they are in ASCII it knows without looking at each: it counts the bytes of 0x80 and more that are part of numbers, and those must be all.
 */
function decode(buffer: Buffer, reader?: WireReader): StreamRecord {
  const characters = reader === undefined ? buffer.toString('latin1') : '';
  const end = buffer.length;
  // In UTF-8 a character of Latin-1 takes two bytes if it is not ASCII.
  let highBytes = reader === undefined ? Buffer.byteLength(characters, 'utf8') - end : 0;
  let position = 0;
  let tag: number;
  let value = 0;
  let text = '';

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
  while (position < end) {
    if (reader === undefined) {
      tag = buffer[position++];
      // A varint, up to four groups of seven bits in the integer arithmetic of 32 bits, as are four more.
      value = buffer[position++];
      if (value >= 0x80) {
        value &= 0x7f;
        let next = 0x80;
        for (let shift = 7; next >= 0x80 && shift < 28; shift += 7) {
          highBytes--;
          next = buffer[position++];
          value |= (next & 0x7f) << shift;
        }
        let high = 0;
        for (let shift = 0; next >= 0x80 && shift < 28; shift += 7) {
          highBytes--;
          next = buffer[position++];
          high |= (next & 0x7f) << shift;
        }
        if (next >= 0x80) {return decode(buffer, new WireReader(buffer));}
        value += high * 2 ** 28;
      }
      if ((tag & 7) === LENGTH_DELIMITED) {
        text = characters.substring(position, position + value);
        position += value;
      } else if ((tag & 7) !== VARINT) {
        return decode(buffer, new WireReader(buffer));
      }
      if (tag < 8 || tag >= 0x80) {return decode(buffer, new WireReader(buffer));}
    } else {
      tag = reader.tag();
      if ((tag & 7) === VARINT) {
        value = reader.varint();
      } else if (TEXT_TAGS.has(tag)) {
        text = readText(reader, buffer);
      } else {
        reader.skip(tag);
      }
      position = reader.position;
    }
    switch (tag) {
      case Tag.MERCHANT_ID: merchantId = text; break;
      case Tag.IDEMPOTENCY_KEY: idempotencyKey = text; break;
      case Tag.PAYER_ID: payerId = text; break;
      case Tag.AMOUNT: amount = value; break;
      case Tag.CURRENCY: currency = text; break;
      case Tag.TYPE: type = value; break;
      case Tag.REFUND_OF: refundOf = text; break;
      case Tag.CARD_TOKEN: cardToken = text; break;
      case Tag.ACCEPTED_AT: acceptedAt = value; break;
      case Tag.MERCHANT_CATEGORY: (enrichment ??= {}).merchantCategory = text; break;
      case Tag.MERCHANT_CELL: (enrichment ??= {}).merchantCell = text; break;
      case Tag.PAYER_CELL: (enrichment ??= {}).payerCell = text; break;
      case Tag.HOLD_OF: holdOf = text; break;
      case Tag.REASON: reason = text; break;
      case Tag.TRACE_PARENT: traceParent = text; break;
      default: // Of a later version.
    }
  }
  // Of a record that is cut off the last field ends elsewhere.
  if (position !== end || highBytes !== 0) {return decode(buffer, new WireReader(buffer));}

  if (merchantId === '') {throw new UndecodableRecordError('merchant_id is missing');}
  if (idempotencyKey === '') {throw new UndecodableRecordError('idempotency_key is missing');}
  const movement = MOVEMENT_TYPES[type];
  if (type !== Type.PAYMENT && type !== Type.REFUND && movement === undefined) {throw new UndecodableRecordError('type is missing or unknown');}
  if (payerId === '' && movement === undefined) {throw new UndecodableRecordError('payer_id is missing');}
  if (currency === '') {throw new UndecodableRecordError('currency is missing');}
  if (amount < 1 || amount > MAXIMUM_AMOUNT) {throw new UndecodableRecordError('amount is not from 1 to 10^12');}
  if ((type === Type.REFUND) !== (refundOf !== '')) {throw new UndecodableRecordError('refund_of does not fit the type');}
  if ((type === Type.RELEASE || type === Type.SETTLE) !== (holdOf !== '')) {throw new UndecodableRecordError('hold_of does not fit the type');}
  if (!Number.isSafeInteger(acceptedAt)) {throw new UndecodableRecordError('accepted_at is out of range');}

  // Members that not every record has are set one by one: spreading them into a literal costs more than reading them.
  if (movement !== undefined) {
    const record: Changeable<MovementRecord> = { merchantId, idempotencyKey, amount, currency, type: movement, acceptedAt };
    if (holdOf !== '') {record.holdOf = holdOf;}
    if (reason !== '') {record.reason = reason;}
    if (traceParent !== '') {record.traceParent = traceParent;}
    return record;
  }
  const name = type === Type.PAYMENT ? 'payment' : 'refund';
  const record: Changeable<PaymentRecord> = cardToken === ''
    ? { merchantId, idempotencyKey, payerId, amount, currency, type: name, acceptedAt }
    : { merchantId, idempotencyKey, payerId, amount, currency, type: name, cardToken, acceptedAt };
  if (refundOf !== '') {record.refundOf = refundOf;}
  if (enrichment !== undefined) {record.enrichment = enrichment;}
  if (traceParent !== '') {record.traceParent = traceParent;}
  return record;
}

type Changeable<Type> = { -readonly [Name in keyof Type]: Type[Name] };

function readText(reader: WireReader, buffer: Buffer): string {
  const end = reader.contentEnd();
  const start = reader.position;
  reader.position = end;
  try {
    return strictUtf8.decode(buffer.subarray(start, end));
  } catch {
    throw new UndecodableRecordError('text is not UTF-8');
  }
}
