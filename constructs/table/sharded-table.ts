import { type Duration, Fn, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Facts } from '../../lib/facts';
import { Decision, type RecoverySizing, sizeRecovery } from '../../lib/sizing';
import type { Workload } from '../../lib/workload';
import { factsFor, LIMITS } from '../limits';
import { ALARM_PERIOD, type AlarmOptions, AlarmSet } from '../observability/alarm-set';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { requirePattern } from '../validation';
import type { ResolvedTableCapacity, TableCapacity } from './table-capacity';
import { TableGrants } from './table-grants';
import type { TableReplica } from './table-replica';

/** Properties of `ShardedTable`. */
export interface ShardedTableProps {
  /** What the logical table must carry: `TableCapacity.ledger(workload)`, for example. */
  readonly capacity: TableCapacity;

  /**
   * Limits and measurements that the size rests on.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;

  /**
   * Name of the partition key, a text. The hash of its value says which table holds an item.
   *
   * @default 'pk'
   */
  readonly partitionKeyName?: string;

  /**
   * Name of the sort key, a text.
   *
   * @default 'sk'
   */
  readonly sortKeyName?: string;

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
   * A copy of each table in another region.
   *
   * @default - none: what is stored is lost with its region
   */
  readonly replica?: TableReplica;

  /**
   * How late a replica may be before somebody is called.
   *
   * @default - derived from the recovery tier of the workload
   */
  readonly replicationDelay?: Duration;

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

/** Operations whose failures on DynamoDB's side are watched. CloudWatch adds up at most ten in one alarm. */
const WATCHED_OPERATIONS = [
  dynamodb.Operation.BATCH_EXECUTE_STATEMENT,
  dynamodb.Operation.TRANSACT_WRITE_ITEMS,
  dynamodb.Operation.PUT_ITEM,
  dynamodb.Operation.UPDATE_ITEM,
  dynamodb.Operation.GET_ITEM,
  dynamodb.Operation.BATCH_GET_ITEM,
  dynamodb.Operation.QUERY,
];

/**
 * One logical table over as many DynamoDB tables as its workload needs, because a single table has a quota. An item lies in the table
 * that the hash of its partition key names; the order of the tables is therefore part of the data and never changes.
 *
 * Each table is on demand, warmed for the peak, encrypted with a customer key, and can be taken back to any second of as many days as the recovery
 * tier of its workload asks for, 35 where there is no workload.
 */
export class ShardedTable extends Construct {
  /** The tables, in the order that clients must use. */
  readonly tables: readonly dynamodb.TableV2[];
  /** Key of the tables. */
  readonly encryptionKey: kms.IKey;
  /** The capacity in numbers. */
  readonly capacity: ResolvedTableCapacity;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  private readonly grants: TableGrants;
  /** What the recovery tier of the workload asks for; none without a workload. */
  private readonly recovery?: RecoverySizing;

  constructor(scope: Construct, id: string, private readonly props: ShardedTableProps) {
    super(scope, id);
    for (const property of ['partitionKeyName', 'sortKeyName', 'timeToLiveAttribute'] as const) {
      requirePattern(property, props[property], /^[A-Za-z0-9_.-]{1,255}$/, 'letters, digits, `_`, `.` and `-`, at most 255 characters');
    }
    if (Token.isUnresolved(Stack.of(this).region)) {
      // DynamoDB replicates by region, and CDK writes the key of a table beside the name of its region.
      throw new Error('`env.region` of the stack must be known for a table under a customer key, got: an unresolved token');
    }
    if (props.replica?.region === Stack.of(this).region) {
      throw new Error(`\`replica.region\` must differ from the region of the stack, got: ${props.replica.region}`);
    }
    const facts = factsFor(this, props.facts);
    this.capacity = props.capacity.resolve(facts);
    const { workload } = this.capacity;
    if (workload !== undefined) {
      recordWorkload(this, workload);
      this.recovery = sizeRecovery(workload, facts);
      this.requireReplica(workload);
    }
    const derived = [...this.capacity.decisions, ...this.recoveryDecisions()];
    this.decisions = recordDecisions(this, derived, { replicationDelayAlarm: props.replicationDelay });
    this.encryptionKey = customerKey(this, 'Keys', DataClass.LEDGER, props.encryptionKey, props.removalPolicy);
    this.tables = Array.from({ length: this.capacity.tables }, (_, index) => this.createTable(index));
    this.grants = new TableGrants(this.tables.map((table) => table.tableArn), this.encryptionKey);
    this.alarms = this.createAlarms(props.alarms);
  }

  /** Names of the tables, comma-separated and in order: the form in which handlers take them from an environment variable. */
  get tableNames(): string {
    return this.tables.length === 1 ? this.tables[0].tableName : Fn.join(',', this.tables.map((table) => table.tableName));
  }

  /**
   * ARNs of the change streams, in the order of the tables.
   *
   * @throws Error when the table has none.
   */
  get streamArns(): string[] {
    if (this.props.changeStream === undefined) {
      throw new Error('`changeStream` must be set for a table whose changes are read, got: none');
    }
    return this.tables.map((table) => table.tableStreamArn as string);
  }

  /** Lets the grantee add items that are not there yet, and neither replace nor delete one. */
  grantInsert(grantee: iam.IGrantable): iam.Grant {
    return this.grants.insert(grantee);
  }

