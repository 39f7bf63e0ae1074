import { requireWholeNumber } from '../configuration/option-rules';
import type { MovementRecord, StreamRecord } from '../payment/movement';
import type { PaymentRecord } from '../payment/payment';
import { type Clock, systemClock } from '../retry/clock';
import { CallCollector } from './call-collector';
import type { ApplyOptions, ApplyRefundOptions, BulkLedger, ConsistencyOptions, Ledger, LedgerEntry, Outcome } from './ledger';

export interface CollectOptions {
  /** How long the first records of a call wait for others, in milliseconds, from 1 to 1000. */
  readonly milliseconds: number;
  /**
   * How long the first refund or end of a hold waits, in milliseconds, from 1 to 1000: those of several batches come together when a call ends
   * that held the payments of all of these.
   *
   * @default - a quarter of `milliseconds`
   */
  readonly drawMilliseconds?: number;
  /** From so many records on a call waits no longer, from 1 to 10000. A batch is never split. @default 500 */
  readonly records?: number;
  /** Calls of a kind under way at once, from 1 to 1000. While there are as many, records wait and the next call grows. @default 2 */
  readonly calls?: number;
  /** @default - the system clock */
  readonly clock?: Clock;
}

/**
 * A ledger that puts records of several batches into one call of another ledger: batches of a worker's partitions, each of which holds what came
 * in a few milliseconds, cost a database much more a payment than one call for all of them.
 *
 * Payments and holds go in the same calls. What is answered `applied` is committed, as without it. Of equal keys in two batches the one that came
 * first counts as the earlier one. A call has the earliest deadline of its batches. Draws that wait for nothing any more are not collected: they are
 * few, and come late already.
 */
export class CollectingLedger implements Ledger {
  private readonly entries: CallCollector<StreamRecord>;
  private readonly draws: CallCollector<StreamRecord>;

  /** @throws RangeError when an option is out of its range */
  public constructor(private readonly ledger: BulkLedger, options: CollectOptions) {
    const { milliseconds, drawMilliseconds = Math.ceil(milliseconds / 4), records = 500, calls = 2, clock = systemClock } = options;
    Object.entries({ milliseconds, drawMilliseconds, calls }).forEach(([name, value]) => requireWholeNumber(name, value, 1, 1_000));
    requireWholeNumber('records', records, 1, 10_000);
    const common = { records, calls, clock };
    this.entries = new CallCollector({ ...common, milliseconds, call: (some, given) => ledger.applyEntries(some, given) });
    this.draws = new CallCollector({ ...common, milliseconds: drawMilliseconds, call: (some, given) => ledger.applyDraws(some, given) });
  }

  public async applyPayments(payments: readonly PaymentRecord[], options: ApplyOptions = {}): Promise<Outcome[]> {
    return payments.every(({ type }) => type === 'payment') ? this.entries.add(payments, options.deadline) : this.ledger.applyPayments(payments, options);
  }

  public applyRefund(refund: PaymentRecord, options: ApplyRefundOptions = {}): Promise<Outcome> {
    return isCollected(options) && refund.type === 'refund' ? this.draw(refund, options) : this.ledger.applyRefund(refund, options);
  }

  public async applyHolds(holds: readonly MovementRecord[], options: ApplyOptions = {}): Promise<Outcome[]> {
    return holds.every(({ type }) => type === 'hold') ? this.entries.add(holds, options.deadline) : this.ledger.applyHolds(holds, options);
  }

  public applyHoldEnd(movement: MovementRecord, options: ApplyRefundOptions = {}): Promise<Outcome> {
    return isCollected(options) && (movement.type === 'release' || movement.type === 'settle')
      ? this.draw(movement, options)
      : this.ledger.applyHoldEnd(movement, options);
  }

  public find(merchantId: string, idempotencyKey: string, options?: ConsistencyOptions): Promise<LedgerEntry | undefined> {
    return this.ledger.find(merchantId, idempotencyKey, options);
  }

  private async draw(record: StreamRecord, { deadline }: ApplyRefundOptions): Promise<Outcome> {
    const [outcome] = await this.draws.add([record], deadline);
    return outcome;
  }
}

function isCollected({ waitIsOver = false }: ApplyRefundOptions): boolean {
  return !waitIsOver;
}
