/** Payments as clients of the API post them. */

const MERCHANTS = 500;
const FIRST_KEY = Date.now().toString(36);
let nextKey = 1;

/** A payment that was never posted before. */
export function newPayment(): object {
  const number = nextKey++;
  return {
    idempotencyKey: `order-${FIRST_KEY}-${number.toString(36)}`,
    merchantId: `merchant-${String(number % MERCHANTS).padStart(3, '0')}`,
    payerId: `payer-${(number * 7919).toString(36)}`,
    amount: 1_000 + (number % 10_000),
    currency: 'EUR',
    type: 'payment',
    method: { type: 'card_token', token: `tok_${(number * 104_729).toString(36)}x` },
  };
}

/** The body of `POST /payments`. */
export function newBody(): string {
  return JSON.stringify(newPayment());
}

/** The body of `POST /payments:batch`. */
export function newBatchBody(payments: number): string {
  return JSON.stringify({ payments: Array.from({ length: payments }, newPayment) });
}
