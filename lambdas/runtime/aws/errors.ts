/** The service answered with an error. */
export class AwsServiceError extends Error {
  /**
   * @param code error code without namespace, such as `ThrottlingException`
   * @param statusCode HTTP status of the answer
   * @param body the answer as sent by the service, for example with `CancellationReasons`
   */
  public constructor(
    public readonly code: string,
    public readonly statusCode: number,
    message: string,
    public readonly body: Record<string, unknown> = {},
  ) {
    super(message === '' ? code : `${code}: ${message}`);
    this.name = 'AwsServiceError';
  }
}

/**
 * No complete answer came: refused, reset, timed out or cut off. Whether the call had its effect is unknown, so
 * only calls that may run twice can be repeated.
 */
export class AwsConnectionError extends Error {
  public constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'AwsConnectionError';
  }
}

/** Codes of whole calls and, in the second row, of single statements of a `BatchExecuteStatement`. */
const THROTTLE_CODES: ReadonlySet<string> = new Set([
  'ThrottlingException', 'Throttling', 'ThrottledException', 'RequestThrottled', 'RequestThrottledException', 'TooManyRequestsException',
  'ThrottlingError', 'ProvisionedThroughputExceeded', 'RequestLimitExceeded',
  'ProvisionedThroughputExceededException', 'KMSThrottlingException', 'SlowDown', 'BandwidthLimitExceeded',
]);

/** Errors that pass by themselves. The last three say that credentials or the clock were a moment behind. */
const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  'TransactionConflict', 'TransactionConflictException', 'TransactionInProgressException', 'ReplicatedWriteConflictException',
  'InternalServerError', 'InternalFailure', 'InternalFailureException', 'ServiceUnavailable', 'ServiceUnavailableException',
  'RequestTimeout', 'RequestTimeoutException', 'LimitExceededException',
  'ExpiredTokenException', 'ExpiredToken', 'RequestExpired',
]);

/** Whether an error code says that too much was asked for. */
export function isThrottleCode(code: string): boolean {
  return THROTTLE_CODES.has(code);
}

/** Whether an error code says that the same call may succeed a moment later. Throttles do too. */
export function isRetryableCode(code: string): boolean {
  return THROTTLE_CODES.has(code) || TRANSIENT_CODES.has(code);
}

/** Whether the service refused a call because too much was asked for. */
export function isThrottle(error: unknown): boolean {
  return error instanceof AwsServiceError && (error.statusCode === 429 || isThrottleCode(error.code));
}

/** Whether the same call may succeed a moment later. For a lost answer that is only safe where the call may run twice. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof AwsConnectionError) {
    return true;
  }
  return error instanceof AwsServiceError && (error.statusCode >= 500 || error.statusCode === 429 || isRetryableCode(error.code));
}
