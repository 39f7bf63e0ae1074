import type { RefundQueue, WaitingRefund } from '../../../../lambdas/runtime/batch/waiting-refunds';
import type { ApplyOptions, ApplyRefundOptions, Ledger, LedgerEntry, Outcome } from '../../../../lambdas/runtime/ledger/ledger';
import type { ParkedEntry, Parking } from '../../../../lambdas/runtime/parking/parking';
import type { PaymentRecord } from '../../../../lambdas/runtime/payment/payment';
import { LedgerModel } from '../ledger/ledger-model';

export type Spoil = (record: PaymentRecord) => Outcome | undefined;

/** The model behind the port of a ledger. `spoil` decides on outcomes that have nothing to do with books. */
export class FakeLedger implements Ledger {
  public readonly model = new LedgerModel(1e12);
  /** Identities in the order in which they were asked for. */
  public readonly asked: string[] = [];
  public readonly batches: number[] = [];
  public readonly options: (ApplyOptions | ApplyRefundOptions | undefined)[] = [];
  public spoil: Spoil = () => undefined;
  /** Waits inside a refund, so that others can run. */
  public during: (refund: PaymentRecord) => Promise<void> = async () => undefined;

  public async applyPayments(payments: readonly PaymentRecord[], options?: ApplyOptions): Promise<Outcome[]> {
    this.batches.push(payments.length);
    this.options.push(options);
    return payments.map((payment) => this.one(payment, false));
  }

  public async applyRefund(refund: PaymentRecord, options?: ApplyRefundOptions): Promise<Outcome> {
    this.options.push(options);
    await this.during(refund);
    return this.one(refund, options?.waitIsOver ?? false);
  }

  public async find(merchantId: string, idempotencyKey: string): Promise<LedgerEntry | undefined> {
    return this.model.find(merchantId, idempotencyKey) as LedgerEntry | undefined;
  }

  private one(record: PaymentRecord, waitIsOver: boolean): Outcome {
    this.asked.push(record.idempotencyKey);
    return this.spoil(record) ?? this.model.apply(record, waitIsOver);
  }
}

export class FakeParking implements Parking {
  public readonly entries: ParkedEntry[] = [];
  public fails: (entry: ParkedEntry) => boolean = () => false;

  public async park(entry: ParkedEntry): Promise<void> {
    if (this.fails(entry)) {
      throw new Error('the parking table is unavailable');
    }
    this.entries.push(entry);
  }

  public async find(merchantId: string, idempotencyKey: string): Promise<ParkedEntry | undefined> {
    return this.entries.find((entry) => entry.merchantId === merchantId && entry.idempotencyKey === idempotencyKey);
  }
}

export class FakeRefundQueue implements RefundQueue {
  public readonly messages: WaitingRefund[] = [];
  public takes: (refund: WaitingRefund) => boolean = () => true;

  public async send(refunds: readonly WaitingRefund[]): Promise<boolean[]> {
    return refunds.map((waiting) => {
      const taken = this.takes(waiting);
      if (taken) {
        this.messages.push({ refund: waiting.refund, firstSeenAt: waiting.firstSeenAt });
      }
      return taken;
    });
  }
}
