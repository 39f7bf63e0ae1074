import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as cassandra from 'aws-cdk-lib/aws-cassandra';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Facts } from '../../lib/facts';
import type { Workload } from '../../lib/workload';
import type { AlarmOptions } from '../observability/alarm-set';
import type { AuditBucket } from './audit-bucket';

/** What may be said of the locators of an `AuditTrail`. */
export interface AuditLocatorOptions {
  /**
   * The function's bundle.
   *
   * @default - the kit's own, `lambda.Code.fromAsset(assetFolder('audit-locator'))`
   */
  readonly code?: lambda.Code;

  /**
   * Network that the function runs in. It needs an interface endpoint of Amazon Keyspaces (`InterfaceVpcEndpointAwsService.KEYSPACES`) there,
   * and a gateway endpoint of S3.
   *
   * @default - none of yours
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Subnets of the function in `vpc`.
   *
   * @default - the private subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups of the function in `vpc`. They must let it out over HTTPS and to the port of Keyspaces, 9142.
   *
   * @default - a new one that does
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Key of notifications on their way; its policy must let `s3.amazonaws.com` use it.
   *
   * @default - a new customer managed key
   */
  readonly queueEncryptionKey?: kms.IKey;

  /**
   * Invocations that may run at once, 2 to 1000.
   *
   * @default - derived from the workload
   */
  readonly maximumConcurrency?: number;

  /**
   * Properties of CDK's own queue, laid over what this construct decides.
   *
   * @default - none
   */
  readonly queueProps?: sqs.QueueProps;

  /**
   * Properties of CDK's own table of Keyspaces, laid over what this construct decides.
   *
   * @default - none
   */
  readonly tableProps?: cassandra.CfnTableProps;

  /**
   * CDK's own options of the function, laid over what this construct decides.
   *
   * @default - none
   */
  readonly functionOptions?: lambda.FunctionOptions;

  /**
   * Changes to alarms, by name.
   *
   * @default - all on, calling whom the alarms of the trail call
   */
  readonly alarms?: AlarmOptions;
}

/** Properties of `AuditLocators`. */
export interface AuditLocatorsProps extends AuditLocatorOptions {
  /** The workload whose changes are archived. */
  readonly workload: Workload;

  /** Where objects and manifests are. It notifies of each manifest; other notifications of it cannot be added by CDK's own methods. */
  readonly bucket: AuditBucket;

  /** Manifests that are written per second at the most. */
  readonly manifestsPerSecond: number;

  /** Key of the rows. */
  readonly encryptionKey: kms.IKey;

  /**
   * Days for which a row is kept.
   *
   * @default - as long as the archive of the workload's recovery tier
   */
  readonly retentionDays?: number;

  /**
   * Key of the function's log. Its policy must name `logs.amazonaws.com`, as that of `DataClass.OPERATIONS` does.
   *
   * @default - a new customer managed key
   */
  readonly logEncryptionKey?: kms.IKey;

  /**
   * How long log lines are kept.
   *
   * @default RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * What becomes of rows, messages and log when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Limits, prices and targets that sizes rest on.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;
}
