import { isDeepStrictEqual } from 'node:util';
import type { StreamRecord } from '../../lambdas/runtime/payment/movement';
import type { PaymentRecord } from '../../lambdas/runtime/payment/payment';
import { NOW } from './worker-world';
import type { WorkerVersion } from './worker-version';

const PAYMENT = { merchantId: 'm-1', payerId: 'payer-1', amount: 1_000, currency: 'EUR', acceptedAt: NOW - 5_000 } as const;
const LONGEST = 64;

/** One of everything that an API writes: what a field is new in comes last, so that earlier versions have the beginning. */
export const SAMPLES: readonly StreamRecord[] = [
  { ...PAYMENT, type: 'payment', idempotencyKey: 'plain' },
  { ...PAYMENT, type: 'payment', idempotencyKey: 'with-token', cardToken: 'tok_4f9d' },
  { ...PAYMENT, type: 'payment', idempotencyKey: 'largest', merchantId: 'm'.repeat(LONGEST), payerId: 'p'.repeat(LONGEST), amount: 1e12 },
  { ...PAYMENT, type: 'payment', idempotencyKey: 'Zahlung-ß-支払い-😀', payerId: 'Zoë', currency: 'JPY', amount: 1 },
  { ...PAYMENT, type: 'payment', idempotencyKey: 'plain', amount: 2_000 },
  { ...PAYMENT, type: 'refund', idempotencyKey: 'refund-of-plain', refundOf: 'plain', amount: 400 },
  { ...PAYMENT, type: 'refund', idempotencyKey: 'refund-of-too-much', refundOf: 'plain', amount: 900 },
  { ...PAYMENT, type: 'refund', idempotencyKey: 'refund-of-none', refundOf: 'comes-later' },
  { ...PAYMENT, type: 'payment', idempotencyKey: 'control-\u0007' },
  { ...PAYMENT, type: 'payment', idempotencyKey: 'enriched', enrichment: { merchantCategory: '5411', merchantCell: '851f1d4bfffffff', payerCell: '851f1d47fffffff' } },
  { ...PAYMENT, type: 'payment', idempotencyKey: 'traced', traceParent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
  { merchantId: 'm-1', idempotencyKey: 'hold', amount: 300, currency: 'EUR', type: 'hold', reason: 'fraud.velocity', acceptedAt: NOW - 4_000 },
  { merchantId: 'm-1', idempotencyKey: 'release', amount: 100, currency: 'EUR', type: 'release', holdOf: 'hold', acceptedAt: NOW - 3_000 },
  { merchantId: 'm-1', idempotencyKey: 'settle', amount: 200, currency: 'EUR', type: 'settle', holdOf: 'hold', acceptedAt: NOW - 2_000 },
];

/** The payment that a refund of the samples waits for. */
export const LATE_PAYMENT: PaymentRecord = { ...PAYMENT, type: 'payment', idempotencyKey: 'comes-later' };

/** Samples that a version writes as they are: those with fields and types that it does not know are not among them. */
export function samplesOf({ encodePaymentRecord, decodePaymentRecord }: WorkerVersion): StreamRecord[] {
  return SAMPLES.filter((sample) => {
    try {
      return isDeepStrictEqual({ ...decodePaymentRecord(encodePaymentRecord(sample)) }, sample);
    } catch {
      // A type whose fields it has never heard of.
      return false;
    }
  });
}

/** Stream records as the API of a version writes them: all but the last record in aggregates, that one by itself. */
export function streamOf({ encodePaymentRecord, AggregateBuilder }: WorkerVersion, records: readonly StreamRecord[]): Uint8Array[] {
  return pack(AggregateBuilder, records.map((record) => encodePaymentRecord(record)));
}

/** Packs bytes as the API does: five to an aggregate, the last ones by themselves. */
export function pack(Builder: WorkerVersion['AggregateBuilder'], records: readonly Uint8Array[]): Uint8Array[] {
  const [packed, alone] = [records.slice(0, -1), records.slice(-1)];
  const aggregates: Uint8Array[] = [];
  for (let start = 0; start < packed.length; start += 5) {
    const builder = new Builder(1_000_000);
    packed.slice(start, start + 5).forEach((data) => builder.tryAdd('p', data));
    aggregates.push(builder.build());
  }
  return [...aggregates, ...alone];
}
