import { Duration, Stack } from 'aws-cdk-lib';
import { StreamViewType } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { AuditLock, AuditTrail, Rate, ShardedTable, TableCapacity, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id, { env: { region: 'eu-west-1' } });
    const workload = new Workload({ peak: Rate.perSecond(20_000) });
    const ledger = new ShardedTable(this, 'Ledger', { capacity: TableCapacity.ledger(workload), changeStream: StreamViewType.NEW_AND_OLD_IMAGES });
    new AuditTrail(this, 'AuditTrail', {
      workload,
      table: ledger,
      // While it is tried out: what COMPLIANCE locks, nobody deletes before its time.
      lock: AuditLock.governance(Duration.days(30)),
    });
  }
}
