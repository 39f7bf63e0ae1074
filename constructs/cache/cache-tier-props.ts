import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as elasticache from 'aws-cdk-lib/aws-elasticache';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type { Facts } from '../../lib/facts';
import type { Workload } from '../../lib/workload';
import type { AlarmOptions } from '../observability/alarm-set';
import type { CacheDeployment, CacheDurability } from './cache-deployment';

/** Properties of `CacheTier`. */
export interface CacheTierProps {
  /** What the cache must carry: the whole workload, as all cells share it. */
  readonly workload: Workload;

  /**
   * Limits, prices and measurements that the size rests on.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;

  /** Network of the cache. */
  readonly vpc: ec2.IVpc;

  /**
   * Subnets of the cache.
   *
   * @default - the subnets named `data`, else the isolated ones, else the private ones
   */
  readonly subnets?: ec2.SubnetSelection;

  /**
   * How the cache is run.
   *
   * @default - the cheapest that carries the workload, nodes or serverless; nodes where it must be durable
   */
  readonly deployment?: CacheDeployment;

  /**
   * Whether what is written survives the loss of nodes. Only with nodes, of a type that has it, with at least one replica; a cache is made so and
   * stays so.
   *
   * @default CacheDurability.NONE
   */
  readonly durability?: CacheDurability;

  /**
   * Version of Valkey: `9.0` for nodes. A serverless cache takes the major version alone.
   *
   * @default '9.0', serverless '8'
   */
  readonly engineVersion?: string;

  /**
   * Port of the nodes, 1150 to 65535. A serverless cache has 6379.
   *
   * @default 6380
   */
  readonly port?: number;

  /**
   * What the user that `variables` names may do, in the words of an access control list of Valkey.
   *
   * @default - read, write, and run scripts on all keys; nothing that is dangerous or administers
   */
  readonly accessString?: string;

  /**
   * Days for which a daily snapshot is kept, 0 to 35; 0 takes none.
   *
   * @default - by the recovery tier of the workload
   */
  readonly snapshotDays?: number;

  /**
   * Key of the entries and their snapshots.
   *
   * @default - a new customer managed key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Key of the logs. Its policy must name `logs.amazonaws.com`, as that of `DataClass.OPERATIONS` does.
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
   * Where ElastiCache tells of failovers and maintenance. Only with nodes.
   *
   * @default - nowhere: `AWS/ElastiCache` events are seen in the account
   */
  readonly notificationTopic?: sns.ITopic;

  /**
   * What becomes of cache and logs when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the alarms: of nodes `EngineCpu0`, `Memory0`, `Evictions0`, `Connections0`, `HitRate0`, `RefusedLogins0` and `ReplicationLag0`, one of
   * each for ten nodes; of a serverless cache `Throttled`, `Units`, `Memory`, `Evictions`, `Connections`, `HitRate` and `RefusedLogins`.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * CloudFormation's own properties of the replication group, laid over what this construct decides.
   *
   * @default - none
   */
  readonly replicationGroupProps?: elasticache.CfnReplicationGroupProps;

  /**
   * CloudFormation's own properties of the serverless cache, laid over what this construct decides.
   *
   * @default - none
   */
  readonly serverlessCacheProps?: elasticache.CfnServerlessCacheProps;

  /**
   * Parameters of Valkey, laid over what this construct decides. Only with nodes.
   *
   * @default - none
   */
  readonly parameters?: { readonly [name: string]: string };
}
