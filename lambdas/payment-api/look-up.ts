import { isRetryable } from '../runtime/aws/errors';
import { HttpProblem } from '../runtime/http/problem';
import { queryParameter } from '../runtime/http/request-target';
import { LedgerEntry } from '../runtime/ledger/ledger';
import { isNotServed, isRetryablePostgresqlError } from '../runtime/ledger/postgresql-errors';
import { ParkedEntry } from '../runtime/parking/parking';
import { isCurrency } from '../runtime/payment/currency';
import { decodeReceipt } from '../runtime/producer/receipt';
import { requireScope } from './authentication';
import { Exchange, ExchangeHandler } from './exchange';
import { readIdentifier, readMerchant } from './path-parameters';
import { PaymentApiPorts } from './ports';

const DEFAULT_RECEIPT_LIFETIME_SECONDS = 24 * 60 * 60;

type PaymentLookupPorts = Pick<PaymentApiPorts, 'ledger' | 'parking' | 'balances' | 'receiptLifetimeSeconds' | 'statusReads' | 'balanceReads' | 'now'>;

/** Answers what became of a payment, and how much a merchant has. */
export class PaymentLookup {
  private readonly receiptLifetimeMilliseconds: number;

  public constructor(private readonly ports: PaymentLookupPorts) {
    this.receiptLifetimeMilliseconds = (ports.receiptLifetimeSeconds ?? DEFAULT_RECEIPT_LIFETIME_SECONDS) * 1_000;
  }

  /** `GET /merchants/{merchantId}/payments/{idempotencyKey}` */
  public readonly getPayment: ExchangeHandler = async (exchange) => {
    requireScope(exchange.principal, 'payments:read');
    const merchantId = readMerchant(exchange);
    const idempotencyKey = readIdentifier(exchange, 'idempotencyKey');
    const acceptedAt = readReceipt(exchange);
    const entry = await dependable(this.findSettled(merchantId, idempotencyKey, acceptedAt !== undefined));
    if (entry !== undefined) {
      return { status: 200, body: JSON.stringify(describeEntry(entry)) };
    }
    const parked = await dependable(this.ports.parking.find(merchantId, idempotencyKey));
    if (parked !== undefined) {
      return { status: 200, body: JSON.stringify(describeParked(merchantId, idempotencyKey, parked)) };
    }
    const now = this.ports.now?.() ?? Date.now();
    if (acceptedAt !== undefined && now - acceptedAt < this.receiptLifetimeMilliseconds) {
      return { status: 202, body: '{"status":"pending"}' };
    }
    throw new HttpProblem(404, { detail: 'The payment is not settled, or was never seen.' }, { 'retry-after': '1' });
  };

  /** `GET /merchants/{merchantId}/balance?currency=EUR` */
  public readonly getBalance: ExchangeHandler = async (exchange) => {
    requireScope(exchange.principal, 'payments:read');
    const merchantId = readMerchant(exchange);
    const currency = queryParameter(exchange.query, 'currency');
    if (currency === undefined || !isCurrency(currency)) {
      const detail = currency === undefined ? 'is required' : 'must be an alphabetic code of ISO 4217';
      throw new HttpProblem(400, { detail, parameter: 'currency' });
    }
    const { available, held } = await dependable(this.ports.balances.balance(merchantId, currency, { consistent: this.ports.balanceReads !== 'eventual' }));
    // Sums pass 2^53, which JSON can say and JSON.stringify cannot.
    return { status: 200, body: `{"available":${available},"held":${held}}` };
  };

  /** @param hasReceipt whether the client shows that it wrote the payment itself */
  private async findSettled(merchantId: string, idempotencyKey: string, hasReceipt: boolean): Promise<LedgerEntry | undefined> {
    const { ledger, statusReads = 'strong' } = this.ports;
    const entry = await ledger.find(merchantId, idempotencyKey, { consistent: statusReads === 'strong' });
    // A cheap read that finds nothing may have come too early; who holds a receipt must not miss its own payment.
    return entry === undefined && statusReads === 'readYourWrites' && hasReceipt ? ledger.find(merchantId, idempotencyKey) : entry;
  }
}

/** @throws HttpProblem 503 when the store may answer a moment later */
async function dependable<Value>(promise: Promise<Value>): Promise<Value> {
  try {
    return await promise;
  } catch (error) {
    if (isRetryable(error) || isRetryablePostgresqlError(error) || isNotServed(error)) {
      throw new HttpProblem(503, { detail: 'The store does not answer.' }, { 'retry-after': '1' });
    }
    throw error;
  }
}

/** When the payment of the receipt was taken in. */
function readReceipt({ query }: Exchange): number | undefined {
  const token = queryParameter(query, 'receipt');
  // An empty receipt is what was given where there is no stream: the payment had come to its end then.
  if (token === undefined || token === '') {
    return undefined;
  }
  const receipt = decodeReceipt(token);
  if (receipt === undefined) {
    throw new HttpProblem(400, { detail: 'is not a receipt', parameter: 'receipt' });
  }
  return receipt.acceptedAt;
}

function describeEntry(entry: LedgerEntry): object {
  const { merchantId, idempotencyKey, status, reason, type, amount, currency, payerId, refundOf, holdOf, movementReason } = entry;
  return {
    merchantId,
    idempotencyKey,
    status,
    reason,
    type,
    amount,
    currency,
    payerId,
    refundOf,
    holdOf,
    movementReason,
    acceptedAt: new Date(entry.acceptedAt).toISOString(),
    settledAt: new Date(entry.settledAt).toISOString(),
  };
}

/** Who discarded an entry and why is a matter of those who operate the system; that it was decided is not. */
function describeParked(merchantId: string, idempotencyKey: string, { reason, parkedAt, discard }: ParkedEntry): object {
  const discardedAt = discard === undefined ? undefined : new Date(discard.at).toISOString();
  return { merchantId, idempotencyKey, status: 'parked', reason, parkedAt: new Date(parkedAt).toISOString(), discardedAt };
}
