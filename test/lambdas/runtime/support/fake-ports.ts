import type { RefundQueue, WaitingRecord } from '../../../../lambdas/runtime/batch/waiting-records';
import type { DecodedEvents } from '../../../../lambdas/runtime/events/decoded-events';
import type { ApplyOptions, ApplyRefundOptions, Ledger, LedgerEntry, Outcome } from '../../../../lambdas/runtime/ledger/ledger';
import type { ParkedEntry, Parking } from '../../../../lambdas/runtime/parking/parking';
import type { MovementRecord, StreamRecord } from '../../../../lambdas/runtime/payment/movement';
import type { PaymentRecord } from '../../../../lambdas/runtime/payment/payment';
import { LedgerModel } from '../ledger/ledger-model';

export type Spoil = (record: StreamRecord) => Outcome | undefined;

/** The model behind the port of a ledger. `spoil` decides on outcomes that have nothing to do with books. */
export class FakeLedger implements Ledger {
  public readonly model = new LedgerModel(1e12);
  /** Identities in the order in which they were asked for. */
  public readonly asked: string[] = [];
  public readonly batches: number[] = [];
  public readonly options: (ApplyOptions | ApplyRefundOptions | undefined)[] = [];
  public spoil: Spoil = () => undefined;
  /** Waits inside a refund or the end of a hold, so that others can run. */
  public during: (draw: StreamRecord) => Promise<void> = async () => undefined;

  public async applyPayments(payments: readonly PaymentRecord[], options?: ApplyOptions): Promise<Outcome[]> {
    return this.bulk(payments, options);
  }

  public async applyHolds(holds: readonly MovementRecord[], options?: ApplyOptions): Promise<Outcome[]> {
    return this.bulk(holds, options);
  }

  public async applyRefund(refund: PaymentRecord, options?: ApplyRefundOptions): Promise<Outcome> {
    return this.draw(refund, options);
  }

  public async applyHoldEnd(movement: MovementRecord, options?: ApplyRefundOptions): Promise<Outcome> {
    return this.draw(movement, options);
  }

  public async find(merchantId: string, idempotencyKey: string): Promise<LedgerEntry | undefined> {
    return this.model.find(merchantId, idempotencyKey) as LedgerEntry | undefined;
  }

  private bulk(records: readonly StreamRecord[], options?: ApplyOptions): Outcome[] {
    this.batches.push(records.length);
    this.options.push(options);
    return records.map((record) => this.one(record, false));
  }

  private async draw(record: StreamRecord, options?: ApplyRefundOptions): Promise<Outcome> {
    this.options.push(options);
    await this.during(record);
    return this.one(record, options?.waitIsOver ?? false);
  }

  private one(record: StreamRecord, waitIsOver: boolean): Outcome {
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
  public readonly messages: WaitingRecord[] = [];
  public takes: (record: WaitingRecord) => boolean = () => true;

  public async send(records: readonly WaitingRecord[]): Promise<boolean[]> {
    return records.map((waiting) => {
      const taken = this.takes(waiting);
      if (taken) {
        this.messages.push({ record: waiting.record, firstSeenAt: waiting.firstSeenAt });
      }
      return taken;
    });
  }
}

export class FakeDecodedEvents implements DecodedEvents {
  public readonly written: PaymentRecord[] = [];
  public takes: (payment: PaymentRecord) => boolean = () => true;

  public async write(payments: readonly PaymentRecord[]): Promise<boolean[]> {
    return payments.map((payment) => {
      const taken = this.takes(payment);
      if (taken) {
        this.written.push(payment);
      }
      return taken;
    });
  }
}
