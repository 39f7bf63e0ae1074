import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DataClass, ShardedDatabase } from '../../../constructs';
import type { Workload } from '../../../lib/workload';
import type { NetworkStack } from '../stacks/network-stack';
import type { ReferenceStackProps } from '../stacks/reference-stack-props';
import type { SecurityStack } from '../stacks/security-stack';

/** Properties of `LedgerStack`. */
export interface LedgerStackProps extends ReferenceStackProps {
  readonly network: NetworkStack;
  readonly security: SecurityStack;
  /** What all cells together must carry. */
  readonly workload: Workload;
}

/** The ledger in PostgreSQL, with readers and proxies. All cells share it, because keys are shared. */
export class LedgerStack extends Stack {
  readonly database: ShardedDatabase;

  constructor(scope: Construct, id: string, { network, removalPolicy, security, workload, ...props }: LedgerStackProps) {
    super(scope, id, props);
    this.database = new ShardedDatabase(this, 'Ledger', {
      workload,
      vpc: network.foundation.vpc,
      encryptionKey: security.keys.key(DataClass.LEDGER),
      logEncryptionKey: security.operationsKey,
      removalPolicy,
    });
  }
}
