import type { Random } from '../retry/clock';
import type { SpanAttributes, SpanKind, SpanSink } from './spans';
import { formatTraceParent, parseTraceParent, randomTraceIds, type TraceContext, type TraceIds } from './trace-context';

export interface TracerOptions {
  readonly sink: SpanSink;
  /** Of requests that belong to no trace, so many in a million begin one. @default 0 */
  readonly rootsPerMillion?: number;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
  /** @default Math.random */
  readonly random?: Random;
  /** @default - random ones */
  readonly ids?: TraceIds;
}

const MILLION = 1_000_000;

/** Makes spans of requests whose trace is recorded, and nothing of all others: those cost one comparison. */
export class Tracer {
  private readonly sink: SpanSink;
  private readonly rootShare: number;
  private readonly now: () => number;
  private readonly random: Random;
  private readonly ids: TraceIds;

  public constructor(options: TracerOptions) {
    this.sink = options.sink;
    this.rootShare = (options.rootsPerMillion ?? 0) / MILLION;
    this.now = options.now ?? Date.now;
    this.random = options.random ?? Math.random;
    this.ids = options.ids ?? randomTraceIds;
  }

  /**
   * Begins the span of a request.
   *
   * @param name a constant text
   * @param traceParent the request's header
   * @returns undefined where nobody records the trace
   */
  public serve(name: string, traceParent: string | undefined): ActiveSpan | undefined {
    const parent = parseTraceParent(traceParent);
    if (parent === undefined) {
      return this.rootShare > 0 && this.random() < this.rootShare ? this.begin(name, 'server', this.ids.traceId(), undefined) : undefined;
    }
    return parent.sampled ? this.begin(name, 'server', parent.traceId, parent.spanId) : undefined;
  }

  private begin(name: string, kind: SpanKind, traceId: string, parentSpanId: string | undefined): ActiveSpan {
    const context = { traceId, spanId: this.ids.spanId(), sampled: true };
    return new ActiveSpan({ name, kind, context, parentSpanId, start: this.now() }, {
      now: this.now,
      sink: this.sink,
      begin: (childName, childKind) => this.begin(childName, childKind, traceId, context.spanId),
    });
  }
}

interface Beginning {
  readonly name: string;
  readonly kind: SpanKind;
  readonly context: TraceContext;
  readonly parentSpanId?: string;
  readonly start: number;
}

interface Surroundings {
  readonly now: () => number;
  readonly sink: SpanSink;
  begin(name: string, kind: SpanKind): ActiveSpan;
}

/** A span that has begun. It is recorded when it ends, once. */
export class ActiveSpan {
  private attributes: SpanAttributes = {};
  private ended = false;

  public constructor(private readonly beginning: Beginning, private readonly surroundings: Surroundings) {}

  /** What travels on, so that what happens there becomes part of this span. */
  public get traceParent(): string {
    return formatTraceParent(this.beginning.context);
  }

  /** Begins a span inside this one. */
  public child(name: string, kind: SpanKind = 'internal'): ActiveSpan {
    return this.surroundings.begin(name, kind);
  }

  /** Tells something beside the span; later values win. */
  public describe(attributes: SpanAttributes): void {
    this.attributes = { ...this.attributes, ...attributes };
  }

  /**
   * Ends with what is done in it.
   *
   * @param failure tells an error in a short text without values; `undefined` where it is none of ours
   */
  public async during<Result>(work: () => Promise<Result>, failure: (error: unknown) => string | undefined): Promise<Result> {
    try {
      const result = await work();
      this.end();
      return result;
    } catch (error) {
      this.end(failure(error));
      throw error;
    }
  }

  /** @param error why it failed; a short text without values */
  public end(error?: string): void {
    if (this.ended) {
      return;
    }
    this.ended = true;
    const { context: { traceId, spanId }, kind, name, parentSpanId, start } = this.beginning;
    this.surroundings.sink.record({
      name,
      kind,
      traceId,
      spanId,
      ...(parentSpanId === undefined ? undefined : { parentSpanId }),
      startMilliseconds: start,
      endMilliseconds: this.surroundings.now(),
      attributes: this.attributes,
      ...(error === undefined ? undefined : { error }),
    });
  }
}
