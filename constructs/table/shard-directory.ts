import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { type AlarmOptions, AlarmSet } from '../observability/alarm-set';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { requireDurationBetween } from '../validation';
import { addTableAlarms } from './table-alarms';
import { TableGrants } from './table-grants';
import type { TableReplica } from './table-replica';
import { tableUnderKey } from './table-under-key';
import { standbyPolicy, writePolicy } from './write-policy';

/** Properties of `ShardDirectory`. */
export interface ShardDirectoryProps {
  /**
   * Role of the operators who publish versions. Where it is named, the policy of the table denies everybody else to write, whatever their own
   * rights say.
   *
   * @default - whoever has `grantPublish`
   */
  readonly operator?: iam.IRole;

  /**
   * How long a worker may go by what it has read; 1 second to 15 minutes. A worker that cannot read again within it stops to write. A new version
   * is in force two leases after it was published: by then every worker knows it or has stopped.
   *
   * @default Duration.seconds(30)
   */
  readonly leaseDuration?: Duration;

  /**
   * Key of the table.
   *
   * @default - a new customer managed key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * A copy in the recovery region, where workers must know where rows lie as well.
   *
   * @default - none
   */
  readonly replica?: TableReplica;

  /**
   * What becomes of the table when the stack goes. Without it nobody knows where the rows of split owners are.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the alarms `WriteThrottled`, `ReadThrottled` and `SystemErrors`.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * CDK's own options of a table, laid over what this construct decides.
   *
   * @default - none
   */
  readonly tableOptions?: dynamodb.TableOptionsV2;
}

/** Version under which the newest version is named. */
const HEAD = 'head';

/**
 * Says over how many buckets the rows of an owner (a merchant, say) are spread. Owners that are not in it have the default.
 *
 * A version is a set of rows that never change: partition key `version` (its number as text), sort key `owner`, attributes `buckets`, `past` (how
 * many it had before) and, while the owner grows, `was` and `until`; its claim row (owner `-`) says who took the number. The row of version `head`
 * names the newest version (`current`), the one before it (`previous`) and when it comes into force (`from`, milliseconds since 1970, two leases
 * after it was published). A worker reads `head` consistently within each lease, and a version once.
 */
export class ShardDirectory extends Construct {
  /** The table. */
  readonly table: dynamodb.TableV2;
  /** Key of the table. */
  readonly encryptionKey: kms.IKey;
  /** How long a worker may go by what it has read. */
  readonly leaseDuration: Duration;
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  private readonly grants: TableGrants;

  constructor(scope: Construct, id: string, props: ShardDirectoryProps = {}) {
    super(scope, id);
    const { longestLease, shortestLease } = DEFAULTS.directory;
    requireDurationBetween('leaseDuration', props.leaseDuration, shortestLease, longestLease);
    this.leaseDuration = props.leaseDuration ?? DEFAULTS.directory.lease;
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    this.encryptionKey = customerKey(this, 'Keys', DataClass.CONFIGURATION, props.encryptionKey, removalPolicy);
    this.table = tableUnderKey(this, 'Table', this.encryptionKey, props.replica, {
      partitionKey: { name: 'version', type: dynamodb.AttributeType.STRING },
      sortKey: { name: 'owner', type: dynamodb.AttributeType.STRING },
      billing: dynamodb.Billing.onDemand(),
      replicas: props.replica && [{ region: props.replica.region, resourcePolicy: standbyPolicy(this) }],
      resourcePolicy: props.operator && writePolicy(this, 'OnlyOperatorsPublish', [props.operator]),
      contributorInsightsSpecification: { enabled: true, mode: dynamodb.ContributorInsightsMode.THROTTLED_KEYS },
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
      removalPolicy,
      ...props.tableOptions,
    });
    this.grants = new TableGrants([this.table.tableArn], this.encryptionKey);
    if (props.operator !== undefined) {
      this.grantPublish(props.operator);
    }
    this.alarms = new AlarmSet(this, 'Alarms', props.alarms);
    addTableAlarms(this.alarms, this.table);
  }

  /** Lets the grantee look up owners: what workers need. */
  grantRead(grantee: iam.IGrantable): iam.Grant {
    return this.grants.read(grantee);
  }

  /**
   * Lets the grantee publish versions: add rows of a version, which then stay as they are, and move `head` to it. Nobody is let replace or delete
   * a row of a version: `DirectoryTable` of the runtime adds them with PartiQL `INSERT`, which IAM tells from a `PutItem`.
   */
  grantPublish(grantee: iam.IGrantable): iam.Grant {
    const moved = iam.Grant.addToPrincipal({
      grantee,
      actions: ['dynamodb:UpdateItem'],
      resourceArns: [this.table.tableArn],
      conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [HEAD] }, 'Null': { 'dynamodb:LeadingKeys': 'false' } },
    });
    return this.grants.insert(grantee).combine(this.grants.read(grantee)).combine(moved);
  }

  /** What handlers are told: `<prefix>DIRECTORY_TABLE` and `<prefix>DIRECTORY_LEASE_SECONDS`. */
  variablesFor(prefix: string): { [name: string]: string } {
    return {
      [`${prefix}DIRECTORY_TABLE`]: this.table.tableName,
      [`${prefix}DIRECTORY_LEASE_SECONDS`]: String(this.leaseDuration.toSeconds()),
    };
  }
}
