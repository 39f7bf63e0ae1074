import { STATUS_CODES } from 'node:http';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** What a problem says besides its status. */
export interface ProblemDetails {
  /** For people; never holds a value of the request. */
  readonly detail?: string;
  /** JSON pointer of the field of the request's body that is at fault. */
  readonly field?: string;
  /** Name of the path or query parameter that is at fault. */
  readonly parameter?: string;
  /** Name of the rule that refuses what was asked for, though it is valid. */
  readonly rule?: string;
  /** Version of the rules by which that was decided. */
  readonly rulesVersion?: number;
}

/** The JSON of a problem (RFC 9457). Its type is `about:blank`, so that the status says what it is. */
export function problemJson(status: number, details: ProblemDetails = {}): string {
  return JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, ...details });
}

/** Thrown by handlers to answer a request with a problem. */
export class HttpProblem extends Error {
  public constructor(
    public readonly status: number,
    public readonly details: ProblemDetails = {},
    public readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(`${status} ${details.detail ?? ''}`);
    this.name = 'HttpProblem';
  }
}
