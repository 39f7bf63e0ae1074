import { contentOf, type Outcome } from '../../../../lambdas/runtime/ledger/ledger';
import { drawnKey, isMovement, type StreamRecord } from '../../../../lambdas/runtime/payment/movement';
import type { RejectionReason } from '../../../../lambdas/runtime/payment/payment';

interface Row {
  readonly record: StreamRecord;
  readonly reason?: RejectionReason;
  /** What is left to refund of a payment, or of a hold. */
  left: number;
}

/** What a merchant has in one currency. */
export interface ModelBalance {
  readonly available: bigint;
  readonly held: bigint;
}

/** What a ledger does, in the fewest words: one map, one record at a time, no failures. */
export class LedgerModel {
  private readonly rows = new Map<string, Row>();

  public constructor(private readonly refundWindowMilliseconds: number) {}

  public apply(record: StreamRecord, waitIsOver = false): Outcome {
    const identity = JSON.stringify([record.merchantId, record.idempotencyKey]);
    const known = this.rows.get(identity);
    if (known !== undefined) {
      if (JSON.stringify(contentOf(known.record)) !== JSON.stringify(contentOf(record))) {
        return { kind: 'duplicate', conflict: true };
      }
      return known.reason === undefined ? { kind: 'duplicate', conflict: false } : { kind: 'rejected', reason: known.reason };
    }
    if (record.type === 'payment' || record.type === 'hold') {
      this.rows.set(identity, { record, left: record.amount });
      return { kind: 'applied' };
    }
    const drawnType = isMovement(record) ? 'hold' : 'payment';
    const drawn = drawnKey(record) === record.idempotencyKey
      ? 'nothing'
      : this.rows.get(JSON.stringify([record.merchantId, drawnKey(record)]));
    if (drawn === undefined && !waitIsOver) {
      return { kind: 'waiting' };
    }
    let reason: RejectionReason | undefined;
    if (drawn === undefined || drawn === 'nothing' || drawn.record.type !== drawnType || drawn.record.currency !== record.currency) {
      reason = `unknown_${drawnType}`;
    } else if (drawnType === 'payment' && record.acceptedAt > drawn.record.acceptedAt + this.refundWindowMilliseconds) {
      reason = 'refund_window_closed';
    } else if (record.amount > drawn.left) {
      reason = `exceeds_${drawnType}`;
    } else {
      drawn.left -= record.amount;
    }
    this.rows.set(identity, { record, reason, left: 0 });
    return reason === undefined ? { kind: 'applied' } : { kind: 'rejected', reason };
  }

  /** What `find` shows of a key, without the time of settlement. */
  public find(merchantId: string, idempotencyKey: string): object | undefined {
    const row = this.rows.get(JSON.stringify([merchantId, idempotencyKey]));
    return row && {
      ...contentOf(row.record), acceptedAt: row.record.acceptedAt, status: row.reason === undefined ? 'applied' : 'rejected',
      ...(row.reason && { reason: row.reason }),
    };
  }

  /** Payments minus refunds and what was paid out, by whether it is held. */
  public balance(merchantId: string, currency: string): ModelBalance {
    let available = 0n;
    let held = 0n;
    for (const { record, reason } of this.rows.values()) {
      if (record.merchantId !== merchantId || record.currency !== currency || reason !== undefined) {
        continue;
      }
      const amount = BigInt(record.amount);
      switch (record.type) {
        case 'payment': available += amount; break;
        case 'refund': available -= amount; break;
        case 'hold': available -= amount; held += amount; break;
        case 'release': available += amount; held -= amount; break;
        case 'settle': held -= amount; break;
      }
    }
    return { available, held };
  }

  public get records(): { readonly record: StreamRecord; readonly reason?: RejectionReason }[] {
    return [...this.rows.values()];
  }
}
