import fc from 'fast-check';
import { AcceptedPayments } from '../../../lambdas/payment-api/accepted-payments';
import { EventLog } from '../../../lambdas/payment-api/event-log';
import type { Request } from '../../../lambdas/payment-api/offers';
import type { MovementRecord } from '../../../lambdas/runtime/payment/movement';
import type { Payment, PaymentRecord } from '../../../lambdas/runtime/payment/payment';
import { encodePaymentRecord } from '../../../lambdas/runtime/payment/payment-codec';
import { endOfIdentity } from '../../../lambdas/runtime/payment/record-parts';
import { streamRecord } from '../runtime/payment/arbitraries';

const record = (request: Request): Uint8Array => encodePaymentRecord({ ...request, acceptedAt: 1 } as PaymentRecord | MovementRecord);
const conflictsBytes = (accepted: AcceptedPayments, bytes: Uint8Array): boolean => {
  const length = endOfIdentity(bytes);
  return accepted.conflictsWith(bytes, length, accepted.identityOf(bytes, length), accepted.fingerprintOf(bytes, length));
};
const rememberBytes = (accepted: AcceptedPayments, bytes: Uint8Array): void => {
  const length = endOfIdentity(bytes);
  accepted.remember(bytes, length, accepted.identityOf(bytes, length), accepted.fingerprintOf(bytes, length));
};
const conflicts = (accepted: AcceptedPayments, request: Request): boolean => conflictsBytes(accepted, record(request));
const remember = (accepted: AcceptedPayments, request: Request): void => rememberBytes(accepted, record(request));

describe('AcceptedPayments', () => {
  const payment: Payment = { merchantId: 'm', idempotencyKey: 'k', payerId: 'p', amount: 1, currency: 'EUR', type: 'payment', cardToken: 't' };

  it('keeps the first payment of a key and compares every field', () => {
    const accepted = new AcceptedPayments(10, Math.random);
    expect(conflicts(accepted, payment)).toBe(false);
    remember(accepted, payment);
    remember(accepted, { ...payment, amount: 2 });
    expect(conflicts(accepted, { ...payment })).toBe(false);
    for (const change of [{ payerId: 'q' }, { amount: 2 }, { currency: 'USD' }, { cardToken: undefined }, { type: 'refund' as const, refundOf: 'x' }]) {
      expect(conflicts(accepted, { ...payment, ...change })).toBe(true);
    }
    expect(conflicts(accepted, { ...payment, idempotencyKey: 'l', amount: 2 })).toBe(false);
    expect(conflicts(accepted, { ...payment, merchantId: 'n', amount: 2 })).toBe(false);
  });
});

describe('AcceptedPayments with what a request does not state', () => {
  const traceParent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

  it('takes a request for the same whenever it came and whatever is known besides', () => {
    fc.assert(fc.property(streamRecord, fc.nat(), (first, acceptedAt) => {
      const accepted = new AcceptedPayments(10, Math.random);
      rememberBytes(accepted, encodePaymentRecord(first));
      const enrichment = { merchantCategory: '5411', merchantCell: 'c', payerCell: 'd' };
      const again = 'payerId' in first ? { ...first, acceptedAt, traceParent, enrichment } : { ...first, acceptedAt, traceParent };
      expect(conflictsBytes(accepted, encodePaymentRecord(again))).toBe(false);
    }), { numRuns: 300 });
  });

  it('takes one that differs in any text, its amount or its type for another', () => {
    fc.assert(fc.property(streamRecord, (first) => {
      const accepted = new AcceptedPayments(10, Math.random);
      rememberBytes(accepted, encodePaymentRecord(first));
      const changes: object[] = [{ amount: first.amount === 1 ? 2 : first.amount - 1 }, { currency: 'XOF' }];
      for (const name of ['payerId', 'refundOf', 'cardToken', 'holdOf', 'reason'] as const) {
        const text = (first as Partial<Record<typeof name, string>>)[name];
        changes.push(...(text === undefined ? [] : [{ [name]: `${text}x` }, { [name]: 'x' + text }]));
      }
      changes.push({ type: first.type === 'refund' ? 'payment' : first.type === 'payment' ? 'refund' : first.type === 'hold' ? 'release' : 'hold' });
      for (const change of changes) {
        expect(conflictsBytes(accepted, encodePaymentRecord({ ...first, ...change }))).toBe(true);
      }
    }), { numRuns: 300 });
  });
});

describe('AcceptedPayments with movements', () => {
  it('compares what a movement has, and never takes one for a payment', () => {
    const accepted = new AcceptedPayments(10, Math.random);
    const hold = { merchantId: 'm', idempotencyKey: 'h', amount: 1, currency: 'EUR', type: 'hold', reason: 'risk' } as const;
    remember(accepted, hold);
    expect(conflicts(accepted, { ...hold })).toBe(false);
    expect(conflicts(accepted, { ...hold, reason: 'other' })).toBe(true);
    expect(conflicts(accepted, { ...hold, type: 'release', holdOf: 'x' })).toBe(true);
    expect(conflicts(accepted, { merchantId: 'm', idempotencyKey: 'h', amount: 1, currency: 'EUR', type: 'payment', payerId: '' })).toBe(true);
  });
});

describe('EventLog', () => {
  it('writes errors of one kind once in ten seconds, without their messages', () => {
    const lines: string[] = [];
    let now = 0;
    const log = new EventLog((line) => lines.push(line), () => now);
    log.event('listening', { port: 8080 });
    const error = (): void => log.error(Object.assign(new Error('4111111111111111'), { code: 'X' }));
    error();
    error();
    now = 10_000;
    error();
    log.error('no error at all');
    expect(lines[0]).toBe('{"event":"listening","port":8080}');
    expect(lines.slice(1).map((line) => JSON.parse(line) as object)).toEqual([
      { event: 'error', name: 'Error', code: 'X', place: expect.stringContaining('parts.test.ts') as string, suppressed: 0 },
      { event: 'error', name: 'Error', code: 'X', place: expect.any(String) as string, suppressed: 1 },
      { event: 'error', name: 'Error', place: '', suppressed: 0 },
    ]);
    expect(lines.join()).not.toContain('4111');
  });
});
