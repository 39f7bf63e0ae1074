import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Rate, RecoveryPlan, RecoveryTier, ShardedTable, TableCapacity, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const orders = new ShardedTable(this, 'Orders', { capacity: TableCapacity.onDemand() });
    const backups = new RecoveryPlan(this, 'Backups', {
      workload: new Workload({ peak: Rate.perSecond(2_000), recoveryTier: RecoveryTier.IMPORTANT }),
    });
    backups.protectTables(this, 'OrderBackups', orders.tables, orders.encryptionKey);
  }
}
