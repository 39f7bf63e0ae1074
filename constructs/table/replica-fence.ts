import { type Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct, type IConstruct } from 'constructs';
import type { Facts } from '../../lib/facts';
import { DEFAULTS } from '../defaults';
import { factsFor } from '../limits';
import { type AlarmOptions, AlarmSet } from '../observability/alarm-set';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { requireDurationBetween, requirePattern } from '../validation';
import { addTableAlarms } from './table-alarms';
import { TableGrants } from './table-grants';
import type { TableReplica } from './table-replica';
import { tableUnderKey } from './table-under-key';

/** Says which region writes, for as long as a lease. */
export interface IReplicaFence extends IConstruct {
  /** Name of the control table, the same in every region. */
  readonly tableName: string;
  /** ARN of the control table in the region of the stack. */
  readonly tableArn: string;
  /** How long a worker may go by what it has read. */
  readonly leaseDuration: Duration;
  /**
   * What handlers are told: `WRITER_FENCE_TABLE`, `WRITER_FENCE_LEASE_SECONDS`, and `WRITER_REGION`, the region that writes while the table has no
   * row.
   */
  readonly variables: { readonly [name: string]: string };
  /** Lets the grantee read which region writes: what workers need. */
  grantRead(grantee: iam.IGrantable): iam.Grant;
  /** Lets the grantee say that another region writes from now on. */
  grantPromote(grantee: iam.IGrantable): iam.Grant;
}

/** Properties of `ReplicaFence`. */
export interface ReplicaFenceProps {
  /** Name of the control table. It is stated, so that stacks of the other region know it too; letters, digits, `_`, `.` and `-`, 3 to 255. */
  readonly tableName: string;

  /** The region that takes over, and the key of the control table there. */
  readonly replica: TableReplica;

  /**
   * The region that writes, and only one: where two regions write to one key space the last write of a row wins, so a payment that both have
   * inserted once is counted twice. After a promotion the region that took over is stated here, so that the next deployment keeps it so.
   *
   * @default - the region of the stack
   */
  readonly writingRegions?: string[];

  /**
   * A third region that keeps a vote and no data, so that of two regions that do not see each other one can go on.
   *
   * @default - the first other region of the same set of regions
   */
  readonly witnessRegion?: string;

  /**
   * How long a worker may go by what it has read, 1 second to 15 minutes. A worker that cannot read again within it stops to write.
   *
   * @default Duration.seconds(30)
   */
  readonly leaseDuration?: Duration;

  /**
   * Facts that tell the sets of regions.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;

  /**
   * Key of the control table in the region of the stack.
   *
   * @default - a new customer managed key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * What becomes of the control table when the stack goes.
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
}

/** A control table that a stack of another region has made. */
export interface ImportedFenceProps {
  /** Name of the control table. */
  readonly tableName: string;

  /** The region that writes while the table has no row. */
  readonly writingRegion: string;

  /**
   * Key of the control table in this region.
   *
   * @default - it is under a key of AWS
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * How long a worker may go by what it has read.
   *
   * @default Duration.seconds(30)
   */
  readonly leaseDuration?: Duration;
}

/** Names of the sets of regions in the facts. */
const SETS = ['us', 'eu', 'ap'];

/** What a fence that is made here and one that was made elsewhere have in common. */
abstract class FenceBase extends Construct implements IReplicaFence {
  abstract readonly tableName: string;
  abstract readonly tableArn: string;
  abstract readonly leaseDuration: Duration;
  /** The region that writes while the table has no row. */
  abstract readonly writingRegion: string;
  protected abstract readonly encryptionKey?: kms.IKey;

  get variables(): { readonly [name: string]: string } {
    return {
      WRITER_FENCE_TABLE: this.tableName,
      WRITER_FENCE_LEASE_SECONDS: String(this.leaseDuration.toSeconds()),
      WRITER_REGION: this.writingRegion,
    };
  }

  grantRead(grantee: iam.IGrantable): iam.Grant {
    return new TableGrants([this.tableArn], this.encryptionKey).read(grantee);
  }

