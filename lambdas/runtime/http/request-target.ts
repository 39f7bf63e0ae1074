import { HttpProblem } from './problem';

/** A query that is read and never changed. */
export type RequestQuery = Pick<URLSearchParams, 'getAll'>;

/** The parts of a request line's target. */
export interface RequestTarget {
  /** Segments of the path, percent-decoded, without the leading slash: `/a/b` is `['a', 'b']`. */
  readonly segments: readonly string[];
  readonly query: RequestQuery;
}

/** Shared by all requests without a query, which are most. */
const NO_QUERY: RequestQuery = { getAll: () => [] };

/** A path of which the segments are what they look like: letters, digits and what needs no encoding anywhere. */
const PLAIN_PATH = /^[A-Za-z0-9\-._~:/]*$/;

/**
 * Takes a target apart without normalizing it: `.`, `..` and empty segments are segments like any other, because
 * they may be ids.
 *
 * @throws HttpProblem 400 when a segment is not percent-encoded UTF-8
 */
export function parseRequestTarget(target: string): RequestTarget {
  // Proxies may send the absolute form, which every server must understand (RFC 9112, 3.2.2).
  const origin = target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?]*/i, '');
  const queryStart = origin.indexOf('?');
  const path = queryStart < 0 ? origin : origin.slice(0, queryStart);
  const segments = path.slice(1).split('/');
  return {
    segments: PLAIN_PATH.test(path) ? segments : segments.map(decodeSegment),
    query: queryStart < 0 ? NO_QUERY : new URLSearchParams(origin.slice(queryStart + 1)),
  };
}

function decodeSegment(segment: string): string {
  try {
    // Bytes beyond ASCII must be percent-encoded; the parser hands them over as Latin-1.

    if (!/^[\x21-\x7e]*$/.test(segment)) {
      throw new URIError('not ASCII');
    }
    return segment.includes('%') ? decodeURIComponent(segment) : segment;
  } catch {
    throw new HttpProblem(400, { detail: 'The path is not percent-encoded UTF-8.' });
  }
}

/**
 * Value of a query parameter that may come once.
 *
 * @throws HttpProblem 400 when it comes twice
 */
export function queryParameter(query: RequestQuery, name: string): string | undefined {
  const values = query.getAll(name);
  if (values.length > 1) {
    throw new HttpProblem(400, { detail: 'must not come twice', parameter: name });
  }
  return values[0];
}
