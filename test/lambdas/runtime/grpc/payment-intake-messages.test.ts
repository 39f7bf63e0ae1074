import * as fs from 'node:fs';
import * as path from 'node:path';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import {
  decodeAcceptRequest, decodeAcceptResponse, encodeAcceptRequest, encodeAcceptResponse, type IntakeResult,
} from '../../../../lambdas/runtime/grpc/payment-intake-messages';
import { PAYMENT_INTAKE_DEFINITION, PAYMENT_INTAKE_SERVICE } from '../../../../lambdas/runtime/grpc/payment-intake-service';
import { validatePaymentMessage, readPaymentMessage } from '../../../../lambdas/runtime/payment/payment-message';
import { WireFormatError } from '../../../../lambdas/runtime/protobuf/wire-reader';
import { paymentRecord } from '../payment/arbitraries';
import { evolutionFaults } from '../payment/proto-evolution';

const FOLDER = path.join(__dirname, '../../../../lambdas/runtime/payment/v1');
const read = (name: string): string => fs.readFileSync(path.join(FOLDER, name), 'utf8');
const CURRENT = read('payment_service.proto');
const PAYMENTS = read('payment.proto');
/** Every version that was ever published, the first one first. */
const PUBLISHED = fs.readdirSync(path.join(FOLDER, 'published-service')).sort((left, right) => parseInt(left, 10) - parseInt(right, 10))
  .map((name) => read(path.join('published-service', name)));

const schema = protobuf.loadSync(path.join(FOLDER, 'payment_service.proto'));
const request = schema.lookupType('payment.v1.AcceptRequest');
const response = schema.lookupType('payment.v1.AcceptResponse');

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 });
const optional = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> => fc.option(arbitrary, { nil: undefined });
const result: fc.Arbitrary<IntakeResult> = fc.record({
  outcome: fc.constantFrom('accepted' as const, 'invalid' as const, 'conflict' as const, 'refused' as const, 'unavailable' as const),
  receipt: optional(text),
  detail: optional(text),
  field: optional(text),
  rule: optional(text),
  rulesVersion: optional(fc.integer({ min: 1, max: 2 ** 32 - 1 })),
}).map((members) => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as unknown as IntakeResult);

