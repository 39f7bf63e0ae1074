/** Version, trace, parent and flags (W3C Trace Context, level 1). Later versions may append fields. */
const TRACE_PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 0x01;

/**
 * The trace that a request belongs to, if who sent it records that trace. A header that is not valid counts as absent, as the specification
 * asks for.
 *
 * @param header value of `traceparent`
 * @returns the header in the form of version 00
 * @see https://www.w3.org/TR/trace-context/
 */
export function sampledTrace(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string') {
    return undefined;
  }
  const parts = TRACE_PARENT.exec(header);
  if (parts === null) {
    return undefined;
  }
  const [, version, trace, parent, flags, more] = parts;
  const isValid = version !== 'ff' && /[^0]/.test(trace) && /[^0]/.test(parent) && (version !== '00' || more === undefined);
  return isValid && (parseInt(flags, 16) & SAMPLED) !== 0 ? `00-${trace}-${parent}-01` : undefined;
}
