import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AuditLock, AuditTrail } from '../../../constructs';
import type { Workload } from '../../../lib/workload';
import { Phase } from '../phase';
import type { DataStack } from './data-stack';
import type { NetworkStack } from './network-stack';
import type { ReferenceStackProps } from './reference-stack-props';
import type { SecurityStack } from './security-stack';

/** Properties of `AuditStack`. */
export interface AuditStackProps extends ReferenceStackProps {
  readonly data: DataStack;
  readonly network: NetworkStack;
  readonly security: SecurityStack;
  /** What all cells together must carry. */
  readonly workload: Workload;
}

/** The audit trail of the ledger, in a stack of its own: who keeps the books need not be who keeps the evidence. */
export class AuditStack extends Stack {
  readonly trail: AuditTrail;

  constructor(scope: Construct, id: string, props: AuditStackProps) {
    super(scope, id, props);
    const { data, network, phase, removalPolicy, security, workload } = props;
    const inside = { vpc: network.foundation.vpc, vpcSubnets: network.foundation.applicationSubnets };
    this.trail = new AuditTrail(this, 'AuditTrail', {
      workload,
      table: data.ledger,
      lock: removalPolicy === RemovalPolicy.DESTROY ? AuditLock.none() : undefined,
      logEncryptionKey: security.operationsKey,
      ...inside,
      locators: phase.includes(Phase.ADVANCED) ? inside : undefined,
      removalPolicy,
    });
  }
}
