import { requirePattern } from '../validation';

/** Options of a data class of your own. */
export interface DataClassOptions {
  /**
   * AWS services that use the key on their own behalf and so must be named in its policy, for example `delivery.logs.amazonaws.com`.
   *
   * Services that act for the caller (Kinesis, DynamoDB, SQS, S3, Lambda) are not listed: the caller's own permission counts there.
   *
   * @default - none
   */
  readonly servicePrincipals?: string[];
}

/** A kind of data that is protected by a key of its own: who may read one class may not read another by it. */
export class DataClass {
  /** Payments on their way: streams, queues, and what failed on the way. */
  static readonly EVENTS = DataClass.of('events');

  /** Payments at rest: ledger, balances, parked payments. */
  static readonly LEDGER = DataClass.of('ledger');

  /** What operators read: log groups, flow logs, alarm topics. Holds no payment. */
  static readonly OPERATIONS = DataClass.of('operations', {
    servicePrincipals: ['cloudwatch.amazonaws.com', 'delivery.logs.amazonaws.com', 'logs.amazonaws.com'],
  });

  /**
   * A data class of your own.
   *
   * @param name lower-case letters, digits and dashes, starting with a letter, at most 32 characters; part of the key's alias.
   * @throws Error when the name has another form.
   */
  static of(name: string, options: DataClassOptions = {}): DataClass {
    const rule = 'lower-case letters, digits and dashes, starting with a letter, at most 32 characters';
    requirePattern('name', name, /^[a-z][a-z0-9-]{0,31}$/, rule);
    return new DataClass(name, options.servicePrincipals ?? []);
  }

  private constructor(
    /** Name of the class. */
    readonly name: string,
    /** Services that the key's policy names. */
    readonly servicePrincipals: readonly string[],
  ) {}
}
