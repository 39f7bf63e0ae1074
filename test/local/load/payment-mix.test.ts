import { isPoisonKey } from '../../../local/faults';
import { PaymentMix } from '../../../local/load/payment-mix';
import { SeededRandom } from '../../../local/random/seeded-random';

const payments = (mix: PaymentMix, count: number) => {
  const made = [];
  while (made.length < count) {
    const request = mix.nextRequest();
    request.forEach((payment) => mix.acknowledged(payment));
    made.push(...request);
  }
  return made;
};

describe('the mix of payments', () => {
  it('holds a share of poisoned keys while it is asked to; no refund is one or refers to one', () => {
    const mix = new PaymentMix(new SeededRandom(1), 's1');
    expect(payments(mix, 5_000).filter(({ idempotencyKey }) => isPoisonKey(idempotencyKey))).toEqual([]);
    mix.setPoisonShare(0.2);
    const some = payments(mix, 20_000);
    const poisoned = some.filter(({ idempotencyKey }) => isPoisonKey(idempotencyKey));
    expect(poisoned.length / some.length).toBeGreaterThan(0.18);
    expect(poisoned.length / some.length).toBeLessThan(0.22);
    expect(poisoned.every(({ type }) => type === 'payment')).toBe(true);
    const refunds = some.filter(({ type }) => type === 'refund');
    expect(refunds.length).toBeGreaterThan(100);
    expect(refunds.filter(({ refundOf, idempotencyKey }) => isPoisonKey(refundOf!) || isPoisonKey(idempotencyKey))).toEqual([]);
    mix.setPoisonShare(0);
    expect(payments(mix, 5_000).filter(({ idempotencyKey }) => isPoisonKey(idempotencyKey))).toEqual([]);
    expect(new Set(some.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(some.length);
  });

  it('is the same as without the fault while the share is 0', () => {
    const touched = new PaymentMix(new SeededRandom(9), 's1');
    touched.setPoisonShare(0);
    expect(payments(touched, 500)).toEqual(payments(new PaymentMix(new SeededRandom(9), 's1'), 500));
  });

  it.each([-0.1, 1.1, NaN])('refuses a share of %d', (share) => {
    expect(() => new PaymentMix(new SeededRandom(1), 's1').setPoisonShare(share)).toThrow(`\`poisonShare\` must be from 0 to 1, got: ${share}`);
  });

  it('has requests of one to fifty payments, or of the size that it is told', () => {
    const sizes = (size?: number, length = 3) => {
      const mix = new PaymentMix(new SeededRandom(1), 's1', size);
      return { mean: mix.meanPaymentsPerRequest, of: Array.from({ length }, () => mix.nextRequest().length) };
    };
    const mixed = sizes(undefined, 1_000);
    expect([Math.min(...mixed.of), Math.max(...mixed.of)]).toEqual([1, 50]);
    expect(mixed.of.reduce((sum, it) => sum + it, 0) / 1_000 / mixed.mean).toBeCloseTo(1, 1);
    expect([...new Set(sizes(50).of)]).toEqual([50]);
    expect(sizes(50).mean).toBe(50);
    expect([...new Set(sizes(1).of)]).toEqual([1]);
    expect(sizes(500).of[0]).toBe(500);
  });

  it.each([0, 501, 1.5, NaN])('refuses requests of %d payments', (size) => {
    expect(() => new PaymentMix(new SeededRandom(1), 's1', size)).toThrow(`\`paymentsPerRequest\` must be an integer from 1 to 500, got: ${size}`);
  });
});
