import type { CheckedBalance } from './audit';
import type { LedgerRow } from './ledger-row';

/** A row that has come into the ledger. */
export interface AppearedRow {
  readonly merchantId: string;
  readonly idempotencyKey: string;
  /** It changes a balance. */
  readonly isApplied: boolean;
  /** When it was written, as well as the store lets it be known, in milliseconds since 1970. */
  readonly at: number;
}

/** Who hears what happens in a ledger. */
export interface LedgerObserver {
  /** Rows have come; each is told once, and one that comes again under the same key is a further row. */
  appeared(rows: readonly AppearedRow[]): void;
  /** A row was written over in a field that never changes. @param identity (merchant, key) */
  rewritten(identity: string): void;
  /** Whether something was acknowledged of which no row was told yet. */
  readonly isWaiting: boolean;
  /** The ledger cannot be followed any further. */
  failed(error: Error): void;
}

/** The store that is judged: rows and balances as they lie there, read without any code of those who write them. */
export interface JudgedLedger {
  /** Begins to tell of rows, those that are there already first. @throws Error when it cannot be read */
  follow(observer: LedgerObserver): Promise<void>;
  /** Every row as it is now, in pages. */
  rows(): AsyncIterable<readonly LedgerRow[]>;
  /** Balances by `merchant NUL currency`, in minor units. */
  balances(): Promise<Map<string, CheckedBalance>>;
  /** Effects that the balances hold. @default - those of the rows: one transaction changes both */
  projectedEffects?(): Promise<number>;
  /** Ends the following, and connections. */
  stop(): Promise<void>;
}