describe('the messages of payment_service.proto', () => {
  it('go both ways as another library reads and writes them', () => {
    fc.assert(fc.property(fc.array(result, { maxLength: 20 }), (results) => {
      const bytes = encodeAcceptResponse(results);
      const known = response.toObject(response.decode(bytes), { enums: String }).results as object[] | undefined;
      const named = results.map(({ outcome, ...others }) => ({ ...others, outcome: `OUTCOME_${outcome.toUpperCase()}` }));
      expect(known ?? []).toEqual(named);
      expect(decodeAcceptResponse(Buffer.from(response.encode(response.fromObject({ results: named })).finish()))).toEqual(results);
    }), { numRuns: 200 });
  });

  it('hold payments as another library reads and writes them', () => {
    fc.assert(fc.property(fc.array(paymentRecord, { maxLength: 10 }), (records) => {
      const payments = records.map(({ acceptedAt: _, ...payment }) => payment);
      const bytes = encodeAcceptRequest(payments);
      const known = request.toObject(request.decode(bytes), { longs: Number }).payments as { type: number }[] | undefined;
      expect(known ?? []).toEqual(payments.map(({ type, ...others }) => ({ ...others, type: type === 'payment' ? 1 : 2 })));
      const messages = decodeAcceptRequest(Buffer.from(request.encode(request.fromObject({ payments: known ?? [] })).finish()), 500);
      expect(messages.map((message) => validatePaymentMessage(readPaymentMessage(message, []).record!, []).payment)).toEqual(payments);
    }), { numRuns: 200 });
  });

  it('are read though they hold what a later version added', () => {
    const later = protobuf.parse(CURRENT.replace('import "payment.proto";', '').replace('repeated Payment payments = 1', 'repeated bytes payments = 1; string more = 2')
      .replace('OUTCOME_UNAVAILABLE = 5;', 'OUTCOME_UNAVAILABLE = 5; OUTCOME_LATER = 6;').replace('string receipt = 2;', 'string receipt = 2; bytes more = 17;')).root;
    const message = later.lookupType('payment.v1.AcceptResponse');
    const bytes = message.encode(message.fromObject({ results: [{ outcome: 6, more: 'AAAA', detail: 'why' }, { outcome: 1 }] })).finish();
    expect(decodeAcceptResponse(Buffer.from(bytes))).toEqual([{ outcome: 'unknown', detail: 'why' }, { outcome: 'accepted' }]);
    const asked = later.lookupType('payment.v1.AcceptRequest');
    expect(decodeAcceptRequest(Buffer.from(asked.encode(asked.fromObject({ payments: ['AQ=='], more: 'x' })).finish()), 500)).toEqual([Buffer.from([1])]);
  });

  it('are not looked through beyond one payment too many', () => {
    expect(decodeAcceptRequest(Buffer.concat([Buffer.alloc(6, Buffer.from([0x0a, 0])), Buffer.from([0xff])]), 2)).toHaveLength(3);
  });

  it('are refused when they are cut off, never read beyond their end', () => {
    fc.assert(fc.property(fc.array(paymentRecord, { minLength: 1, maxLength: 3 }), fc.nat(), (records, at) => {
      const bytes = encodeAcceptRequest(records);
      const ends = decodeAcceptRequest(bytes, 500).map((message) => message.byteOffset - bytes.byteOffset + message.length);
      const cut = at % bytes.length;
      const readCut = (): number => decodeAcceptRequest(bytes.subarray(0, cut), 500).length;
      if (cut === 0 || ends.includes(cut)) {
        expect(readCut()).toBe(ends.filter((end) => end <= cut).length);
      } else {
        expect(readCut).toThrow(WireFormatError);
      }
    }), { numRuns: 200 });
  });
});

describe('versions of payment_service.proto', () => {
  it('end with the one in use: a change is published as a new file beside the others', () => {
    expect(PUBLISHED[PUBLISHED.length - 1]).toBe(CURRENT);
  });

  it('may each be followed by all that follow it', () => {
    PUBLISHED.forEach((earlier, index) => PUBLISHED.slice(index).forEach((later) => expect(evolutionFaults(earlier, later, [PAYMENTS])).toEqual([])));
  });

  it.each([
    ['a method that is gone', CURRENT.replace('rpc Accept', 'rpc Take'), ['method Accept of payment.v1.PaymentIntake is gone']],
    ['a method with another answer', CURRENT.replace('returns (AcceptResponse)', 'returns (stream AcceptResponse)'),
      ['method Accept of payment.v1.PaymentIntake was (AcceptRequest) returns (AcceptResponse) and is (AcceptRequest) returns (stream AcceptResponse)']],
    ['an outcome with another number', CURRENT.replace('OUTCOME_REFUSED = 4', 'OUTCOME_REFUSED = 9'),
      ['value OUTCOME_REFUSED = 4 of payment.v1.Outcome is not what it was']],
    ['a field of another type', CURRENT.replace('uint32 rules_version', 'string rules_version'), ['field 6 of payment.v1.Result was uint32 and is string']],
    ['a service that is gone', CURRENT.replace('service PaymentIntake', 'service Intake'), ['service payment.v1.PaymentIntake is gone']],
  ])('may not have %s', (_what, later, faults) => {
    expect(later).not.toBe(CURRENT);
    expect(evolutionFaults(CURRENT, later, [PAYMENTS])).toEqual(faults);
  });

  it('name the service and method that are called', () => {
    const service = schema.lookupService(PAYMENT_INTAKE_SERVICE);
    expect(service.methodsArray.map(({ name }) => `/${service.fullName.slice(1)}/${name}`)).toEqual([PAYMENT_INTAKE_DEFINITION.accept.path]);
  });
});
