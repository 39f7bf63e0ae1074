import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { type AuditArchiveProps, AuditLock, AuditTrail } from '../../../constructs';
import type { Workload } from '../../../lib/workload';
import { Phase } from '../phase';
import type { DataStack } from './data-stack';
import type { NetworkStack } from './network-stack';
import type { ReferenceStackProps } from './reference-stack-props';
import type { SecurityStack } from './security-stack';

/** What an audit trail needs beside its ledger. */
export interface AuditParts extends ReferenceStackProps {
  readonly network: NetworkStack;
  readonly security: SecurityStack;
  /** What all cells together must carry. */
  readonly workload: Workload;
}

/** Properties of `AuditStack`. */
export interface AuditStackProps extends AuditParts {
  readonly data: DataStack;
}

/** What audit trails of the reference have in common, wherever the ledger lies. */
export function trailProps({ network, phase, removalPolicy, security, workload }: AuditParts): AuditArchiveProps & { readonly vpc: ec2.IVpc } {
  const inside = { vpc: network.foundation.vpc, vpcSubnets: network.foundation.applicationSubnets };
  return {
    workload,
    lock: removalPolicy === RemovalPolicy.DESTROY ? AuditLock.none() : undefined,
    logEncryptionKey: security.operationsKey,
    ...inside,
    locators: phase.includes(Phase.ADVANCED) ? inside : undefined,
    removalPolicy,
  };
}

/** The audit trail of the ledger, in a stack of its own: who keeps the books need not be who keeps the evidence. */
export class AuditStack extends Stack {
  readonly trail: AuditTrail;

  constructor(scope: Construct, id: string, props: AuditStackProps) {
    super(scope, id, props);
    this.trail = new AuditTrail(this, 'AuditTrail', { ...trailProps(props), table: props.data.ledger });
  }
}
