import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { QueueWorker } from '../../../constructs';
import type { Workload } from '../../../lib/workload';
import { addRefundWorker } from '../refund-worker';
import type { NetworkStack } from '../stacks/network-stack';
import type { ReferenceStackProps } from '../stacks/reference-stack-props';
import type { SecurityStack } from '../stacks/security-stack';
import type { KubernetesDataStack } from './data-stack';
import type { LedgerStack } from './ledger-stack';
import { letSettle } from './let-settle';
import { refundVariables } from './variables';

/** Properties of `RefundsStack`. */
export interface RefundsStackProps extends ReferenceStackProps {
  readonly data: KubernetesDataStack;
  readonly ledger: LedgerStack;
  readonly network: NetworkStack;
  readonly security: SecurityStack;
  /** What this cell must carry. */
  readonly workload: Workload;
}

/** The queue in which early refunds of a cell wait for their payments. A function works on it: they are too few for pods of their own. */
export class RefundsStack extends Stack {
  readonly refundWorker: QueueWorker;

  constructor(scope: Construct, id: string, { data, ledger, network, removalPolicy, security, workload, ...props }: RefundsStackProps) {
    super(scope, id, props);
    const variables = refundVariables(ledger.database, data.parking, workload);
    this.refundWorker = addRefundWorker(this, { network, removalPolicy, security, variables, workload });
    letSettle(this.refundWorker, ledger.database, data.parking);
  }
}
