import type { SpanExporter } from './spans';
import type { TailPolicy } from './tail-policy';
import { parseTraceParent, randomTraceIds, type TraceIds } from './trace-context';

/** What of a record its span tells. */
export interface TracedRecord {
  readonly traceParent?: string;
  /** Milliseconds since 1970. */
  readonly acceptedAt: number;
  readonly type: string;
}

export interface SettlementSpansOptions {
  readonly exporter: SpanExporter;
  /** Which spans are kept. @default - all */
  readonly policy?: TailPolicy;
  /** @default - random ones */
  readonly ids?: TraceIds;
}

/**
 * The last span of a payment's trace: from when its batch was taken up until its effect was in the ledger. It is a child of the span whose
 * `traceparent` travelled in the record, so that the trace reaches from the edge to the ledger row.
 */
export class SettlementSpans {
  private readonly ids: TraceIds;

  public constructor(private readonly options: SettlementSpansOptions) {
    this.ids = options.ids ?? randomTraceIds;
  }

  /**
   * @param outcome kind of outcome, such as `applied`
   * @param error set when the record could not take effect
   */
  public settled(record: TracedRecord, startMilliseconds: number, endMilliseconds: number, outcome: string, error?: string): void {
    if (record.traceParent === undefined) {
      return;
    }
    const parent = parseTraceParent(record.traceParent);
    if (parent === undefined || !parent.sampled) {
      return;
    }
    const settleMilliseconds = endMilliseconds - record.acceptedAt;
    const span = {
      name: 'settle',
      kind: 'consumer' as const,
      traceId: parent.traceId,
      spanId: this.ids.spanId(),
      parentSpanId: parent.spanId,
      startMilliseconds,
      endMilliseconds,
      attributes: { 'record.type': record.type, outcome, 'settle.milliseconds': settleMilliseconds },
      ...(error === undefined ? undefined : { error }),
    };
    // A client waits from acceptance on; how long the batch took says little.
    if (this.options.policy === undefined || this.options.policy.keeps(span, settleMilliseconds)) {
      this.options.exporter.record(span);
    }
  }

  /**
   * Sends the spans of the batch before while the next one is worked on: nothing waits for them. Those of the last batch of an execution
   * environment may be lost with it.
   */
  public flushBehind(): void {
    void this.options.exporter.flush();
  }
}
