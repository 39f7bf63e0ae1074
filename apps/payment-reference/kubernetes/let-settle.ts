import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { ShardedDatabase, ShardedTable } from '../../../constructs';

/** Gives a function what it settles with: the way to the writers, a login as who may apply payments, and a place for what cannot be applied. */
export function letSettle(worker: iam.IGrantable & ec2.IConnectable, database: ShardedDatabase, parking: ShardedTable): void {
  worker.connections.allowToDefaultPort(database, 'The ledger');
  database.grantWrite(worker);
  parking.grantPut(worker);
}
