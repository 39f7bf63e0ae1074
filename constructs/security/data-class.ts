import { requirePattern } from '../validation';

/** Options of a data class of your own. */
export interface DataClassOptions {
  /**
   * AWS services that use the key on their own behalf and so must be named in its policy, for example `delivery.logs.amazonaws.com`.
   *
   * Services that act for the caller (Kinesis, DynamoDB, SQS, S3, Lambda, AppConfig) are not listed: the caller's own permission counts
   * there. Nor are those that take a grant from whoever creates the resource (ElastiCache, RDS, MSK, Keyspaces), or use a role of the
   * account (Firehose, AWS Backup).
   *
   * @default - none
   */
  readonly servicePrincipals?: string[];
}

/** A kind of data that is protected by a key of its own: who may read one class may not read another by it. */
export class DataClass {
  /** Payments on their way: streams, topics, event buses, queues, and what failed on the way. EventBridge and SNS put what they deliver under it. */
  static readonly EVENTS = DataClass.of('events', { servicePrincipals: ['events.amazonaws.com', 'sns.amazonaws.com'] });

  /** Payments at rest: ledger, balances, parked payments. */
  static readonly LEDGER = DataClass.of('ledger');

  /** What operators read: log groups, flow logs, alarm topics. Holds no payment. Whatever calls operators is named. */
  static readonly OPERATIONS = DataClass.of('operations', {
    servicePrincipals: [
      'backup.amazonaws.com', 'budgets.amazonaws.com', 'cloudwatch.amazonaws.com', 'costalerts.amazonaws.com', 'delivery.logs.amazonaws.com',
      'events.amazonaws.com', 'logs.amazonaws.com',
    ],
  });

  /** What is read often and can be made again: profiles of merchants and payers, rules. */
  static readonly CACHE = DataClass.of('cache');

  /** Payments at rest in a relational database, with its backups and its passwords. */
  static readonly DATABASE = DataClass.of('database');

  /** Evidence that is kept for years: audit objects, their locators, backups. */
  static readonly ARCHIVE = DataClass.of('archive');

  /** What a token stands for. Nobody but the vault's own role decrypts with it (`TokenVault`). */
  static readonly VAULT = DataClass.of('vault');

  /** What systems are told to do: features, rules, thresholds. Holds no payment. */
  static readonly CONFIGURATION = DataClass.of('configuration');

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
