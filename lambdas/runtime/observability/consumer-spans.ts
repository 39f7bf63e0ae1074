import type { SpanAttributes, SpanExporter } from './spans';
import type { TailPolicy } from './tail-policy';
import { parseTraceParent, randomTraceIds, type TraceIds } from './trace-context';

export interface ConsumerSpansOptions {
  readonly exporter: SpanExporter;
  /** Which spans are kept. @default - all */
  readonly policy?: TailPolicy;
  /** @default - random ones */
  readonly ids?: TraceIds;
}

/** What was done with a record that came with a trace. */
export interface ConsumedSpan {
  /** A constant text. */
  readonly name: string;
  readonly startMilliseconds: number;
  readonly endMilliseconds: number;
  readonly attributes: SpanAttributes;
  /** Set when the record could not take effect. */
  readonly error?: string;
  /** What counts as slow. @default - how long the span took */
  readonly latencyMilliseconds?: number;
}

/** Spans of a worker whose records carry a `traceparent`: children of the span that sent the record. */
export class ConsumerSpans {
  private readonly ids: TraceIds;

  public constructor(private readonly options: ConsumerSpansOptions) {
    this.ids = options.ids ?? randomTraceIds;
  }

  /** Records a span where somebody records the trace. */
  public ended(traceParent: string, { latencyMilliseconds, ...consumed }: ConsumedSpan): void {
    const parent = parseTraceParent(traceParent);
    if (parent === undefined || !parent.sampled) {
      return;
    }
    const span = { ...consumed, kind: 'consumer' as const, traceId: parent.traceId, spanId: this.ids.spanId(), parentSpanId: parent.spanId };
    if (this.options.policy === undefined || this.options.policy.keeps(span, latencyMilliseconds)) {
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
