import { Stack } from 'aws-cdk-lib';
import { StreamViewType } from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { Rate, ShardedTable, TableCapacity, TableStreamWorker, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id, { env: { region: 'eu-west-1' } });
    const workload = new Workload({ peak: Rate.perSecond(20_000) });
    const ledger = new ShardedTable(this, 'Ledger', { capacity: TableCapacity.ledger(workload), changeStream: StreamViewType.NEW_IMAGE });
    const balances = new ShardedTable(this, 'Balances', { capacity: TableCapacity.balances(workload) });
    const projector = new TableStreamWorker(this, 'Projector', {
      workload,
      table: ledger,
      code: lambda.Code.fromInline('exports.handler = async () => ({ state: {}, batchItemFailures: [] });'),
      environment: { BALANCE_TABLE: balances.tableNames },
    });
    balances.grantRead(projector);
    balances.grantInsert(projector);
    balances.grantUpdate(projector);
  }
}
