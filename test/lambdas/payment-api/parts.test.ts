import { AcceptedPayments } from '../../../lambdas/payment-api/accepted-payments';
import { EventLog } from '../../../lambdas/payment-api/event-log';
import { Payment } from '../../../lambdas/runtime/payment/payment';

describe('AcceptedPayments', () => {
  const payment: Payment = { merchantId: 'm', idempotencyKey: 'k', payerId: 'p', amount: 1, currency: 'EUR', type: 'payment', cardToken: 't' };

  it('keeps the first payment of a key and compares every field', () => {
    const accepted = new AcceptedPayments(10);
    expect(accepted.conflictsWith(payment)).toBe(false);
    accepted.remember(payment);
    accepted.remember({ ...payment, amount: 2 });
    expect(accepted.conflictsWith({ ...payment })).toBe(false);
    for (const change of [{ payerId: 'q' }, { amount: 2 }, { currency: 'USD' }, { cardToken: undefined }, { type: 'refund' as const, refundOf: 'x' }]) {
      expect(accepted.conflictsWith({ ...payment, ...change })).toBe(true);
    }
    expect(accepted.conflictsWith({ ...payment, idempotencyKey: 'l', amount: 2 })).toBe(false);
    expect(accepted.conflictsWith({ ...payment, merchantId: 'n', amount: 2 })).toBe(false);
  });
});

describe('AcceptedPayments with movements', () => {
  it('compares what a movement has, and never takes one for a payment', () => {
    const accepted = new AcceptedPayments(10);
    const hold = { merchantId: 'm', idempotencyKey: 'h', amount: 1, currency: 'EUR', type: 'hold', reason: 'risk' } as const;
    accepted.remember(hold);
    expect(accepted.conflictsWith({ ...hold })).toBe(false);
    expect(accepted.conflictsWith({ ...hold, reason: 'other' })).toBe(true);
    expect(accepted.conflictsWith({ ...hold, type: 'release', holdOf: 'x' })).toBe(true);
    expect(accepted.conflictsWith({ merchantId: 'm', idempotencyKey: 'h', amount: 1, currency: 'EUR', type: 'payment', payerId: '' })).toBe(true);
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
