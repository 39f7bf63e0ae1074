import { HttpProblem } from '../runtime/http/problem';
import { containsCardNumber } from '../runtime/payment/card-number';
import { isPaymentText, MAXIMUM_TEXT_LENGTH } from '../runtime/payment/payment-text';
import { foreignMerchant, mayActFor } from './authentication';
import { Exchange } from './exchange';

/** The merchant that a path names. @throws HttpProblem 400, 403, 422 */
export function readMerchant(exchange: Exchange): string {
  const merchantId = readIdentifier(exchange, 'merchantId');
  if (!mayActFor(exchange.principal, merchantId)) {
    throw foreignMerchant();
  }
  return merchantId;
}

/** An id or a key in a path. @throws HttpProblem 400, 422 */
export function readIdentifier({ parameters }: Exchange, parameter: string): string {
  const value = parameters[parameter];
  if (!isPaymentText(value)) {
    throw new HttpProblem(400, { detail: `must be 1 to ${MAXIMUM_TEXT_LENGTH} printable characters`, parameter });
  }
  if (containsCardNumber(value)) {
    throw new HttpProblem(422, { detail: 'must not hold a card number', parameter });
  }
  return value;
}
