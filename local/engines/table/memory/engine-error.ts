import type { EngineAnswer } from '../table-engine';

const SERVICE = 'com.amazonaws.dynamodb.v20120810#';
const VALIDATION = 'com.amazon.coral.validate#';
const FRAMEWORK = 'com.amazon.coral.service#';

/** A call that this table refuses, in the form of the service. */
export class EngineError extends Error {
  readonly name = 'EngineError';

  private constructor(
    private readonly type: string,
    message: string,
    private readonly details: object = {},
  ) {
    super(message);
  }

  /** The request is refused as it stands. */
  public static validation(message: string): EngineError {
    return new EngineError(`${VALIDATION}ValidationException`, message);
  }

  /** Something that the service has and this table has not, by its name. */
  public static unsupported(what: string): EngineError {
    return EngineError.validation(`The in-memory table does not support ${what}`);
  }

  /** The body is not of the protocol's form. */
  public static serialization(message: string): EngineError {
    return new EngineError(`${FRAMEWORK}SerializationException`, message);
  }

  public static unknownOperation(operation: string): EngineError {
    return new EngineError(`${FRAMEWORK}UnknownOperationException`, `The in-memory table does not support the operation ${operation}`);
  }

  public static tableNotFound(name: string): EngineError {
    return new EngineError(`${SERVICE}ResourceNotFoundException`, `Requested resource not found: Table: ${name} not found`);
  }

  public static tableExists(name: string): EngineError {
    return new EngineError(`${SERVICE}ResourceInUseException`, `Table already exists: ${name}`);
  }

  /** @param itemJson the item as it is, as JSON, where the request asked for it */
  public static conditionFailed(itemJson?: string): EngineError {
    return new EngineError(
      `${SERVICE}ConditionalCheckFailedException`, 'The conditional request failed', itemJson === undefined ? {} : { Item: JSON.parse(itemJson) },
    );
  }

  /** A PartiQL insert whose key is taken. */
  public static duplicateItem(): EngineError {
    return new EngineError(`${SERVICE}DuplicateItemException`, 'Duplicate primary key exists in table');
  }

  /** @param reasons one for each item, in order */
  public static transactionCanceled(reasons: readonly CancellationReason[]): EngineError {
    const codes = reasons.map((reason) => reason.Code).join(', ');
    const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
    return new EngineError(`${SERVICE}TransactionCanceledException`, message, { Message: message, CancellationReasons: reasons });
  }

  /** A client token that came before with other parameters. */
  public static tokenMismatch(): EngineError {
    return new EngineError(
      `${SERVICE}IdempotentParameterMismatchException`, 'The client token was used with other parameters within the last ten minutes',
    );
  }

  /** The name of the error in a batch of statements and in a transaction. */
  public get statementCode(): string {
    const name = this.type.slice(this.type.indexOf('#') + 1);
    return name === 'ValidationException' ? 'ValidationError' : name.replace(/Exception$/, '');
  }

  /** The error as the reason for which a transaction is given up. */
  public get cancellationReason(): CancellationReason {
    return { Code: this.statementCode, Message: this.message, ...this.details };
  }

  public toAnswer(): EngineAnswer {
    return { status: 400, body: JSON.stringify({ __type: this.type, message: this.message, ...this.details }) };
  }
}

/** Why an item of a transaction stood in the way; `None` where it did not. */
export interface CancellationReason {
  readonly Code: string;
  readonly Message?: string;
  readonly Item?: unknown;
}
