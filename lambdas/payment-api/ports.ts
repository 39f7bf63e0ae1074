import { LedgerEntry, ConsistencyOptions } from '../runtime/ledger/ledger';
import { ParkedEntry } from '../runtime/parking/parking';
import type { MetricRegistry } from '../runtime/observability/metric-registry';
import { Tracer } from '../runtime/observability/tracer';
import { PaymentStream } from '../runtime/producer/payment-stream';
import { PaymentEnricher } from '../runtime/profile/payment-enricher';
import type { Random } from '../runtime/retry/clock';
import type { AdmissionPorts } from './admission';
import { Authenticator } from './authentication';
import { PayoutStarter } from './payout-starter';

/** Levels of consistency of the status of a payment. */
export const STATUS_READS = ['strong', 'readYourWrites', 'eventual'] as const;
export type StatusReads = typeof STATUS_READS[number];

/** Levels of consistency of balances. */
export const BALANCE_READS = ['strong', 'eventual'] as const;
export type BalanceReads = typeof BALANCE_READS[number];

/** Everything that the API needs from outside. */
export interface PaymentApiPorts extends AdmissionPorts {
  readonly stream: PaymentStream;
  readonly ledger: { find(merchantId: string, idempotencyKey: string, options?: ConsistencyOptions): Promise<LedgerEntry | undefined> };
  readonly parking: { find(merchantId: string, idempotencyKey: string): Promise<ParkedEntry | undefined> };
  readonly balances: {
    balance(merchantId: string, currency: string, options?: ConsistencyOptions): Promise<{ readonly available: bigint; readonly held: bigint }>;
  };
  readonly authenticate: Authenticator;
  /** How long a receipt stands for a payment that is on its way, in seconds: as long as the stream keeps records. @default 86400 */
  readonly receiptLifetimeSeconds?: number;
  /**
   * How fresh the status of a payment is: as every write that was answered before (`strong`), as what the client itself was given a receipt for
   * (`readYourWrites`), or a moment behind (`eventual`), which costs half. @default 'strong'
   */
  readonly statusReads?: StatusReads;
  /** How fresh balances are, beyond the lag of their projection. @default 'strong' */
  readonly balanceReads?: BalanceReads;
  /** Knows about merchants and payers, and refuses payments by rules. @default - nothing is known, and nothing refused */
  readonly enricher?: Pick<PaymentEnricher, 'judge'>;
  /** Whether money of merchants can be held and released. @default false */
  readonly holds?: boolean;
  /** Sets payouts going. @default - there are none */
  readonly payouts?: PayoutStarter;
  /** Accepted payments that are remembered at least, to refuse another payment with the same key. @default 100000 */
  readonly rememberedPayments?: number;
  /** Makes the memory of keys one that nobody can aim at: not to be foreseen by clients. @default - the randomness of the system */
  readonly random?: Random;
  /** Is told of errors that nobody expected. They hold no value of a request. @default - nobody is told */
  readonly onUnexpectedError?: (error: unknown) => void;
  /** Tells spans of requests whose trace is recorded. @default - none are told; records carry the trace that their request came with */
  readonly tracer?: Tracer;
  /** Where requests are counted for Prometheus. @default - they are not counted */
  readonly registry?: MetricRegistry;
  /** Called when nothing is under way any more. @default - nothing is left to do */
  readonly close?: () => void | Promise<void>;
}
