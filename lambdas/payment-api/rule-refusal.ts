import { ProblemDetails } from '../runtime/http/problem';
import { Refusal, RefusalRule } from '../runtime/profile/payment-enricher';

/** What a client is told of each rule, and which member of its payment it is about. */
const RULES: { readonly [rule in RefusalRule]: { readonly detail: string; readonly member: string } } = {
  merchant_blocked: { detail: 'The merchant takes no payments at the moment.', member: 'merchantId' },
  payer_blocked: { detail: 'The payer may not pay at the moment.', member: 'payerId' },
  category_blocked: { detail: 'Payments to merchants of this kind are not taken at the moment.', member: 'merchantId' },
  amount_above_limit: { detail: 'The amount is above what the merchant may take in one payment.', member: 'amount' },
};

/**
 * The problem (422) of a payment that the rules refuse.
 *
 * @param path JSON pointer of the payment in the body
 */
export function ruleProblem({ rule, rulesVersion }: Refusal, path = ''): ProblemDetails {
  const { detail, member } = RULES[rule];
  return { detail, field: `${path}/${member}`, rule, rulesVersion };
}
