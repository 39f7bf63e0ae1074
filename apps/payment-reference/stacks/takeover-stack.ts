import { CfnParameter, Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { DataClass, type IShardedTable, ReplicaFence, ReplicaPromotion, ShardedTable } from '../../../constructs';
import type { DataStack } from './data-stack';
import type { RecoveryStack } from './recovery-stack';
import type { ReferenceStackProps } from './reference-stack-props';

/** Properties of `TakeoverStack`. */
export interface TakeoverStackProps extends ReferenceStackProps {
  readonly data: DataStack;
  readonly recovery: RecoveryStack;
}

/** What makes the replicas of the recovery region the tables that are written. It stands there, and asks nothing of the region that is lost. */
export class TakeoverStack extends Stack {
  readonly promotion: ReplicaPromotion;

  constructor(scope: Construct, id: string, { data, recovery, ...props }: TakeoverStackProps) {
    super(scope, id, { ...props, env: { region: recovery.region } });
    const { fence } = data;
    if (fence === undefined) {
      throw new Error('`data` must have a fence: one region must be known to write, got: none');
    }
    const key = recovery.keys.key(DataClass.LEDGER);
    const replicated = { Ledger: data.ledger, Balances: data.balances, Parking: data.parking, Profiles: data.profiles };
    this.promotion = new ReplicaPromotion(this, 'Promotion', {
      fence: ReplicaFence.fromTableName(this, 'Fence', {
        tableName: fence.tableName, writingRegion: fence.writingRegion, encryptionKey: key, leaseDuration: fence.leaseDuration,
      }),
      tables: Object.entries(replicated).map(([name, table]) => this.replicaOf(name, table)),
      from: data.region,
      logEncryptionKey: recovery.keys.key(DataClass.OPERATIONS),
      removalPolicy: props.removalPolicy,
      alarms: { actions: [new SnsAction(recovery.alarmTopic)] },
    });
  }

  /** A replica has the name of its table, which CloudFormation made up in another region: whoever deploys reads it there. */
  private replicaOf(name: string, { tables }: IShardedTable): IShardedTable {
    return ShardedTable.fromTables(this, name, {
      tables: tables.map((_, index) => {
        const parameter = `${name}Table${tables.length > 1 ? index + 1 : ''}`;
        const tableName = new CfnParameter(this, parameter, {
          description: `Name of table ${index + 1} of ${name} in the data stack`,
          allowedPattern: '[A-Za-z0-9_.-]{3,255}',
          constraintDescription: 'must be the name of a table',
        }).valueAsString;
        return dynamodb.Table.fromTableName(this, `${parameter}Replica`, tableName);
      }),
    });
  }
}
