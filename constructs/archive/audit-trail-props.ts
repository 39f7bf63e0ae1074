import type { Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ShardedTable } from '../table/sharded-table';
import type { AuditArchiveProps } from './audit-archive-props';

/** Properties of `AuditTrail`. */
export interface AuditTrailProps extends AuditArchiveProps {
  /** The ledger; its change stream must show new and old images, and may have one other reader. */
  readonly table: ShardedTable;

  /**
   * The archiver's bundle.
   *
   * @default - the kit's own, `lambda.Code.fromAsset(assetFolder('audit-archiver'))`
   */
  readonly code?: lambda.Code;

  /**
   * Key of what the mapping gives up.
   *
   * @default - the key of the objects
   */
  readonly failureEncryptionKey?: kms.IKey;

  /**
   * How long the mapping gathers changes for an object, 1 to 60 seconds.
   *
   * @default - derived from the workload
   */
  readonly batchingWindow?: Duration;

  /**
   * Invocations that may run at once, and are kept free for the archiver. Fewer than the shards of the streams, and shards wait.
   *
   * @default - derived from the workload
   */
  readonly reservedConcurrency?: number;

  /**
   * Network of the archiver.
   *
   * @default - none: it reaches the services of AWS by their public addresses
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Subnets of the archiver.
   *
   * @default - the private subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * CDK's own options of the function, laid over what this construct decides.
   *
   * @default - none
   */
  readonly functionOptions?: lambda.FunctionOptions;

  /**
   * CDK's own options of the event source mappings, laid over what this construct decides.
   *
   * @default - none
   */
  readonly mappingOptions?: lambda.EventSourceMappingOptions;
}
