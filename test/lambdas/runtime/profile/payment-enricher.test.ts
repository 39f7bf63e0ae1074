import type { Payment } from '../../../../lambdas/runtime/payment/payment';
import { PaymentEnricher } from '../../../../lambdas/runtime/profile/payment-enricher';
import type { Profile } from '../../../../lambdas/runtime/profile/profile';
import { RecordedMetrics } from '../support/silent';

const PAYMENT: Payment = { merchantId: 'm', idempotencyKey: 'k', payerId: 'p', amount: 1_000, currency: 'EUR', type: 'payment', cardToken: 't' };

let known: Map<string, Profile | null>;
let loads: string[][];
let metrics: RecordedMetrics;

beforeEach(() => {
  known = new Map<string, Profile | null>([['merchant#m', { category: '5411', cell: 'm-cell' }], ['payer#p', { cell: 'p-cell' }], ['rules#payments', null]]);
  loads = [];
  metrics = new RecordedMetrics();
});

const enricher = (payers?: boolean): PaymentEnricher => new PaymentEnricher({
  profiles: { known: (key) => known.get(key), load: async (keys) => { loads.push([...keys]); } }, payers, metrics,
});

const ruleFor = async (change: Partial<Payment> = {}): Promise<unknown> => (await enricher().judge([{ ...PAYMENT, ...change }]))[0].refusal?.rule;

describe('PaymentEnricher', () => {
  it('adds what is known, without a promise when it is at hand', () => {
    expect(enricher().judge([PAYMENT])).toEqual([{ enrichment: { merchantCategory: '5411', merchantCell: 'm-cell', payerCell: 'p-cell' } }]);
    expect(loads).toEqual([]);
    expect(metrics.counts).toEqual({});
  });

  it('asks once for all that is missing', async () => {
    known.delete('payer#p');
    await enricher().judge([PAYMENT, { ...PAYMENT, merchantId: 'n' }]);
    expect(loads).toEqual([['payer#p', 'merchant#n', 'payer#p']]);
  });

  it('looks up once more only what was missing, and judges by what came', async () => {
    known.delete('payer#p');
    const asked: string[] = [];
    const judging = new PaymentEnricher({
      profiles: {
        known: (key) => {
          asked.push(key);
          return known.get(key);
        },
        load: async () => {
          asked.length = 0;
          known.set('payer#p', { blocked: true });
        },
      },
      metrics,
    });
    const judgements = await judging.judge([PAYMENT, { ...PAYMENT, payerId: 'q', merchantId: 'm' }]);
    expect(judgements).toEqual([{ refusal: { rule: 'payer_blocked' } }, { enrichment: { merchantCategory: '5411', merchantCell: 'm-cell' } }]);
    expect(asked).toEqual(['payer#p', 'payer#q']);
    expect(metrics.counts).toEqual({ PaymentsRefusedByRules: 1, PaymentsNotEnriched: 1 });
  });

  it('looks the rules up once more where they were missing', async () => {
    known.delete('rules#payments');
    const judging = new PaymentEnricher({
      profiles: { known: (key) => known.get(key), load: async () => { known.set('rules#payments', { maximumAmount: 1 }); } }, metrics,
    });
    expect((await judging.judge([PAYMENT]))[0].refusal?.rule).toBe('amount_above_limit');
  });

  it('lets a payment through of which nothing is known, and counts it', async () => {
    known.clear();
    expect(await enricher().judge([PAYMENT, { ...PAYMENT, payerId: 'q' }])).toEqual([{}, {}]);
    expect(metrics.counts).toEqual({ PaymentsNotEnriched: 2 });
  });

  it('lets a payment through whose sides have no profile, and counts nothing', async () => {
    known = new Map<string, Profile | null>([['merchant#m', null], ['payer#p', null], ['rules#payments', { maximumAmount: 1, blockedCategories: ['5411'] }]]);
    expect(await enricher().judge([PAYMENT])).toEqual([{}]);
    expect(metrics.counts).toEqual({});
  });

  it('does not ask for payers that have no profiles', () => {
    known.delete('payer#p');
    expect(enricher(false).judge([PAYMENT])).toEqual([{ enrichment: { merchantCategory: '5411', merchantCell: 'm-cell' } }]);
  });

  it('refuses by the rules, and tells their version', async () => {
    known.set('rules#payments', { version: 3 });
    known.set('merchant#m', { blocked: true });
    expect(await enricher().judge([PAYMENT])).toEqual([{ refusal: { rule: 'merchant_blocked', rulesVersion: 3 } }]);
    expect(metrics.counts).toEqual({ PaymentsRefusedByRules: 1 });
    known.set('merchant#m', {});
    known.set('payer#p', { blocked: true });
    expect(await ruleFor()).toBe('payer_blocked');
  });

  it('goes by the merchant\'s own limit, else by that of the rules', async () => {
    known.set('rules#payments', { maximumAmount: 1_000 });
    expect(await ruleFor()).toBeUndefined();
    expect(await ruleFor({ amount: 1_001 })).toBe('amount_above_limit');
    known.set('merchant#m', { maximumAmount: 5_000 });
    expect(await ruleFor({ amount: 5_000 })).toBeUndefined();
    expect(await ruleFor({ amount: 5_001 })).toBe('amount_above_limit');
  });

  it('refuses categories', async () => {
    known.set('rules#payments', { blockedCategories: ['7995'] });
    expect(await ruleFor()).toBeUndefined();
    known.set('merchant#m', { category: '7995' });
    expect(await ruleFor()).toBe('category_blocked');
  });

  it('never refuses a refund', async () => {
    known.set('rules#payments', { maximumAmount: 1 });
    known.set('merchant#m', { blocked: true, category: '5411' });
    known.set('payer#p', { blocked: true });
    expect(await enricher().judge([{ ...PAYMENT, type: 'refund', refundOf: 'x' }])).toEqual([{ enrichment: { merchantCategory: '5411' } }]);
  });

  it('goes by what it knows of one side when it knows nothing of the other', async () => {
    known.set('merchant#m', { blocked: true });
    known.delete('payer#p');
    known.delete('rules#payments');
    expect(await ruleFor()).toBe('merchant_blocked');
    expect(metrics.counts).toEqual({ PaymentsNotEnriched: 1, PaymentsRefusedByRules: 1 });
  });
});
