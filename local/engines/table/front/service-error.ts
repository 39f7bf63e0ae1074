import type { Answer } from './answer';

const SERVICE = 'com.amazonaws.dynamodb.v20120810#';
const VALIDATION = 'com.amazon.coral.validate#';
const FRAMEWORK = 'com.amazon.coral.service#';
const AVAILABILITY = 'com.amazon.coral.availability#';

/** An error that the front answers itself, in the form of the service. */
export class ServiceError extends Error {
  readonly name = 'ServiceError';

  private constructor(
    private readonly type: string,
    message: string,
    private readonly status = 400,
    private readonly details: object = {},
  ) {
    super(message);
  }

  /** The request is refused as it stands; it may not be repeated. */
  public static validation(message: string): ServiceError {
    return new ServiceError(`${VALIDATION}ValidationException`, message);
  }

  /** The body is not of the protocol's form. */
  public static serialization(message = 'The body is not a JSON object'): ServiceError {
    return new ServiceError(`${FRAMEWORK}SerializationException`, message);
  }

  /** The operation is not served here. */
  public static unknownOperation(target: string): ServiceError {
    return new ServiceError(`${FRAMEWORK}UnknownOperationException`, `The local table does not serve the operation ${target}`);
  }

  /** No such table, stream or shard. */
  public static notFound(message: string): ServiceError {
    return new ServiceError(`${SERVICE}ResourceNotFoundException`, message);
  }

  /** The effect of the call is unknown to the client, as when an answer of the service is lost. */
  public static internal(): ServiceError {
    return new ServiceError(`${SERVICE}InternalServerError`, 'Internal server error', 500);
  }

  /** The iterator is older than 15 minutes. */
  public static expiredIterator(): ServiceError {
    return new ServiceError(`${SERVICE}ExpiredIteratorException`, 'Iterator expired. The iterator was created more than 15 minutes ago');
  }

  /** The position is before the oldest record. */
  public static trimmed(): ServiceError {
    return new ServiceError(`${SERVICE}TrimmedDataAccessException`, 'The position lies before the oldest record of the shard');
  }

  /**
   * A call over the limit.
   *
   * @param billing on-demand tables answer `ThrottlingException`, provisioned ones `ProvisionedThroughputExceededException`.
   * @param reason as the service writes it, such as `TableWriteKeyRangeThroughputExceeded`.
   * @param resource ARN of the table.
   */
  public static throttled(billing: 'on-demand' | 'provisioned', reason: string, resource: string): ServiceError {
    return new ServiceError(
      billing === 'on-demand' ? `${AVAILABILITY}ThrottlingException` : `${SERVICE}ProvisionedThroughputExceededException`,
      throttlingMessage(billing),
      400,
      { throttlingReasons: [{ reason, resource }], ThrottlingReasons: [{ reason, resource }] },
    );
  }

  /** A transaction that was given up before it began. @param reasons one for each item, in order. */
  public static transactionCanceled(reasons: readonly { readonly Code: string; readonly Message?: string }[]): ServiceError {
    const codes = reasons.map((reason) => reason.Code).join(', ');
    const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
    return new ServiceError(`${SERVICE}TransactionCanceledException`, message, 400, { Message: message, CancellationReasons: reasons });
  }

  /** The error as an HTTP answer. */
  public toAnswer(): Answer {
    return { status: this.status, body: JSON.stringify({ __type: this.type, message: this.message, ...this.details }) };
  }
}

/** Code of a throttled statement or transaction item. */
export function throttlingCode(billing: 'on-demand' | 'provisioned'): string {
  return billing === 'on-demand' ? 'ThrottlingError' : 'ProvisionedThroughputExceeded';
}

/** What a throttled client reads. */
export function throttlingMessage(billing: 'on-demand' | 'provisioned'): string {
  return billing === 'on-demand'
    ? 'Throughput exceeds the current capacity of your table or index; try again shortly'
    : 'The level of configured provisioned throughput for the table was exceeded';
}
