import * as fs from 'node:fs';
import * as path from 'node:path';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { MovementRecord, StreamRecord } from '../../../../lambdas/runtime/payment/movement';
import { PaymentRecord } from '../../../../lambdas/runtime/payment/payment';
import { decodePaymentRecord, encodePaymentRecord, UndecodableRecordError } from '../../../../lambdas/runtime/payment/payment-codec';
import { streamRecord } from './arbitraries';

// Many cases, or whole processes, on a machine that may be busy.
jest.setTimeout(30_000);

const PROTO = fs.readFileSync(path.join(__dirname, '../../../../lambdas/runtime/payment/v1/payment.proto'), 'utf8');
const Message = protobuf.parse(PROTO).root.lookupType('payment.v1.Payment');

/** What protobufjs makes of a record, as the proto file says. */
function encodeByProtobuf(record: StreamRecord): Uint8Array {
  const { type, enrichment, ...fields } = record as PaymentRecord;
  return Message.encode(Message.fromObject({ ...fields, ...enrichment, type: TYPES.indexOf(type) })).finish();
}

function decodeByProtobuf(bytes: Uint8Array): object {
  const { type, merchantCategory, merchantCell, payerCell, ...fields } = Message.toObject(Message.decode(bytes), { longs: Number });
  const known = Object.entries({ merchantCategory, merchantCell, payerCell }).filter(([, value]) => value !== undefined);
  return { ...fields, type: TYPES[type as number], ...(known.length > 0 && { enrichment: Object.fromEntries(known) as object }) };
}

const TYPES = ['', 'payment', 'refund', 'hold', 'release', 'settle'];

const RECORD: PaymentRecord = {
  merchantId: 'm-1', idempotencyKey: 'k-1', payerId: 'p-1', amount: 1299, currency: 'EUR', type: 'payment', cardToken: 'tok_1', acceptedAt: 1_700_000_000_000,
};

const HOLD: MovementRecord = { merchantId: 'm-1', idempotencyKey: 'h-1', amount: 500, currency: 'EUR', type: 'hold', acceptedAt: 1_700_000_000_000 };

/** The format as it was before there were movements. */
const OldMessage = protobuf.parse(PROTO.replace(/^.*= (1[0-5]);$/gm, '').replace(/^ *PAYMENT_TYPE_(HOLD|RELEASE|SETTLE).*$/gm, '')).root
  .lookupType('payment.v1.Payment');

function reasonOf(bytes: Uint8Array): string {
  try {
    decodePaymentRecord(bytes);
  } catch (error) {
    if (error instanceof UndecodableRecordError) {
      return error.reason;
    }
    throw error;
  }
  return 'decoded';
}