  /**
   * Lets the grantee put items (`PutItem`). IAM cannot ask for a condition, so this can replace an item; prefer `grantInsert`.
   */
  grantPut(grantee: iam.IGrantable): iam.Grant {
    return this.grants.put(grantee);
  }

  /** Lets the grantee change attributes of items. */
  grantUpdate(grantee: iam.IGrantable): iam.Grant {
    return this.grants.update(grantee);
  }

  /** Lets the grantee read items of known partition keys, but not the table from end to end. */
  grantRead(grantee: iam.IGrantable): iam.Grant {
    return this.grants.read(grantee);
  }

  /** Lets the grantee put, change and check items inside a transaction, and only there. */
  grantTransact(grantee: iam.IGrantable): iam.Grant {
    return this.grants.transact(grantee);
  }

  /**
   * Lets the grantee read the change streams.
   *
   * @throws Error when the table has none.
   */
  grantStreamRead(grantee: iam.IGrantable): iam.Grant {
    return this.grants.readStream(grantee, this.streamArns);
  }

  /** A metric of one of the tables, by its CloudWatch name. */
  metric(tableIndex: number, metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.tables[tableIndex].metric(metricName, options);
  }

  /** Milliseconds from a write in this region to its being in the replica. */
  private metricReplicationLatency(tableIndex: number, region: string): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/DynamoDB',
      metricName: 'ReplicationLatency',
      dimensionsMap: { TableName: this.tables[tableIndex].tableName, ReceivingRegion: region },
      statistic: 'Maximum',
      period: ALARM_PERIOD,
    });
  }

  private createTable(index: number): dynamodb.TableV2 {
    const { props } = this;
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const { initialReadUnits, initialWriteUnits } = LIMITS.table;
    const { warmReadUnits, warmWriteUnits } = this.capacity;
    const { replica } = props;
    const warm = warmReadUnits > initialReadUnits || warmWriteUnits > initialWriteUnits;
    return new dynamodb.TableV2(this, `Table${index}`, {
      partitionKey: { name: props.partitionKeyName ?? 'pk', type: dynamodb.AttributeType.STRING },
      sortKey: { name: props.sortKeyName ?? 'sk', type: dynamodb.AttributeType.STRING },
      billing: dynamodb.Billing.onDemand(),
      // DynamoDB takes no value below what a new table has anyway.
      warmThroughput: warm
        ? {
          readUnitsPerSecond: Math.max(warmReadUnits, initialReadUnits),
          writeUnitsPerSecond: Math.max(warmWriteUnits, initialWriteUnits),
        }
        : undefined,
      encryption: dynamodb.TableEncryptionV2.customerManagedKey(this.encryptionKey, replica && { [replica.region]: replica.encryptionKeyArn }),
      replicas: replica && [{ region: replica.region }],
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays: this.recovery?.pointInTimeRecovery.toDays() },
      timeToLiveAttribute: props.timeToLiveAttribute,
      dynamoStream: props.changeStream,
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
      removalPolicy,
      ...props.tableOptions,
    });
  }

  private requireReplica(workload: Workload): void {
    const stated = workload.recoveryRegion;
    if (stated !== this.props.replica?.region) {
      throw new Error(`\`replica\` must be in the \`recoveryRegion\` of the workload (${stated ?? 'none'}), got: ${this.props.replica?.region ?? 'none'}`);
    }
  }

  /** What of the recovery is built here. */
  private recoveryDecisions(): Decision[] {
    const built = ['pointInTimeDays', 'replicas', 'replicationDelayAlarm', 'tableStreamReaders'];
    return (this.recovery?.decisions ?? []).filter(({ name }) => built.includes(name));
  }

  private createAlarms(options?: AlarmOptions): AlarmSet {
    const alarms = new AlarmSet(this, 'Alarms', options);
    this.tables.forEach((table, index) => {
      alarms.add(`WriteThrottled${index}`, {
        metric: table.metric('WriteThrottleEvents', { statistic: 'Sum', period: ALARM_PERIOD }),
        description: 'Writes were refused: one partition key is too hot, or the table grows faster than it was warmed for.',
        threshold: 0,
      });
      alarms.add(`ReadThrottled${index}`, {
        metric: table.metric('ReadThrottleEvents', { statistic: 'Sum', period: ALARM_PERIOD }),
        description: 'Reads were refused: one partition key is too hot, or the table grows faster than it was warmed for.',
        threshold: 0,
      });
      alarms.add(`SystemErrors${index}`, {
        metric: table.metricSystemErrorsForOperations({ operations: WATCHED_OPERATIONS, period: ALARM_PERIOD }),
        description: 'DynamoDB answers with errors of its own.',
        threshold: 0,
      });
      const delay = this.props.replicationDelay ?? this.recovery?.replication.delayAlarm;
      if (this.props.replica !== undefined && delay !== undefined) {
        alarms.add(`ReplicationLate${index}`, {
          metric: this.metricReplicationLatency(index, this.props.replica.region),
          description: 'The replica is further behind than the recovery tier allows: so much would be lost with the region.',
          threshold: delay.toMilliseconds(),
        });
      }
    });
    return alarms;
  }
}
