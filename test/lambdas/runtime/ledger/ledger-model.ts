import type { Outcome } from '../../../../lambdas/runtime/ledger/ledger';
import type { PaymentRecord, RejectionReason } from '../../../../lambdas/runtime/payment/payment';

interface Row {
  readonly record: PaymentRecord;
  readonly reason?: RejectionReason;
  refundable: number;
}

/** What a ledger does, in the fewest words: one map, one payment at a time, no failures. */
export class LedgerModel {
  private readonly rows = new Map<string, Row>();

  public constructor(private readonly refundWindowMilliseconds: number) {}

  public apply(record: PaymentRecord, waitIsOver = false): Outcome {
    const identity = JSON.stringify([record.merchantId, record.idempotencyKey]);
    const known = this.rows.get(identity);
    if (known !== undefined) {
      if (fields(known.record) !== fields(record)) {
        return { kind: 'duplicate', conflict: true };
      }
      return known.reason === undefined ? { kind: 'duplicate', conflict: false } : { kind: 'rejected', reason: known.reason };
    }
    if (record.type === 'payment') {
      this.rows.set(identity, { record, refundable: record.amount });
      return { kind: 'applied' };
    }
    const refunded = record.refundOf === record.idempotencyKey
      ? 'nothing'
      : this.rows.get(JSON.stringify([record.merchantId, record.refundOf]));
    if (refunded === undefined && !waitIsOver) {
      return { kind: 'waiting' };
    }
    let reason: RejectionReason | undefined;
    if (refunded === undefined || refunded === 'nothing' || refunded.record.type !== 'payment' || refunded.record.currency !== record.currency) {
      reason = 'unknown_payment';
    } else if (record.acceptedAt > refunded.record.acceptedAt + this.refundWindowMilliseconds) {
      reason = 'refund_window_closed';
    } else if (record.amount > refunded.refundable) {
      reason = 'exceeds_payment';
    } else {
      refunded.refundable -= record.amount;
    }
    this.rows.set(identity, { record, reason, refundable: 0 });
    return reason === undefined ? { kind: 'applied' } : { kind: 'rejected', reason };
  }

  /** What `find` shows of a key, without the time of settlement. */
  public find(merchantId: string, idempotencyKey: string): object | undefined {
    const row = this.rows.get(JSON.stringify([merchantId, idempotencyKey]));
    return row && { ...row.record, status: row.reason === undefined ? 'applied' : 'rejected', ...(row.reason && { reason: row.reason }) };
  }

  /** Payments minus refunds. */
  public balance(merchantId: string, currency: string): bigint {
    let sum = 0n;
    for (const { record, reason } of this.rows.values()) {
      if (record.merchantId === merchantId && record.currency === currency && reason === undefined) {
        sum += BigInt(record.type === 'payment' ? record.amount : -record.amount);
      }
    }
    return sum;
  }

  public get records(): { readonly record: PaymentRecord; readonly reason?: RejectionReason }[] {
    return [...this.rows.values()];
  }
}

function fields(record: PaymentRecord): string {
  return JSON.stringify([record.payerId, record.amount, record.currency, record.type, record.refundOf ?? null, record.cardToken ?? null]);
}
