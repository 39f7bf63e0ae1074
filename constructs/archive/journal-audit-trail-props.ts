import type { Duration, Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ShardedDatabase } from '../database/sharded-database';
import type { AuditArchiveProps } from './audit-archive-props';

/** Properties of `JournalArchiver`, the function of a `JournalAuditTrail`. */
export interface JournalArchiverOptions {
  /** The ledger. It is read by its reader's user, who can change nothing, at the writers: what the archive holds must not depend on a replica. */
  readonly database: ShardedDatabase;

  /** Network of the archiver: that of the ledger. It must reach S3 and DynamoDB, by gateway endpoints for example. */
  readonly vpc: ec2.IVpc;

  /**
   * Subnets of the archiver.
   *
   * @default - the private subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The archiver's bundle.
   *
   * @default - the kit's own, `lambda.Code.fromAsset(assetFolder('audit-journal-archiver'))`
   */
  readonly code?: lambda.Code;

  /**
   * Memory of the archiver, 128 MiB to 10240 MiB.
   *
   * @default - a whole processor
   */
  readonly memory?: Size;

  /**
   * When a reading is ended that has fallen behind, 1 second to 15 minutes. The next one goes on.
   *
   * @default Duration.minutes(5)
   */
  readonly timeout?: Duration;

  /**
   * Invocations that are kept free for the archiver. Fewer than there are databases, and some wait.
   *
   * @default - two for each database
   */
  readonly reservedConcurrency?: number;

  /**
   * By how much the time that an entry says it was settled at may be off that of its transaction, 1 second to 1 hour. An entry that is off by more
   * may be missed; the more it is, the more is read each time.
   *
   * @default Duration.minutes(5)
   */
  readonly lateness?: Duration;

  /**
   * CDK's own options of the function, laid over what this construct decides.
   *
   * @default - none
   */
  readonly functionOptions?: lambda.FunctionOptions;
}

/** Properties of `JournalAuditTrail`. */
export interface JournalAuditTrailProps extends AuditArchiveProps, JournalArchiverOptions {}
