import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { JournalAuditTrail } from '../../../constructs';
import { type AuditParts, trailProps } from '../stacks/audit-stack';
import type { LedgerStack } from './ledger-stack';

/** Properties of `KubernetesAuditStack`. */
export interface KubernetesAuditStackProps extends AuditParts {
  readonly ledger: LedgerStack;
}

/**
 * The audit trail of the ledger, in a stack of its own as in the other profile. All cells share it, as they do the ledger: it runs in none of them.
 */
export class KubernetesAuditStack extends Stack {
  readonly trail: JournalAuditTrail;

  constructor(scope: Construct, id: string, props: KubernetesAuditStackProps) {
    super(scope, id, props);
    this.trail = new JournalAuditTrail(this, 'AuditTrail', { ...trailProps(props), database: props.ledger.database });
  }
}
