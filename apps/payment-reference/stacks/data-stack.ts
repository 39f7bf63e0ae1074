import { Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { StreamViewType } from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { assetFolder, DataClass, DataKeys, ShardedTable, TableCapacity, TableStreamWorker } from '../../../constructs';
import { factsFor } from '../../../constructs/limits';
import { type LedgerSizing, sizeLedger } from '../../../lib/sizing';
import type { Workload } from '../../../lib/workload';
import type { ReferenceStackProps } from './reference-stack-props';

/** Properties of `DataStack`. */
export interface DataStackProps extends ReferenceStackProps {
  /** What all cells together must carry. */
  readonly workload: Workload;
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
  /** Where alarms of all stacks go; operators subscribe to it. */
  readonly alarmTopic: sns.Topic;

  constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, props);
    const { removalPolicy, workload } = props;
    this.keys = new DataKeys(this, 'Keys', { removalPolicy });
    this.alarmTopic = this.createAlarmTopic();
    const alarms = { actions: this.alarmActions };
    const encryptionKey = this.keys.key(DataClass.LEDGER);

    this.ledgerSizing = sizeLedger(workload, factsFor(this));
    this.ledger = new ShardedTable(this, 'Ledger', {
      capacity: TableCapacity.ledger(workload),
      changeStream: StreamViewType.NEW_AND_OLD_IMAGES,
      timeToLiveAttribute: 'expiresAt',
      encryptionKey,
      removalPolicy,
      alarms,
    });
    const common = { encryptionKey, removalPolicy, alarms };
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
