import type { Exchange } from './exchange';

/** What is known of the trace of a request, however it came. */
export type RequestTrace = Pick<Exchange, 'span' | 'traceParent'>;

/**
 * Does what makes the records of a request durable inside a span of its own. Records carry the place of that span, so that what happens to them
 * later becomes part of it; without a span they carry what the request came with.
 */
export function put<Result>(exchange: RequestTrace, work: (traceParent: string | undefined) => Promise<Result>): Promise<Result> {
  const span = exchange.span?.child('put', 'producer');
  return span === undefined ? work(exchange.traceParent) : span.during(() => work(span.traceParent), () => 'not stored');
}
