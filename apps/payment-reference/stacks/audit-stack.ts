import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AuditLock, AuditTrail } from '../../../constructs';
import type { Workload } from '../../../lib/workload';
import type { DataStack } from './data-stack';
import type { ReferenceStackProps } from './reference-stack-props';
import type { SecurityStack } from './security-stack';

/** Properties of `AuditStack`. */
export interface AuditStackProps extends ReferenceStackProps {
  readonly data: DataStack;
  readonly security: SecurityStack;
  /** What all cells together must carry. */
  readonly workload: Workload;
}

/** The audit trail of the ledger, in a stack of its own: who keeps the books need not be who keeps the evidence. */
export class AuditStack extends Stack {
  readonly trail: AuditTrail;

  constructor(scope: Construct, id: string, props: AuditStackProps) {
    super(scope, id, props);
    const { data, removalPolicy, security, workload } = props;
    this.trail = new AuditTrail(this, 'AuditTrail', {
      workload,
      table: data.ledger,
      lock: removalPolicy === RemovalPolicy.DESTROY ? AuditLock.none() : undefined,
      logEncryptionKey: security.operationsKey,
      removalPolicy,
      alarms: { actions: security.alarmActions },
    });
  }
}
