import type { Facts } from '../facts';
import { reservedHour } from '../sizing/table-capacity-mode-cost';

/** What is committed to: nothing, or one year without paying ahead where that is offered. */
export type Commitment = 'none' | '1y';

export const COMMITMENTS: readonly Commitment[] = ['none', '1y'];

/** A plan of AWS that lowers a price for who commits to a year. */
export type CommitmentPlan =
  | 'fargateSavingsPlan' | 'lambdaSavingsPlan' | 'instanceSavingsPlan' | 'reservedWrites' | 'reservedReads' | 'databaseSavingsPlan' | 'reservedAurora'
  | 'reservedNodes';

interface PlanTerms {
  /** In words, for lines. */
  readonly name: string;
  /** Fact ids that the price rests on. */
  readonly facts: readonly string[];
  /** Share of the list price that is left. @param of what is committed to, where a plan has a price for each type */
  factor(facts: Facts, of?: string): number;
}

function discounted(name: string, id: string): PlanTerms {
  return { name, facts: [id], factor: (facts) => 1 - facts.number(id) };
}

const PLANS: { readonly [plan in CommitmentPlan]: PlanTerms } = {
  fargateSavingsPlan: discounted('Compute Savings Plan, one year', 'fargate/computeSavingsPlan.1yNoUpfront.discount'),
  lambdaSavingsPlan: discounted('Compute Savings Plan, one year', 'lambda/computeSavingsPlan.1yNoUpfront.discount'),
  instanceSavingsPlan: discounted('Compute Savings Plan, one year', 'ec2/savings.compute1yNoUpfront.discount'),
  databaseSavingsPlan: discounted('Database Savings Plan, one year', 'dynamodb/databaseSavingsPlan.onDemand.discount'),
  reservedAurora: discounted('reserved instance, one year', 'aurora/reserved1yNoUpfront.discount'),
  reservedNodes: {
    name: 'reserved nodes, one year',
    facts: [],
    factor: (facts, of) => facts.price(`elasticache/reserved1yNoUpfront.${of}.hour`) / facts.price(`elasticache/onDemand.${of}.hour`),
  },
  // Reserved units have a price of their own, in the reference region; elsewhere they are taken to save the same share.
  reservedWrites: {
    name: 'reserved write units, one year',
    facts: ['dynamodb/reserved1y.wcu100.upfront', 'dynamodb/reserved1y.wcu100.hour'],
    factor: (facts) => reservedHour('wcu100', facts) / facts.price('dynamodb/provisioned.wcuHour', 'us-east-1'),
  },
  reservedReads: {
    name: 'reserved read units, one year',
    facts: ['dynamodb/reserved1y.rcu100.upfront', 'dynamodb/reserved1y.rcu100.hour'],
    factor: (facts) => reservedHour('rcu100', facts) / facts.price('dynamodb/provisioned.rcuHour', 'us-east-1'),
  },
};

/** The terms of a plan. */
export function planTerms(plan: CommitmentPlan): PlanTerms {
  return PLANS[plan];
}
