import { randomBytes } from 'node:crypto';

/** A place in a trace: what the header `traceparent` carries (W3C Trace Context, level 1). */
export interface TraceContext {
  /** 32 hexadecimal digits in lower case, not all zero. */
  readonly traceId: string;
  /** 16 hexadecimal digits in lower case, not all zero. */
  readonly spanId: string;
  /** Whether whoever began the trace records it. */
  readonly sampled: boolean;
}

/** Version, trace, parent and flags. Later versions may append fields. */
const TRACE_PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 0x01;
const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

/**
 * Reads a `traceparent`. One that is not valid counts as absent, as the specification asks for.
 *
 * @see https://www.w3.org/TR/trace-context/
 */
export function parseTraceParent(text: string | undefined): TraceContext | undefined {
  const parts = text === undefined ? null : TRACE_PARENT.exec(text);
  if (parts === null) {
    return undefined;
  }
  const [, version, traceId, spanId, flags, more] = parts;
  const isValid = version !== 'ff' && /[^0]/.test(traceId) && /[^0]/.test(spanId) && (version !== '00' || more === undefined);
  return isValid ? { traceId, spanId, sampled: (parseInt(flags, 16) & SAMPLED) !== 0 } : undefined;
}

/** The `traceparent` of a place in a trace, in the form of version 00. */
export function formatTraceParent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

/** Makes identifiers of traces and spans. */
export interface TraceIds {
  traceId(): string;
  spanId(): string;
}

/** Identifiers of random bytes, as the specification asks for. All zeroes, which are not valid, do not occur. */
export const randomTraceIds: TraceIds = {
  traceId: () => randomBytes(TRACE_ID_BYTES).toString('hex'),
  spanId: () => randomBytes(SPAN_ID_BYTES).toString('hex'),
};
