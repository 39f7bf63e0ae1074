/** A payment in the stream of events, as the payment worker writes it. */
export interface PaymentEvent {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  readonly payerId: string;
  readonly amount: number;
  readonly currency: string;
  readonly type: string;
  readonly merchantCategory?: string;
  readonly merchantCell?: string;
  readonly acceptedAt: number;
}

/** A decision, as the rules write it. */
export interface FraudDecision {
  readonly merchantId: string;
  readonly paymentKey: string;
  readonly rule: string;
  readonly amount: number;
  readonly currency: string;
  readonly decidedAt: number;
}

/** When the scenario begins, in milliseconds since 1970. */
export const START = 1_700_000_000_000;

/** One thing that payers do, and what the rules must say to it. */
export interface FraudCase {
  readonly name: string;
  /** Payments with the second in which each comes, if it does not come when it was accepted. */
  readonly payments: readonly CasePayment[];
  /** Keys of payments that are held, with the rule. */
  readonly held: { readonly [key: string]: string };
}

export interface CasePayment extends Partial<Omit<PaymentEvent, 'acceptedAt'>> {
  readonly idempotencyKey: string;
  /** Seconds after the start. */
  readonly at: number;
  /** Second in which it comes. @default at */
  readonly comes?: number;
}

/** Several payments of a payer, `every` so many seconds. Keys are `prefix-0`, `prefix-1` … */
export function series(prefix: string, count: number, every: number, others: Partial<CasePayment> = {}): CasePayment[] {
  return Array.from({ length: count }, (_, index) => ({
    idempotencyKey: `${prefix}-${index}`, merchantId: `m-${index % 3}`, payerId: prefix, at: (others.at ?? 0) + index * every, ...withoutAt(others),
  }));
}

function withoutAt({ at: _at, ...others }: Partial<CasePayment>): Partial<CasePayment> {
  return others;
}

/** All payments of cases, in the order in which they come. */
export function eventsOf(cases: readonly FraudCase[]): PaymentEvent[] {
  return cases
    .flatMap(({ payments }) => payments)
    .map(({ at, comes = at, ...others }) => ({ comes, event: event(others, at) }))
    .sort((a, b) => a.comes - b.comes)
    .map(({ event: it }) => it);
}

/** What the rules must decide, in a fixed order. A payment that comes again is decided on again, with the same words. */
export function decisionsOf(cases: readonly FraudCase[]): FraudDecision[] {
  return cases
    .flatMap(({ payments, held }) => payments
      .filter(({ idempotencyKey }) => held[idempotencyKey] !== undefined)
      .map(({ at, comes: _comes, ...others }) => {
        const { merchantId, idempotencyKey, amount, currency, acceptedAt } = event(others, at);
        return { merchantId, paymentKey: idempotencyKey, rule: held[idempotencyKey], amount, currency, decidedAt: acceptedAt };
      }))
    .sort(byKey);
}

/** The order of `decisionsOf`. */
export function byKey(a: FraudDecision, b: FraudDecision): number {
  return a.paymentKey < b.paymentKey ? -1 : a.paymentKey > b.paymentKey ? 1 : 0;
}

function event(others: Omit<CasePayment, 'at' | 'comes'>, at: number): PaymentEvent {
  return { merchantId: 'm', payerId: others.idempotencyKey, amount: 100, currency: 'EUR', type: 'payment', ...others, acceptedAt: START + at * 1_000 };
}
