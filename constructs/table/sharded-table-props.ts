import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Facts } from '../../lib/facts';
import type { AlarmOptions } from '../observability/alarm-set';
import type { ReplicaFence } from './replica-fence';
import type { Sharding } from './sharding';
import type { TableBilling } from './table-billing';
import type { TableCapacity } from './table-capacity';
import type { TableReplica } from './table-replica';

/** Properties of `ShardedTable`. */
export interface ShardedTableProps {
  /** What the logical table must carry: `TableCapacity.ledger(workload)`, for example. */
  readonly capacity: TableCapacity;

  /**
   * How rows find their place among the tables and partition keys. Part of the data: it is fixed once there are rows.
   *
   * @default Sharding.buckets()
   */
  readonly sharding?: Sharding;

  /**
   * How the tables are paid for.
   *
   * @default - as the sizing decides where the capacity comes from a workload, else on demand
   */
  readonly billing?: TableBilling;

  /**
   * Limits and measurements that the size rests on.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;

  /**
   * Name of the partition key, a text.
   *
   * @default 'pk'; with `Sharding.range` 'shard'
   */
  readonly partitionKeyName?: string;

  /**
   * Name of the sort key, a text.
   *
   * @default 'sk'; with `Sharding.range` 'position'
   */
  readonly sortKeyName?: string;

  /**
   * Whether items have a sort key. Without one a partition key has one item: profiles, for example. Not with `Sharding.range`.
   *
   * @default true
   */
  readonly sorted?: boolean;

  /**
   * Name of the attribute that says when an item may go, in seconds since 1970.
   *
   * @default - items stay
   */
  readonly timeToLiveAttribute?: string;

  /**
   * What each table's stream tells of a change. Kept for 24 hours; changing this later interrupts the stream.
   *
   * @default - no stream
   */
  readonly changeStream?: dynamodb.StreamViewType;

  /**
   * Key of the tables.
   *
   * @default - a new customer managed key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * A copy of each table in another region. The policy of the copy denies every write until it is promoted.
   *
   * @default - none: what is stored is lost with its region
   */
  readonly replica?: TableReplica;

  /**
   * Says which region writes, so that the replica can be promoted while the other region is out of reach. A critical workload without one gets a
   * warning.
   *
   * @default - the region of the stack writes, and a promotion is up to its operators
   */
  readonly fence?: ReplicaFence;

  /**
   * How late a replica may be before somebody is called.
   *
   * @default - derived from the recovery tier of the workload
   */
  readonly replicationDelay?: Duration;

  /**
   * What CloudWatch tells of single keys.
   *
   * @default - the keys that are throttled: it costs next to nothing, and names the hot key when it counts
   */
  readonly contributorInsights?: dynamodb.ContributorInsightsSpecification;

  /**
   * Policy of each table in the region of the stack, beside what IAM allows. Not together with a `fence` that lets the other region write.
   *
   * @default - none
   */
  readonly resourcePolicy?: iam.PolicyDocument;

  /**
   * What becomes of the tables when the stack goes. Unless it is DESTROY, the tables are protected against deletion as well.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the alarms `WriteThrottled0`, `ReadThrottled0` and `SystemErrors0`, one of each for each table.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * CDK's own options of a table, laid over what this construct decides, for each table.
   *
   * @default - none
   */
  readonly tableOptions?: dynamodb.TableOptionsV2;
}
