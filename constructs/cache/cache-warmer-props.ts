import type { Duration, RemovalPolicy, Size, TimeZone } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Facts } from '../../lib/facts';
import type { Workload } from '../../lib/workload';
import type { AlarmOptions } from '../observability/alarm-set';
import type { IShardedTable } from '../table/sharded-table-base';
import type { CacheTier } from './cache-tier';

/** Hours of the day in which a cache may be filled, because the system has little to do. */
export interface WarmingHours {
  /** Hour of the day when they begin, 0 to 23. */
  readonly from: number;
  /** Hour of the day when they end, 0 to 23. They may go over midnight. */
  readonly to: number;
}

/** Properties of `CacheWarmer`. */
export interface CacheWarmerProps {
  /** What the cache must carry: the whole workload, as all cells share it. */
  readonly workload: Workload;

  /** The cache that is filled. */
  readonly cache: CacheTier;

  /** The one table of merchants, payers and rules: `new ShardedTable(…, { capacity: TableCapacity.profiles(workload), sorted: false })`. */
  readonly profiles: IShardedTable;

  /** Network of the function: that of the cache. It must reach DynamoDB, by a gateway endpoint for example. */
  readonly vpc: ec2.IVpc;

  /**
   * Subnets of the function.
   *
   * @default - the subnets named `application`, else the isolated ones, else the private ones
   */
  readonly subnets?: ec2.SubnetSelection;

  /**
   * The handler's bundle.
   *
   * @default - the kit's own `cache-warmer`
   */
  readonly code?: lambda.Code;

  /**
   * Module and export of the handler.
   *
   * @default 'index.handler'
   */
  readonly handler?: string;

  /**
   * Environment variables of the handler beside `PROFILE_TABLE`, `WARM_MERCHANTS` and those of the cache.
   *
   * @default - none
   */
  readonly environment?: { readonly [name: string]: string };

  /**
   * When the cache is filled: once a day, at a moment within these hours. Where they begin counts in `timeZone`.
   *
   * @default - from 2 to 4 o'clock
   */
  readonly quietHours?: WarmingHours;

  /**
   * Whose clock the quiet hours go by.
   *
   * @default TimeZone.ETC_UTC
   */
  readonly timeZone?: TimeZone;

  /**
   * Limits and measurements that the size rests on.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;

  /**
   * Merchants that are brought into the cache, the hottest first, 1 or more.
   *
   * @default - derived from the workload: all of them, as far as a run gets
   */
  readonly merchants?: number;

  /**
   * Memory of the function, 128 MiB to 10240 MiB.
   *
   * @default - derived from the workload
   */
  readonly memory?: Size;

  /**
   * When a run is ended, 1 second to 15 minutes.
   *
   * @default - derived from the workload
   */
  readonly timeout?: Duration;

  /**
   * Key of runs that failed.
   *
   * @default - a new customer managed key
   */
  readonly encryptionKey?: kms.IKey;

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
   * What becomes of log and failed runs when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the alarms `Errors`, `Throttles`, `DidNotRun` and `Failed`.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * CDK's own options of the function, laid over what this construct decides.
   *
   * @default - none
   */
  readonly functionOptions?: lambda.FunctionOptions;
}