  grantPromote(grantee: iam.IGrantable): iam.Grant {
    const grants = new TableGrants([this.tableArn], this.encryptionKey);
    return grants.update(grantee).combine(grants.read(grantee));
  }
}

/**
 * Fences the writing region, so that a replica can be promoted while the other region is out of reach. Two things hold a writer back:
 *
 * - A lease. One row (`fence` = `writer`) names the writing `region` and its `epoch`. The table is strongly consistent across regions, with a
 *   third region as witness, so a region that was cut off can neither read an old answer nor renew its lease, and after one lease its workers
 *   stop.
 * - A policy. The table of the region that does not write denies every write (see `TableReplica`), whatever a worker believes.
 *
 * A promotion changes the row on the condition that it still names the lost region, waits two leases, and lifts the policy of the replica:
 * `ReplicaPromotion` does so in the recovery region. While there is no row, the region in `writingRegions` writes.
 */
export class ReplicaFence extends FenceBase {
  /** A fence that a stack of another region has made, as seen from the region of this stack. */
  static fromTableName(scope: Construct, id: string, props: ImportedFenceProps): IReplicaFence {
    class Imported extends FenceBase {
      readonly tableName = props.tableName;
      readonly tableArn = Stack.of(scope).formatArn({ service: 'dynamodb', resource: 'table', resourceName: props.tableName });
      readonly leaseDuration = props.leaseDuration ?? DEFAULTS.directory.lease;
      readonly writingRegion = props.writingRegion;
      protected readonly encryptionKey = props.encryptionKey;
    }
    return new Imported(scope, id);
  }

  /** The control table. */
  readonly table: dynamodb.TableV2;
  readonly tableName: string;
  readonly tableArn: string;
  readonly leaseDuration: Duration;
  /** The one region that writes. */
  readonly writingRegion: string;
  /** The region that keeps a vote and no data. */
  readonly witnessRegion: string;
  /** Key of the control table in the region of the stack. */
  readonly encryptionKey: kms.IKey;
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  constructor(scope: Construct, id: string, props: ReplicaFenceProps) {
    super(scope, id);
    requirePattern('tableName', props.tableName, /^[A-Za-z0-9_.-]{3,255}$/, 'letters, digits, `_`, `.` and `-`, 3 to 255 characters');
    const { longestLease, shortestLease } = DEFAULTS.directory;
    requireDurationBetween('leaseDuration', props.leaseDuration, shortestLease, longestLease);
    const { region } = Stack.of(this);
    if (Token.isUnresolved(region)) {
      throw new Error('`env.region` of the stack must be known for a fence between regions, got: an unresolved token');
    }
    const regions = [region, props.replica.region];
    this.writingRegion = oneWriter(props.writingRegions ?? [region], regions);
    this.witnessRegion = witnessOf(regions, props.witnessRegion, factsFor(this, props.facts));
    this.leaseDuration = props.leaseDuration ?? DEFAULTS.directory.lease;
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    this.encryptionKey = customerKey(this, 'Keys', DataClass.CONFIGURATION, props.encryptionKey, removalPolicy);
    this.table = tableUnderKey(this, 'Table', this.encryptionKey, props.replica, {
      tableName: props.tableName,
      partitionKey: { name: 'fence', type: dynamodb.AttributeType.STRING },
      billing: dynamodb.Billing.onDemand(),
      multiRegionConsistency: dynamodb.MultiRegionConsistency.STRONG,
      replicas: [{ region: props.replica.region }],
      witnessRegion: this.witnessRegion,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
      removalPolicy,
    });
    this.tableName = props.tableName;
    this.tableArn = this.table.tableArn;
    this.alarms = new AlarmSet(this, 'Alarms', props.alarms);
    addTableAlarms(this.alarms, this.table);
  }
}

function oneWriter(writing: readonly string[], regions: readonly string[]): string {
  if (writing.length !== 1) {
    throw new Error(`\`writingRegions\` must name one region, got: ${writing.length === 0 ? 'none' : writing.join(', ')}; where two regions write to one key `
      + 'space the last write of a row wins, so a payment that was inserted in both is counted twice');
  }
  if (!regions.includes(writing[0])) {
    throw new Error(`\`writingRegions\` must name one of ${regions.join(', ')}, got: ${writing[0]}`);
  }
  return writing[0];
}

function witnessOf(regions: readonly string[], stated: string | undefined, facts: Facts): string {
  const sets = SETS.map((name) => String(facts.get(`dynamodb/globalTable.strong.regionSet.${name}`).value).split(','));
  const set = sets.find((it) => regions.every((region) => it.includes(region)));
  if (set === undefined) {
    throw new Error(`\`replica.region\` must be in one set of regions with ${regions[0]} (${sets.map((it) => it.join(', ')).join('; ')}), where a table can be `
      + `strongly consistent across regions, got: ${regions[1]}`);
  }
  const others = set.filter((region) => !regions.includes(region));
  const witness = stated ?? others[0];
  if (!others.includes(witness)) {
    throw new Error(`\`witnessRegion\` must be one of ${others.join(', ')}, got: ${witness}`);
  }
  return witness;
}
