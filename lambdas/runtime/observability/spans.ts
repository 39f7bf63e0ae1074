/** What a span is to its trace: the OpenTelemetry kinds. */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** What is told beside a span: no identifier of a merchant, a payer or a card. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Something that took time in a trace, once it has ended. */
export interface Span {
  /** A constant text, such as `POST /payments`: never one with values in it. */
  readonly name: string;
  readonly kind: SpanKind;
  readonly traceId: string;
  readonly spanId: string;
  /** @default - the trace begins here */
  readonly parentSpanId?: string;
  /** Since 1970; may have fractions. */
  readonly startMilliseconds: number;
  readonly endMilliseconds: number;
  readonly attributes?: SpanAttributes;
  /** Why it failed. @default - it did not */
  readonly error?: string;
}

/** Takes spans. Never throws, never waits. */
export interface SpanSink {
  record(span: Span): void;
}

/** Sends one request of the OpenTelemetry protocol, as JSON. @throws when it was not taken */
export type SpanTransport = (body: string) => Promise<void>;

export interface SpanExporterOptions {
  /** Name of the service that the spans belong to. */
  readonly serviceName: string;
  readonly transport: SpanTransport;
  /** Spans that are kept until they are sent; of more the oldest are dropped. @default 2048 */
  readonly capacity?: number;
  /** Spans of one request. The service takes 10,000 of them and 5 MB. @default 256 */
  readonly batchSize?: number;
  /** How long a span waits for others. @default 1000 */
  readonly lingerMilliseconds?: number;
  /** Is told how many spans were dropped. @default - nobody is */
  readonly onDropped?: (spans: number) => void;
}

/** Numbers of the kinds in the OpenTelemetry protocol. */
const KINDS: { readonly [kind in SpanKind]: number } = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };
const STATUS_ERROR = 2;
const SCOPE = 'cdk-high-throughput';

/**
 * Sends spans to a collector or another endpoint of the OpenTelemetry protocol, off the path of payments: `record` only puts a span aside,
 * in a buffer that has an end. When spans come faster than they leave, or nobody takes them, the oldest are dropped and counted. A request that
 * failed is not repeated: a trace that misses a span is worth less than a process that keeps trying.
 */
export class SpanExporter implements SpanSink {
  private readonly waiting: Span[] = [];
  private readonly capacity: number;
  private readonly batchSize: number;
  private readonly lingerMilliseconds: number;
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> | undefined;

  public constructor(private readonly options: SpanExporterOptions) {
    this.capacity = options.capacity ?? 2_048;
    this.batchSize = options.batchSize ?? 256;
    this.lingerMilliseconds = options.lingerMilliseconds ?? 1_000;
  }

  public record(span: Span): void {
    if (this.waiting.length >= this.capacity) {
      this.waiting.shift();
      this.options.onDropped?.(1);
    }
    this.waiting.push(span);
    this.schedule();
  }

  /** Sends what is there. Never rejects. Ends when the buffer is empty or a request failed. */
  public flush(): Promise<void> {
    return this.sending ??= this.send();
  }

  /**
   * Sends what is there, but for no longer than that.
   *
   * @param milliseconds how long the end of a process may wait for its spans
   */
  public async close(milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => { timer = setTimeout(resolve, milliseconds); });
    await Promise.race([this.flush(), patience]);
    clearTimeout(timer);
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private schedule(): void {
    // Nothing waits for a span: the process may end, and AWS Lambda may freeze it.
    this.timer ??= setTimeout(() => { void this.flush(); }, this.lingerMilliseconds).unref();
  }

  private async send(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    // Whoever calls has work of its own to go on with.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.batchSize);
      try {
        await this.options.transport(encodeSpans(this.options.serviceName, batch));
      } catch {
        // What came meanwhile waits for the next time, so that an endpoint that is gone is asked once in a while only.
        this.options.onDropped?.(batch.length);
        break;
      }
    }
    this.sending = undefined;
    if (this.waiting.length > 0) {
      this.schedule();
    }
  }
}

/** The body of a request to `/v1/traces`, in the JSON form of the OpenTelemetry protocol. */
export function encodeSpans(serviceName: string, spans: readonly Span[]): string {
  return JSON.stringify({
    resourceSpans: [{
      resource: { attributes: attributesOf({ 'service.name': serviceName }) },
      scopeSpans: [{ scope: { name: SCOPE }, spans: spans.map(encodeSpan) }],
    }],
  });
}

function encodeSpan(span: Span): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? undefined : { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: KINDS[span.kind],
    startTimeUnixNano: nanoseconds(span.startMilliseconds),
    endTimeUnixNano: nanoseconds(span.endMilliseconds),
    attributes: attributesOf(span.attributes ?? {}),
    ...(span.error === undefined ? undefined : { status: { code: STATUS_ERROR, message: span.error } }),
  };
}

function attributesOf(attributes: SpanAttributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) }));
}

/** 64-bit integers are texts in JSON. */
function valueOf(value: string | number | boolean): object {
  if (typeof value === 'string') {
    return { stringValue: value };
  }
  if (typeof value === 'boolean') {
    return { boolValue: value };
  }
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** A double does not hold nanoseconds since 1970; it does hold microseconds. */
function nanoseconds(milliseconds: number): string {
  return `${Math.round(milliseconds * 1_000)}000`;
}