describe('payment codec', () => {
  it('writes byte for byte what protobufjs writes', () => {
    fc.assert(fc.property(streamRecord, (record) => {
      expect(Buffer.from(encodePaymentRecord(record)).equals(encodeByProtobuf(record))).toBe(true);
    }), { numRuns: 500 });
  });

  it('reads what protobufjs writes, and protobufjs reads what it writes', () => {
    fc.assert(fc.property(streamRecord, (record) => {
      expect(decodePaymentRecord(encodeByProtobuf(record))).toEqual(record);
      expect(decodeByProtobuf(encodePaymentRecord(record))).toEqual(record);
    }), { numRuns: 500 });
  });

  it('has a fixed format', () => {
    expect(Buffer.from(encodePaymentRecord(RECORD)).toString('hex'))
      .toBe('0a036d2d3112036b2d311a03702d3120930a2a03455552300142' + '05746f6b5f31' + '4880d095ffbc31');
  });

  it('has a fixed format of movements, with the fields in ascending order', () => {
    const settle: MovementRecord = { ...HOLD, idempotencyKey: 's-1', type: 'settle', holdOf: 'h-1', reason: 'payout', traceParent: 't' };
    expect(Buffer.from(encodePaymentRecord(settle)).toString('hex'))
      .toBe('0a036d2d311203732d31' + '20f403' + '2a03455552' + '3005' + '4880d095ffbc31' + '6a03682d31' + '72067061796f7574' + '7a0174');
  });

  it('keeps amounts up to 10^12 exact', () => {
    for (const amount of [1, 127, 128, 2 ** 28 - 1, 2 ** 28, 2 ** 32 - 1, 2 ** 32, 999_999_999_999, 1_000_000_000_000]) {
      expect(decodePaymentRecord(encodePaymentRecord({ ...RECORD, amount })).amount).toBe(amount);
    }
  });

  it('encodes texts of any length', () => {
    const merchantId = '漢'.repeat(10_000);
    expect(decodePaymentRecord(encodePaymentRecord({ ...RECORD, merchantId }))).toEqual({ ...RECORD, merchantId });
  });

  it('decodes a view of a larger array', () => {
    const bytes = encodePaymentRecord(RECORD);
    const larger = new Uint8Array(bytes.length + 20).fill(0xff);
    larger.set(bytes, 7);
    expect(decodePaymentRecord(larger.subarray(7, 7 + bytes.length))).toEqual(RECORD);
  });

  it('steps over fields it does not know, of every wire type', () => {
    const writer = protobuf.Writer.create();
    writer.uint32(100 << 3 | 0).uint64(12345);
    writer.uint32(101 << 3 | 1).fixed64(1);
    writer.uint32(102 << 3 | 2).string('later');
    writer.uint32(103 << 3 | 5).fixed32(1);
    writer.uint32(104 << 3 | 3).uint32(1 << 3 | 0).uint32(9).uint32(104 << 3 | 4);
    const unknown = writer.finish();
    const bytes = encodePaymentRecord(RECORD);
    expect(decodePaymentRecord(Buffer.concat([unknown, bytes]))).toEqual(RECORD);
    expect(decodePaymentRecord(Buffer.concat([bytes, unknown]))).toEqual(RECORD);
  });

  it('takes the last of a field that comes twice', () => {
    const twice = Buffer.concat([encodePaymentRecord(RECORD), encodePaymentRecord({ ...RECORD, amount: 7 })]);
    expect(decodePaymentRecord(twice).amount).toBe(7);
  });

  it.each([
    ['nothing', '', 'merchant_id is missing'],
    ['a text that is cut off', '0a05', 'field is cut off'],
    ['a varint that is cut off', '20ff', 'varint is cut off'],
    ['a varint of eleven bytes', '20' + 'ff'.repeat(10) + '01', 'varint is longer than 64 bits'],
    ['a varint of 70 bits', '20' + 'ff'.repeat(9) + '7f', 'varint is longer than 64 bits'],
    ['field number 0', '0000', 'field number is 0'],
    ['wire type 6', 'fe0600', 'wire type is unknown'],
    ['an end of group without its start', '0c', 'wire type is unknown'],
    ['a group that ends as another', '0b14', 'group is not closed by its own number'],
    ['groups without end', '0b'.repeat(40), 'groups are nested too deep'],
    ['a field number beyond 32 bits', 'ffffffffff01', 'field number is too large'],
    ['text that is not UTF-8', '0a02c328', 'text is not UTF-8'],
    ['a lone surrogate', '0a03eda080', 'text is not UTF-8'],
  ])('refuses %s', (_name, hex, reason) => {
    expect(reasonOf(Buffer.from(hex, 'hex'))).toBe(reason);
  });

  it.each([
    [{ amount: 0 }, 'amount is not from 1 to 10^12'],
    [{ amount: -1 }, 'amount is not from 1 to 10^12'],
    [{ amount: 1_000_000_000_001 }, 'amount is not from 1 to 10^12'],
    [{ merchantId: '' }, 'merchant_id is missing'],
    [{ idempotencyKey: '' }, 'idempotency_key is missing'],
    [{ payerId: '' }, 'payer_id is missing'],
    [{ currency: '' }, 'currency is missing'],
    [{ type: 'refund' as const }, 'refund_of does not fit the type'],
    [{ refundOf: 'k-0' }, 'refund_of does not fit the type'],
    [{ acceptedAt: 2 ** 60 }, 'accepted_at is out of range'],
  ])('refuses a record with %j', (change, reason) => {
    expect(reasonOf(encodeByProtobuf({ ...RECORD, ...change }))).toBe(reason);
  });

  it.each([
    [{ type: 'release' as const }, 'hold_of does not fit the type'],
    [{ type: 'settle' as const }, 'hold_of does not fit the type'],
    [{ holdOf: 'h-0' }, 'hold_of does not fit the type'],
    [{ refundOf: 'k-0' }, 'refund_of does not fit the type'],
    [{ amount: 0 }, 'amount is not from 1 to 10^12'],
    [{ currency: '' }, 'currency is missing'],
  ])('refuses a movement with %j', (change, reason) => {
    expect(reasonOf(encodeByProtobuf({ ...HOLD, ...change }))).toBe(reason);
  });

  it('leaves out what means nothing for the type', () => {
    expect(decodePaymentRecord(encodeByProtobuf({ ...HOLD, payerId: 'p', cardToken: 't', merchantCell: 'c' } as never))).toEqual(HOLD);
    expect(decodePaymentRecord(encodeByProtobuf({ ...RECORD, reason: 'payout' } as never))).toEqual(RECORD);
  });

  it('refuses a type that it does not know', () => {
    expect(reasonOf(Message.encode(Message.fromObject({ ...RECORD, type: 6 })).finish())).toBe('type is missing or unknown');
    const { payerId: _, ...nobody } = RECORD;
    expect(reasonOf(Message.encode(Message.fromObject({ ...nobody, type: 6 })).finish())).toBe('type is missing or unknown');
  });

  it('writes for old readers, and reads what old writers wrote: what is new is a field that they step over', () => {
    fc.assert(fc.property(streamRecord, (record) => {
      const old = OldMessage.toObject(OldMessage.decode(encodePaymentRecord(record)), { longs: Number });
      const { merchantId, idempotencyKey, amount, currency, acceptedAt } = record;
      expect(old).toMatchObject({ merchantId, idempotencyKey, amount, currency, acceptedAt, type: TYPES.indexOf(record.type) });
    }));
  });

  it('answers damaged bytes with its own error or a whole record, never anything else', () => {
    fc.assert(fc.property(streamRecord, fc.nat(), fc.nat(255), fc.nat(), (record, at, value, cut) => {
      const bytes = Uint8Array.from(encodePaymentRecord(record));
      bytes[at % bytes.length] = value;
      const damaged = bytes.subarray(0, bytes.length - cut % 4);
      const reason = reasonOf(damaged);
      if (reason === 'decoded') {
        const decoded = decodePaymentRecord(damaged);
        expect(decoded.amount >= 1 && decoded.amount <= 10 ** 12 && decoded.merchantId !== '' && decoded.idempotencyKey !== '').toBe(true);
      }
    }), { numRuns: 1_000 });
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => { reasonOf(bytes); }), { numRuns: 1_000 });
  });
});
