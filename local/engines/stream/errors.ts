/** Error codes of the Kinesis API that the engine answers with. */
export type KinesisErrorCode =
  | 'ExpiredIteratorException'
  | 'InternalFailure'
  | 'InvalidArgumentException'
  | 'LimitExceededException'
  | 'ProvisionedThroughputExceededException'
  | 'ResourceInUseException'
  | 'ResourceNotFoundException'
  | 'SerializationException'
  | 'UnknownOperationException'
  | 'ValidationException';

/** An error that a client of the API sees. */
export class KinesisError extends Error {
  constructor(readonly code: KinesisErrorCode, message: string) {
    super(message);
    this.name = code;
  }

  /** Status of the HTTP answer. */
  get statusCode(): number {
    return this.code === 'InternalFailure' ? 500 : 400;
  }
}
