import { Annotations, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { type Decision, type RecoverySizing, sizeRecovery } from '../../lib/sizing';
import { RecoveryTier, type Workload } from '../../lib/workload';
import { factsFor, LIMITS } from '../limits';
import { type AlarmOptions, AlarmSet } from '../observability/alarm-set';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { requirePattern } from '../validation';
import { ImportedTables, type ImportedTablesProps } from './imported-tables';
import type { ShardDirectory } from './shard-directory';
import { type IShardedTable, ShardedTableBase } from './sharded-table-base';
import type { ShardedTableProps } from './sharded-table-props';
import { Sharding, type ShardingLayout, type TableLayout } from './sharding';
import { addTableAlarms, metricReplicationLatency } from './table-alarms';
import { TableBilling } from './table-billing';
import type { ResolvedTableCapacity } from './table-capacity';
import { tableUnderKey } from './table-under-key';
import { standbyPolicy } from './write-policy';

/**
 * One logical table over as many DynamoDB tables as its workload needs, because a single table has a quota. Where an item lies follows from its
 * `sharding`; the order of the tables is therefore part of the data and never changes.
 *
 * Each table is warmed for the peak, encrypted with a customer key, and can be taken back to any second of as many days as the recovery tier of
 * its workload asks for, 35 where there is no workload.
 */
export class ShardedTable extends ShardedTableBase {
  /** Tables that were there before, as one logical table: for grants, names and streams. */
  static fromTables(scope: Construct, id: string, props: ImportedTablesProps): IShardedTable {
    return new ImportedTables(scope, id, props);
  }

  /** The tables, in the order that clients must use. */
  readonly tables: readonly dynamodb.TableV2[];
  /** Key of the tables. */
  readonly encryptionKey: kms.IKey;
  /** How rows find their place. */
  readonly sharding: Sharding;
  /** How the tables are paid for. */
  readonly billing: TableBilling;
  /** The capacity in numbers. */
  readonly capacity: ResolvedTableCapacity;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  protected readonly hasStream: boolean;
  protected readonly shardDirectory?: ShardDirectory;

  private readonly layout: ShardingLayout;
  /** What the recovery tier of the workload asks for; none without a workload. */
  private readonly recovery?: RecoverySizing;

  constructor(scope: Construct, id: string, private readonly props: ShardedTableProps) {
    super(scope, id);
    for (const property of ['partitionKeyName', 'sortKeyName', 'timeToLiveAttribute'] as const) {
      requirePattern(property, props[property], /^[A-Za-z0-9_.-]{1,255}$/, 'letters, digits, `_`, `.` and `-`, at most 255 characters');
    }
    this.requireOtherRegion();
    this.hasStream = props.changeStream !== undefined;
    if (props.sorted === false && (props.sortKeyName !== undefined || props.sharding?.kind === 'range')) {
      throw new Error('`sorted` must be true for a table with a `sortKeyName` or ranges, got: false');
    }
    const facts = factsFor(this, props.facts);
    const capacity = props.capacity.resolve(facts);
    this.sharding = props.sharding ?? Sharding.buckets();
    this.shardDirectory = this.sharding.shardDirectory;
    this.layout = this.sharding.layout(capacity, facts);
    this.capacity = {
      ...capacity,
      tables: this.layout.tables.length,
      warmWriteUnits: Math.max(...this.layout.tables.map((table) => table.warmWriteUnits)),
      warmReadUnits: Math.max(...this.layout.tables.map((table) => table.warmReadUnits)),
    };
    this.billing = props.billing ?? capacity.billing ?? TableBilling.onDemand();
    if (capacity.workload !== undefined) {
      recordWorkload(this, capacity.workload);
      this.recovery = sizeRecovery(capacity.workload, facts);
      this.requireReplica(capacity.workload);
    }
    const derived = [...capacity.decisions, ...this.layout.decisions, ...this.recoveryDecisions()];
    this.decisions = recordDecisions(this, derived, {
      ...this.layout.overrides, ...this.billingOverrides(derived), replicationDelayAlarm: props.replicationDelay,
    });
    this.encryptionKey = customerKey(this, 'Keys', DataClass.LEDGER, props.encryptionKey, props.removalPolicy);
    const billing = this.billing.toBilling(facts);
    this.tables = this.layout.tables.map((table, index) => this.createTable(index, table, billing));
    this.alarms = this.createAlarms(props.alarms);
  }

  /**
   * What handlers must know to find a row: `<prefix>_TABLES`, `<prefix>_SHARDING` (`buckets`, `range` or `directory`), and by the way of sharding
   * `<prefix>_BUCKETS` (`{"default":2,"merchants":{}}`), `<prefix>_RANGES` (`{"bounds":["g"],"slices":[1,1]}`), or `<prefix>_DIRECTORY_TABLE` and
   * `<prefix>_DIRECTORY_LEASE_SECONDS` beside the default in `<prefix>_BUCKETS`.
   *
   * @param prefix first part of each name, for example `LEDGER`
   */
  variables(prefix: string): { [name: string]: string } {
    const own = Object.entries(this.layout.variables).map(([suffix, value]) => [`${prefix}_${suffix}`, value]);
    return { [`${prefix}_TABLES`]: this.tableNames, [`${prefix}_SHARDING`]: this.sharding.kind, ...Object.fromEntries(own) };
  }

  private createTable(index: number, layout: TableLayout, billing: dynamodb.Billing): dynamodb.TableV2 {
    const { props } = this;
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const { initialReadUnits, initialWriteUnits } = LIMITS.table;
    const { warmReadUnits, warmWriteUnits } = layout;
    const { fence, replica } = props;
    const replicaWrites = fence !== undefined && fence.writingRegion === replica?.region;
    return tableUnderKey(this, `Table${index}`, this.encryptionKey, replica, {
      partitionKey: { name: props.partitionKeyName ?? this.layout.partitionKeyName, type: dynamodb.AttributeType.STRING },
      sortKey: props.sorted === false ? undefined : { name: props.sortKeyName ?? this.layout.sortKeyName, type: dynamodb.AttributeType.STRING },
      billing,
      // DynamoDB takes no value below what a new table has anyway.
      warmThroughput: warmReadUnits > initialReadUnits || warmWriteUnits > initialWriteUnits
        ? {
          readUnitsPerSecond: Math.max(warmReadUnits, initialReadUnits),
          writeUnitsPerSecond: Math.max(warmWriteUnits, initialWriteUnits),
        }
        : undefined,
      replicas: replica && [{ region: replica.region, resourcePolicy: replicaWrites ? undefined : standbyPolicy(this) }],
      resourcePolicy: replicaWrites ? standbyPolicy(this) : props.resourcePolicy,
      contributorInsightsSpecification: props.contributorInsights ?? { enabled: true, mode: dynamodb.ContributorInsightsMode.THROTTLED_KEYS },
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays: this.recovery?.pointInTimeRecovery.toDays() },
      timeToLiveAttribute: props.timeToLiveAttribute,
      dynamoStream: props.changeStream,
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
      removalPolicy,
      ...props.tableOptions,
    });
  }

  private requireOtherRegion(): void {
    const { fence, replica, resourcePolicy } = this.props;
    if (replica !== undefined && replica.region === Stack.of(this).region) {
      throw new Error(`\`replica.region\` must differ from the region of the stack, got: ${replica.region}`);
    }
    if (fence !== undefined && replica === undefined) {
      throw new Error('`replica` must be there for a fence to promote it, got: none');
    }
    if (resourcePolicy !== undefined && fence !== undefined && fence.writingRegion !== Stack.of(this).region) {
      throw new Error(`\`resourcePolicy\` must not be given while ${fence.writingRegion} writes: the policy here denies writing, got: one`);
    }
  }

  private requireReplica(workload: Workload): void {
    const stated = workload.recoveryRegion;
    if (stated !== this.props.replica?.region) {
      throw new Error(`\`replica\` must be in the \`recoveryRegion\` of the workload (${stated ?? 'none'}), got: ${this.props.replica?.region ?? 'none'}`);
    }
    if (stated !== undefined && this.props.fence === undefined && workload.recoveryTier.name === RecoveryTier.CRITICAL.name) {
      Annotations.of(this).addWarningV2(
        'cdk-high-throughput:unfenced-replica',
        `the replica in ${stated} has no \`fence\`: nothing stops writers of a region that is cut off, so it cannot be promoted without risking payments that count twice`,
      );
    }
  }

  /** What of the recovery is built here. */
  private recoveryDecisions(): Decision[] {
    const built = ['pointInTimeDays', 'replicas', 'replicationDelayAlarm', 'tableStreamReaders'];
    return (this.recovery?.decisions ?? []).filter(({ name }) => built.includes(name));
  }

  /** A way of paying that was stated, in the place of a derived one. */
  private billingOverrides(derived: readonly Decision[]): { [decision: string]: string | number | undefined } {
    if (this.props.billing === undefined || !derived.some(({ name }) => name === 'capacityMode')) {
      return {};
    }
    const { mode, units } = this.props.billing;
    const tables = this.layout.tables.length;
    return {
      capacityMode: mode,
      minimumWriteUnits: (units?.minimumWriteUnits ?? 0) * tables,
      maximumWriteUnits: (units?.maximumWriteUnits ?? 0) * tables,
      minimumReadUnits: (units?.minimumReadUnits ?? 0) * tables,
      maximumReadUnits: (units?.maximumReadUnits ?? 0) * tables,
    };
  }

  private createAlarms(options?: AlarmOptions): AlarmSet {
    const alarms = new AlarmSet(this, 'Alarms', options);
    this.tables.forEach((table, index) => {
      addTableAlarms(alarms, table, String(index));
      const delay = this.props.replicationDelay ?? this.recovery?.replication.delayAlarm;
      if (this.props.replica !== undefined && delay !== undefined) {
        alarms.add(`ReplicationLate${index}`, {
          metric: metricReplicationLatency(table, this.props.replica.region),
          description: 'The replica is further behind than the recovery tier allows: so much would be lost with the region.',
          threshold: delay.toMilliseconds(),
        });
      }
    });
    return alarms;
  }
}
