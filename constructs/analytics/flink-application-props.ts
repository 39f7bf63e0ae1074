import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as flink from 'aws-cdk-lib/aws-kinesisanalyticsv2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { AlarmOptions } from '../observability/alarm-set';
import type { FlinkCode } from './flink-code';
import type { FlinkRuntime } from './flink-runtime';

/** What every application on Managed Flink can be given. */
export interface FlinkApplicationOptions {
  /**
   * Version of Flink.
   *
   * @default FlinkRuntime.FLINK_2_3
   */
  readonly runtime?: FlinkRuntime;

  /**
   * Network that the application is placed in. Its streams, KMS and CloudWatch must be reached from there, through endpoints or otherwise.
   *
   * @default - the service's own network, which reaches AWS services only by their public endpoints
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Subnets in that network.
   *
   * @default - the private subnets, else the isolated ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Security groups in that network.
   *
   * @default - a new one that lets nothing in and everything out
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * Role of the application.
   *
   * @default - a new one that may do what the application needs and nothing else
   */
  readonly role?: iam.IRole;

  /**
   * Key of checkpoints, snapshots and the state on disk. Its policy must name `kinesisanalytics.amazonaws.com` and
   * `infrastructure.kinesisanalytics.amazonaws.com`, as that of a new key does.
   *
   * @default - a new customer managed key
   */
  readonly stateEncryptionKey?: kms.IKey;

  /**
   * Key of the log. Its policy must name `logs.amazonaws.com`, as that of `DataClass.OPERATIONS` does.
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
   * Whether the application is started when it does not run. CloudFormation makes it and leaves it stopped; a schedule starts it, and starts it
   * again when somebody stopped it. With `false` somebody calls `StartApplication` once.
   *
   * @default true
   */
  readonly keepRunning?: boolean;

  /**
   * What becomes of keys and log when the stack goes. Snapshots go with the application.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the alarms, by name.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * CDK's own configuration of Flink, laid over what this construct decides: each of its three parts replaces the one made here.
   *
   * @default - none
   */
  readonly flinkConfiguration?: flink.CfnApplication.FlinkApplicationConfigurationProperty;
}

/** Properties of `FlinkApplication`. */
export interface FlinkApplicationProps extends FlinkApplicationOptions {
  /** Archive with the code. */
  readonly code: FlinkCode;

  /** Properties that the code finds at run time: names and values by the id of their group. */
  readonly properties: { readonly [group: string]: { readonly [name: string]: string } };

  /** Subtasks of an operator. */
  readonly parallelism: number;

  /** Subtasks of one KPU, 1 to 8. */
  readonly parallelismPerKpu: number;

  /** Time between two checkpoints, 1 second to 1 day. */
  readonly checkpointInterval: Duration;
}
