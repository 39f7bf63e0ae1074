import * as fs from 'node:fs';
import * as path from 'node:path';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { decodeWaitingRecord, encodeWaitingRecord } from '../../../../lambdas/runtime/batch/waiting-records';
import { isMovement, type StreamRecord } from '../../../../lambdas/runtime/payment/movement';
import { decodePaymentRecord, encodePaymentRecord } from '../../../../lambdas/runtime/payment/payment-codec';
import { paymentRecord, streamRecord } from './arbitraries';
import { evolutionFaults } from './proto-evolution';

const FOLDER = path.join(__dirname, '../../../../lambdas/runtime/payment/v1');
const CURRENT = fs.readFileSync(path.join(FOLDER, 'payment.proto'), 'utf8');
/** Every version that was ever published, the first one first. */
const PUBLISHED = fs.readdirSync(path.join(FOLDER, 'published')).sort((left, right) => parseInt(left, 10) - parseInt(right, 10)).map((name) => ({
  name, proto: fs.readFileSync(path.join(FOLDER, 'published', name), 'utf8'),
}));
const TYPES = ['', 'payment', 'refund', 'hold', 'release', 'settle'];

function messageOf(proto: string): protobuf.Type {
  return protobuf.parse(proto).root.lookupType('payment.v1.Payment');
}

/** A record as a writer of a version writes it: with the fields that this version has. */
function written(message: protobuf.Type, record: StreamRecord): Uint8Array {
  const { type, ...fields } = record;
  const enrichment = 'enrichment' in record ? record.enrichment : undefined;
  return message.encode(message.fromObject({ ...fields, ...enrichment, type: TYPES.indexOf(type) })).finish();
}

describe('versions of payment.proto', () => {
  it('end with the one in use: a change is published as a new file beside the others', () => {
    expect(PUBLISHED[PUBLISHED.length - 1].proto).toBe(CURRENT);
  });

  it.each(PUBLISHED.slice(0, -1).map(({ name, proto }, index) => [name, proto, PUBLISHED.slice(index + 1)] as const))(
    '%s may be followed by all that follow it', (_name, earlier, followers) => {
      followers.forEach(({ proto }) => expect(evolutionFaults(earlier, proto)).toEqual([]));
    },
  );

  it.each(PUBLISHED.map(({ name, proto }) => [name, proto] as const))('%s: what its writers wrote is read', (_name, proto) => {
    const message = messageOf(proto);
    const knowsMovements = message.fields.holdOf !== undefined;
    fc.assert(fc.property(knowsMovements ? streamRecord : paymentRecord, (record) => {
      expect(decodePaymentRecord(written(message, record))).toEqual(record);
    }), { numRuns: 200 });
  });

  it.each(PUBLISHED.map(({ name, proto }) => [name, proto] as const))('%s: its readers read of what is written now all that they know', (_name, proto) => {
    const message = messageOf(proto);
    fc.assert(fc.property(streamRecord, (record) => {
      const read = message.toObject(message.decode(encodePaymentRecord(record)), { longs: Number });
      const { type, ...fields } = record;
      const known = Object.fromEntries(Object.entries(fields).filter(([name]) => message.fields[name] !== undefined));
      expect(read).toMatchObject({ ...known, type: TYPES.indexOf(type) });
    }), { numRuns: 200 });
  });

  // As its writers wrote them. These bytes lie in archives and queues: they never change.
  it.each([
    ['1-payments.proto', 'a payment', '0a036d2d3112036b2d311a03702d3120930a2a034555523001420' + '5746f6b5f314880d095ffbc31', {
      merchantId: 'm-1', idempotencyKey: 'k-1', payerId: 'p-1', amount: 1299, currency: 'EUR', type: 'payment', cardToken: 'tok_1', acceptedAt: 1_700_000_000_000,
    }],
    ['1-payments.proto', 'a refund', '0a036d2d3112036b2d321a03702d3120642a0345555230023a036b2d314880d095ffbc31', {
      merchantId: 'm-1', idempotencyKey: 'k-2', payerId: 'p-1', amount: 100, currency: 'EUR', type: 'refund', refundOf: 'k-1', acceptedAt: 1_700_000_000_000,
    }],
    ['2-movements.proto', 'a settle with a trace', '0a036d2d311203732d3120f4032a0345555230054880d095ffbc316a03682d3172067061796f75747a0174', {
      merchantId: 'm-1', idempotencyKey: 's-1', amount: 500, currency: 'EUR', type: 'settle', holdOf: 'h-1', reason: 'payout', traceParent: 't',
      acceptedAt: 1_700_000_000_000,
    }],
  ])('%s: %s of then is read', (_name, _what, hex, record) => {
    expect(decodePaymentRecord(Buffer.from(hex, 'hex'))).toEqual(record);
  });

  it('keep what a later version adds: a record that waits goes on with the bytes that it came with', () => {
    fc.assert(fc.property(streamRecord, fc.integer({ min: 16, max: 1_000 }), fc.string({ unit: 'grapheme' }), (record, field, text) => {
      const unknown = protobuf.Writer.create().uint32(field << 3 | 2).string(text).finish();
      const data = Buffer.concat([encodePaymentRecord(record), unknown]);
      expect(decodePaymentRecord(data)).toEqual(record);
      if (isMovement(record) ? record.holdOf !== undefined : record.refundOf !== undefined) {
        const received = decodeWaitingRecord(encodeWaitingRecord({ record, firstSeenAt: 1, data }));
        expect(received).toEqual({ record, firstSeenAt: 1, data });
      }
    }), { numRuns: 200 });
  });
});

