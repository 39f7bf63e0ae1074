import type { Metadata, status as Status, StatusObject } from '@grpc/grpc-js';
import { RETRY_AFTER, RETRY_PUSHBACK } from '../runtime/grpc/grpc-library';
import type { IntakeOutcome } from '../runtime/grpc/payment-intake-messages';
import { HttpProblem, type ProblemDetails } from '../runtime/http/problem';

/** What of the library makes a status. */
export interface StatusParts {
  readonly status: typeof Status;
  readonly Metadata: typeof Metadata;
}

/** The names of codes, by the status that HTTP has for the same. */
const CODES: Readonly<Record<number, keyof typeof Status>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  413: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
};

/** The status with which a call is refused that HTTP refuses with a problem. */
export function statusOfProblem({ status, details: { detail = '', field = '' }, headers }: HttpProblem, parts: StatusParts): StatusObject {
  return {
    code: parts.status[CODES[status] ?? 'INTERNAL'],
    details: field === '' ? detail : `${field} ${detail}`,
    metadata: retryMetadata(headers[RETRY_AFTER], parts),
  };
}

/** Says when to call again, in both ways that are usual. @param seconds @default - nothing is said */
export function retryMetadata(seconds: string | undefined, parts: StatusParts): Metadata {
  const metadata = new parts.Metadata();
  if (seconds !== undefined) {
    metadata.set(RETRY_AFTER, seconds);
    metadata.set(RETRY_PUSHBACK, String(Number(seconds) * 1_000));
  }
  return metadata;
}

/** What became of one payment, by the status that HTTP has for the same. */
export function outcomeOf(status: number, { rule }: ProblemDetails): IntakeOutcome {
  switch (status) {
    case 202: return 'accepted';
    case 409: return 'conflict';
    case 503: return 'unavailable';
    default: return rule === undefined ? 'invalid' : 'refused';
  }
}
