import { Stack } from 'aws-cdk-lib';
import { StreamViewType } from 'aws-cdk-lib/aws-dynamodb';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { assetFolder, DataClass, RecoveryPlan, recordDecisions, ReplicaFence, ShardDirectory, ShardedTable, Sharding, TableCapacity, type TableReplica, TableStreamWorker } from '../../../constructs';
import { factsFor } from '../../../constructs/limits';
import { type LedgerSizing, type ReadConsistencySizing, sizeLedger, sizeProjector, sizeReadConsistency } from '../../../lib/sizing';
import type { Workload } from '../../../lib/workload';
import type { NetworkStack } from './network-stack';
import type { ReferenceStackProps } from './reference-stack-props';
import type { SecurityStack } from './security-stack';

/** Properties of `DataStack`. */
export interface DataStackProps extends ReferenceStackProps {
  readonly network: NetworkStack;
  readonly security: SecurityStack;
  /** What all cells together must carry. */
  readonly workload: Workload;

  /**
   * Copies of the tables in the recovery region.
   *
   * @default - none
   */
  readonly replica?: TableReplica;
}

/**
 * What all cells share because a payment's key is the same in each of them: ledger, parked payments, balances, profiles, and the projector that
 * keeps the balances from the ledger's changes.
 */
export class DataStack extends Stack {
  readonly ledger: ShardedTable;
  /** Merchants whose rows are spread over more buckets than the sizing gave everybody; `cht directory` works on it. */
  readonly directory: ShardDirectory;
  readonly ledgerSizing: LedgerSizing;
  readonly balances: ShardedTable;
  readonly parking: ShardedTable;
  readonly projector: TableStreamWorker;
  /** Which region may write; none where there is only one. */
  readonly fence?: ReplicaFence;
  /** Backups of all tables here, and of those that other stacks add. */
  readonly backups: RecoveryPlan;
  /** How the API reads the status of payments and balances. */
  readonly reads: ReadConsistencySizing;
  /** What is known of merchants and payers; the API reads it from the second phase on. */
  readonly profiles: ShardedTable;

  constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, props);
    const { network, removalPolicy, replica, security, workload } = props;
    const encryptionKey = security.keys.key(DataClass.LEDGER);

    this.fence = this.createFence(props, encryptionKey);
    const common = { replica, fence: this.fence, encryptionKey, removalPolicy };
    this.ledgerSizing = sizeLedger(workload, factsFor(this));
    this.directory = new ShardDirectory(this, 'ShardDirectory', { encryptionKey, replica, removalPolicy });
    this.ledger = new ShardedTable(this, 'Ledger', {
      ...common,
      capacity: TableCapacity.ledger(workload),
      sharding: Sharding.directory(this.directory),
      changeStream: StreamViewType.NEW_AND_OLD_IMAGES,
      timeToLiveAttribute: 'expiresAt',
    });
    this.balances = new ShardedTable(this, 'Balances', { ...common, capacity: TableCapacity.balances(workload) });
    this.parking = new ShardedTable(this, 'Parking', { ...common, capacity: TableCapacity.onDemand() });
    this.profiles = new ShardedTable(this, 'Profiles', { ...common, capacity: TableCapacity.profiles(workload), sorted: false });

    this.projector = new TableStreamWorker(this, 'BalanceProjector', {
      workload,
      table: this.ledger,
      code: lambda.Code.fromAsset(assetFolder('balance-projector')),
      environment: { BALANCE_TABLE: this.balances.tableNames },
      vpc: network.foundation.vpc,
      vpcSubnets: network.foundation.applicationSubnets,
      logEncryptionKey: security.operationsKey,
      removalPolicy,
    });
    this.reads = this.decideReads(workload);
    this.backups = new RecoveryPlan(this, 'Backups', {
      workload, encryptionKey: security.keys.key(DataClass.ARCHIVE), notificationTopic: security.alarmTopic, removalPolicy,
    });
    this.backups.protectTables(this, 'TableBackups', [this.directory.table, ...[this.balances, this.parking, this.profiles].flatMap(({ tables }) => tables)], encryptionKey);
    this.backups.protectExpiringTables(this, 'LedgerBackups', this.ledger.tables, encryptionKey);
    this.balances.grantRead(this.projector);
    this.balances.grantInsert(this.projector);
    this.balances.grantUpdate(this.projector);
  }

  private createFence({ removalPolicy, replica }: DataStackProps, encryptionKey: kms.IKey): ReplicaFence | undefined {
    // Named, because the recovery region must find it when this one is gone.
    return replica && new ReplicaFence(this, 'Fence', { tableName: `${this.stackName}-fence`, replica, encryptionKey, removalPolicy });
  }

  /** Reads as fresh as the workload asks for, and an alarm where they are not. */
  private decideReads(workload: Workload): ReadConsistencySizing {
    const reads = sizeReadConsistency(workload, sizeProjector(workload, this.ledgerSizing, factsFor(this)), factsFor(this));
    recordDecisions(this, reads.decisions);
    const { lagAlarm } = reads.balances;
    if (lagAlarm !== undefined) {
      this.projector.alarms.add('BalancesLate', {
        metric: this.projector.metricIteratorAge(),
        description: 'Balances are older than the workload allows.',
        threshold: lagAlarm.toMilliseconds(),
      });
    }
    return reads;
  }
}
