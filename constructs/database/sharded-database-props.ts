import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as rds from 'aws-cdk-lib/aws-rds';
import type { Facts } from '../../lib/facts';
import type { AuroraStorageMode } from '../../lib/sizing/aurora-shards-cost';
import type { Workload } from '../../lib/workload';
import type { AlarmOptions } from '../observability/alarm-set';
import type { DatabaseCapacity } from './database-capacity';

/** Properties of `ShardedDatabase`. */
export interface ShardedDatabaseProps {
  /** What the database must carry: the whole workload, as all cells write to it. */
  readonly workload: Workload;

  /**
   * Limits, prices and measurements that the size rests on.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;

  /** Network of the database. */
  readonly vpc: ec2.IVpc;

  /**
   * Subnets of the database, of at least two zones.
   *
   * @default - the subnets named `data`, else the isolated ones, else the private ones
   */
  readonly subnets?: ec2.SubnetSelection;

  /**
   * Number of clusters, 1 or more. Part of the data: merchants are spread over them by a hash. Clusters that are added get merchants by moves.
   *
   * @default - derived from the workload
   */
  readonly shards?: number;

  /**
   * Readers of each cluster, 0 to 15.
   *
   * @default - derived from the workload and its recovery tier
   */
  readonly readersPerShard?: number;

  /**
   * What the instances are.
   *
   * @default - instances of the class that costs the least of those that carry the workload
   */
  readonly capacity?: DatabaseCapacity;

  /**
   * How storage is paid for: `standard` by operations, `io-optimized` by dearer instances and no operations.
   *
   * @default - whichever is cheaper for the workload
   */
  readonly storageMode?: AuroraStorageMode;

  /**
   * Whether RDS Proxy stands before the readers, and is there for functions. Workers that write in batches connect directly in any case.
   *
   * @default - where there are readers
   */
  readonly readerProxy?: boolean;

  /**
   * Version of Aurora PostgreSQL.
   *
   * @default AuroraPostgresEngineVersion.VER_17_7
   */
  readonly engineVersion?: rds.AuroraPostgresEngineVersion;

  /**
   * Name of the database in each cluster; small letters, digits and `_`, starting with a letter.
   *
   * @default 'ledger'
   */
  readonly databaseName?: string;

  /**
   * Name of the database user of workers, which has no password. The task `migrate` makes it, with `GRANT rds_iam` where workers log in by IAM.
   *
   * @default 'ledger_writer'
   */
  readonly writerUser?: string;

  /**
   * Name of the database user of clients that read, which has no password. The task `migrate` makes it, with `GRANT rds_iam` where clients log in by
   * IAM.
   *
   * @default 'ledger_reader'
   */
  readonly readerUser?: string;

  /**
   * Port of the clusters, 1150 to 65535. A proxy listens on 5432.
   *
   * @default 5433
   */
  readonly port?: number;

  /**
   * How far back a cluster can be restored, 1 to 35 days.
   *
   * @default - by the recovery tier of the workload
   */
  readonly backupRetention?: Duration;

  /**
   * Parameters of every cluster, laid over what this construct decides.
   *
   * @default - none
   */
  readonly clusterParameters?: { readonly [name: string]: string };

  /**
   * Parameters of every instance, laid over what this construct decides.
   *
   * @default - none
   */
  readonly instanceParameters?: { readonly [name: string]: string };

  /**
   * How much Database Insights keeps: 7 days, or with ADVANCED 15 months, billed by vCPU.
   *
   * @default DatabaseInsightsMode.STANDARD
   */
  readonly databaseInsights?: rds.DatabaseInsightsMode;

  /**
   * Key of storage, backups, the administrator's secret and Database Insights.
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
   * What becomes of clusters and logs when the stack goes. Unless it is DESTROY, the clusters are protected against deletion as well.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the alarms, one of each for each shard: `WriterCpu0`, `WriterMemory0`, `Connections0`, `CommitLatency0`, `Deadlocks0`,
   * `LocalStorage0`, `VolumeOperations0`; with readers `ReaderCpu0`, `ReaderMemory0` and `ReplicaLag0`; with a proxy `ProxyWait0`; serverless
   * `Capacity0` in the place of memory.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * CloudFormation's own properties of each cluster, laid over what this construct decides.
   *
   * @default - none
   */
  readonly clusterProps?: rds.CfnDBClusterProps;

  /**
   * CloudFormation's own properties of each instance, laid over what this construct decides.
   *
   * @default - none
   */
  readonly instanceProps?: rds.CfnDBInstanceProps;
}
