import { ConsumerSpans, type ConsumerSpansOptions } from './consumer-spans';

/** What of a record its span tells. */
export interface TracedRecord {
  readonly traceParent?: string;
  /** Milliseconds since 1970. */
  readonly acceptedAt: number;
  readonly type: string;
}

export type SettlementSpansOptions = ConsumerSpansOptions;

/**
 * The last span of a payment's trace: from when its batch was taken up until its effect was in the ledger. It is a child of the span whose
 * `traceparent` travelled in the record, so that the trace reaches from the edge to the ledger row.
 */
export class SettlementSpans extends ConsumerSpans {
  /**
   * @param outcome kind of outcome, such as `applied`
   * @param error set when the record could not take effect
   */
  public settled(record: TracedRecord, startMilliseconds: number, endMilliseconds: number, outcome: string, error?: string): void {
    if (record.traceParent === undefined) {
      return;
    }
    const settleMilliseconds = endMilliseconds - record.acceptedAt;
    this.ended(record.traceParent, {
      name: 'settle',
      startMilliseconds,
      endMilliseconds,
      attributes: { 'record.type': record.type, outcome, 'settle.milliseconds': settleMilliseconds },
      ...(error === undefined ? undefined : { error }),
      // A client waits from acceptance on; how long the batch took says little.
      latencyMilliseconds: settleMilliseconds,
    });
  }
}
