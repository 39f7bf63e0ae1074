import type { Construct } from 'constructs';
import type { Workload } from '../../../lib/workload';
import { EventsStack } from '../stacks/events-stack';
import type { NetworkStack } from '../stacks/network-stack';
import { PayoutsStack } from '../stacks/payouts-stack';
import type { ReferenceStackProps } from '../stacks/reference-stack-props';
import type { SecurityStack } from '../stacks/security-stack';
import type { KubernetesDataStack } from './data-stack';
import type { LedgerStack } from './ledger-stack';
import { letApply } from './let-settle';
import { payoutVariables } from './variables';

/** What payouts are made with. */
export interface PayoutPartsProps extends ReferenceStackProps {
  readonly data: KubernetesDataStack;
  readonly ledger: LedgerStack;
  readonly network: NetworkStack;
  readonly security: SecurityStack;
  /** What all cells together must carry. */
  readonly workload: Workload;
}

/** Payouts, and what others are told of them. */
export interface PayoutParts {
  readonly events: EventsStack;
  readonly payouts: PayoutsStack;
}

/** The stacks of payouts and events of the other profile, on the ledger in PostgreSQL: what a merchant has is asked where its money is held. */
export function addPayouts(stage: Construct, props: PayoutPartsProps): PayoutParts {
  const { ledger: { database }, workload } = props;
  const events = new EventsStack(stage, 'events', props);
  const payouts = new PayoutsStack(stage, 'payouts', { ...props, events, variables: payoutVariables(database, workload) });
  letApply(payouts.steps, database);
  return { events, payouts };
}
