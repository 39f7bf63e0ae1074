import { LedgerEntry } from '../runtime/ledger/ledger';
import { ParkedEntry } from '../runtime/parking/parking';
import { PaymentStream } from '../runtime/producer/payment-stream';
import { Authenticator } from './authentication';

/** Everything that the API needs from outside. */
export interface PaymentApiPorts {
  readonly stream: PaymentStream;
  readonly ledger: { find(merchantId: string, idempotencyKey: string): Promise<LedgerEntry | undefined> };
  readonly parking: { find(merchantId: string, idempotencyKey: string): Promise<ParkedEntry | undefined> };
  readonly balances: { balance(merchantId: string, currency: string): Promise<{ readonly available: bigint; readonly held: bigint }> };
  readonly authenticate: Authenticator;
  /** How long a receipt stands for a payment that is on its way, in seconds: as long as the stream keeps records. @default 86400 */
  readonly receiptLifetimeSeconds?: number;
  /** What each client may post. @default - no limit */
  readonly clientPaymentsPerSecond?: number;
  /** Accepted payments that are remembered at least, to refuse another payment with the same key. @default 100000 */
  readonly rememberedPayments?: number;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
  /** Is told of errors that nobody expected. They hold no value of a request. @default - nobody is told */
  readonly onUnexpectedError?: (error: unknown) => void;
}
