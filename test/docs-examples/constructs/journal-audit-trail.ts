import { Duration, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { AuditLock, JournalAuditTrail, Rate, ShardedDatabase, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id, { env: { region: 'eu-west-1' } });
    const workload = new Workload({ peak: Rate.perSecond(20_000) });
    const vpc = new ec2.Vpc(this, 'Network', { maxAzs: 3 });
    const ledger = new ShardedDatabase(this, 'Ledger', { workload, vpc });
    new JournalAuditTrail(this, 'AuditTrail', {
      workload,
      database: ledger,
      vpc,
      // While it is tried out: what COMPLIANCE locks, nobody deletes before its time.
      lock: AuditLock.governance(Duration.days(30)),
    });
  }
}
