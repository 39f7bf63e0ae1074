import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CacheTier, DataClass, ShardedDatabase } from '../../../constructs';
import type { Workload } from '../../../lib/workload';
import type { NetworkStack } from '../stacks/network-stack';
import type { ReferenceStackProps } from '../stacks/reference-stack-props';
import type { SecurityStack } from '../stacks/security-stack';
import { callOperators } from './call-operators';

/** Properties of `LedgerStack`. */
export interface LedgerStackProps extends ReferenceStackProps {
  readonly network: NetworkStack;
  readonly security: SecurityStack;
  /** What all cells together must carry. */
  readonly workload: Workload;
}

/** The ledger in PostgreSQL, with readers and proxies, and the cache before it. All cells share them, because keys are shared. */
export class LedgerStack extends Stack {
  readonly database: ShardedDatabase;
  readonly cache: CacheTier;

  constructor(scope: Construct, id: string, { network, removalPolicy, security, workload, ...props }: LedgerStackProps) {
    super(scope, id, props);
    const common = {
      workload, vpc: network.foundation.vpc, logEncryptionKey: security.operationsKey, removalPolicy, alarms: callOperators(security),
    };
    this.database = new ShardedDatabase(this, 'Ledger', { ...common, encryptionKey: security.keys.key(DataClass.LEDGER) });
    this.cache = new CacheTier(this, 'Cache', {
      ...common, subnets: network.foundation.dataSubnets, encryptionKey: security.keys.key(DataClass.CACHE),
    });
  }
}
