import { Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { StreamViewType } from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { assetFolder, DataClass, DataKeys, recordDecisions, ShardedTable, TableCapacity, type TableReplica, TableStreamWorker } from '../../../constructs';
import { factsFor } from '../../../constructs/limits';
import { type LedgerSizing, type ReadConsistencySizing, sizeLedger, sizeProjector, sizeReadConsistency } from '../../../lib/sizing';
import type { Workload } from '../../../lib/workload';
import type { ReferenceStackProps } from './reference-stack-props';

/** Properties of `DataStack`. */
export interface DataStackProps extends ReferenceStackProps {
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
 * What all cells share because a payment's key is the same in each of them: keys, ledger, parked payments, balances, and the projector
 * that keeps the balances from the ledger's changes.
 */
export class DataStack extends Stack {
  readonly keys: DataKeys;
  readonly ledger: ShardedTable;
  readonly ledgerSizing: LedgerSizing;
  readonly balances: ShardedTable;
  readonly parking: ShardedTable;
  readonly projector: TableStreamWorker;
  /** How the API reads the status of payments and balances. */
  readonly reads: ReadConsistencySizing;
  /** Where alarms of all stacks go; operators subscribe to it. */
  readonly alarmTopic: sns.Topic;

  constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, props);
    const { removalPolicy, replica, workload } = props;
    this.keys = new DataKeys(this, 'Keys', { removalPolicy });
    this.alarmTopic = this.createAlarmTopic();
    const alarms = { actions: this.alarmActions };
    const encryptionKey = this.keys.key(DataClass.LEDGER);

    this.ledgerSizing = sizeLedger(workload, factsFor(this));
    this.ledger = new ShardedTable(this, 'Ledger', {
      capacity: TableCapacity.ledger(workload),
      changeStream: StreamViewType.NEW_AND_OLD_IMAGES,
      timeToLiveAttribute: 'expiresAt',
      replica,
      encryptionKey,
      removalPolicy,
      alarms,
    });
    const common = { replica, encryptionKey, removalPolicy, alarms };
    this.balances = new ShardedTable(this, 'Balances', { ...common, capacity: TableCapacity.balances(workload) });
    this.parking = new ShardedTable(this, 'Parking', { ...common, capacity: TableCapacity.onDemand() });

    this.projector = new TableStreamWorker(this, 'BalanceProjector', {
      workload,
      table: this.ledger,
      code: lambda.Code.fromAsset(assetFolder('balance-projector')),
      environment: { BALANCE_TABLE: this.balances.tableNames },
      logEncryptionKey: this.operationsKey,
      removalPolicy,
      alarms,
    });
    this.reads = this.decideReads(workload);
    this.balances.grantRead(this.projector);
    this.balances.grantInsert(this.projector);
    this.balances.grantUpdate(this.projector);
  }

  /** Key of streams, queues and what failed on the way. */
  get eventsKey(): kms.IKey {
    return this.keys.key(DataClass.EVENTS);
  }

  /** Key of logs and alarms. */
  get operationsKey(): kms.IKey {
    return this.keys.key(DataClass.OPERATIONS);
  }

  /** What alarms of all stacks do. */
  get alarmActions(): cloudwatch.IAlarmAction[] {
    return [new SnsAction(this.alarmTopic)];
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

  private createAlarmTopic(): sns.Topic {
    const topic = new sns.Topic(this, 'Alarms', { masterKey: this.operationsKey, enforceSSL: true });
    // The policy that demands TLS takes the place of the one that every topic has, so CloudWatch must be named.
    topic.addToResourcePolicy(
      new iam.PolicyStatement({
        actions: ['sns:Publish'],
        principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
    );
    return topic;
  }
}