describe('evolutionFaults', () => {
  const proto = (fields: string, values = 'A = 0; B = 1;'): string => `syntax = "proto3"; package p; enum E { ${values} } message M { ${fields} }`;
  const base = proto('string a = 1; int64 b = 2; E c = 3; repeated string d = 4; reserved 9;');

  it.each([
    ['a new field', proto('string a = 1; int64 b = 2; E c = 3; repeated string d = 4; string e = 5; reserved 9;'), []],
    ['a new value of an enum', proto('string a = 1; int64 b = 2; E c = 3; repeated string d = 4; reserved 9;', 'A = 0; B = 1; C = 2;'), []],
    ['a field that is gone and reserved', proto('string a = 1; E c = 3; repeated string d = 4; reserved 9, 2; reserved "b";'), []],
    ['a field that is gone', proto('string a = 1; E c = 3; repeated string d = 4; reserved 9;'), ['field 2 of p.M is gone and its number or name is not reserved']],
    ['a field whose number alone is reserved', proto('string a = 1; E c = 3; repeated string d = 4; reserved 9, 2;'),
      ['field 2 of p.M is gone and its number or name is not reserved']],
    ['a number used for another field', proto('string a = 1; int64 x = 2; E c = 3; repeated string d = 4; reserved 9;'), ['field 2 of p.M was b and is x']],
    ['another type', proto('string a = 1; int32 b = 2; E c = 3; repeated string d = 4; reserved 9;'), ['field 2 of p.M was int64 and is int32']],
    ['no longer repeated', proto('string a = 1; int64 b = 2; E c = 3; string d = 4; reserved 9;'), ['field 4 of p.M was repeated string and is string']],
    ['a number that is no longer reserved', proto('string a = 1; int64 b = 2; E c = 3; repeated string d = 4;'), ['field 9 of p.M is no longer reserved']],
    ['another number of a value', proto('string a = 1; int64 b = 2; E c = 3; repeated string d = 4; reserved 9;', 'A = 0; B = 2;'),
      ['value B = 1 of p.E is not what it was']],
    ['a message that is gone', 'syntax = "proto3"; package p; enum E { A = 0; B = 1; }', ['message p.M is gone']],
  ])('%s', (_name, later, faults) => {
    expect(evolutionFaults(base, later)).toEqual(faults);
  });
});
