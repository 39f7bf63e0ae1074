import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { ShardedDatabase, ShardedTable } from '../../../constructs';

/** Gives a function what it applies movements with: the way to the writers, and a login as who may apply payments. */
export function letApply(worker: iam.IGrantable & ec2.IConnectable, database: ShardedDatabase): void {
  worker.connections.allowToDefaultPort(database, 'The ledger');
  database.grantWrite(worker);
}

/** Gives a function what it settles with: what it applies with, and a place for what cannot be applied. */
export function letSettle(worker: iam.IGrantable & ec2.IConnectable, database: ShardedDatabase, parking: ShardedTable): void {
  letApply(worker, database);
  parking.grantPut(worker);
}
