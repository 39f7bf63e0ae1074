import { Stack } from 'aws-cdk-lib';
import { budgetAmount } from '../../../lib/checks/rules/cost/budget-amount';
import { untaggedCost } from '../../../lib/checks/rules/cost/untagged-cost';
import { Rate, Workload } from '../../../lib/workload';
import { foundBy } from './found-by';
import { addresses, budget } from './planted/cost-parts';

const workload = new Workload({ peak: Rate.perSecond(1000) });
const OURS = ['application', 'payments'] as const;
const THEIRS = ['application', 'other'] as const;
const BY_TAG = { TagKeyValue: ['user:application$payments'] };

describe('HT-COST-001', () => {
  /** What is found of a budget over two addresses of ours and one of somebody else, 3.65 dollars each. */
  const found = (amount: number, filters?: Record<string, string[]>) => foundBy(budgetAmount, (stack: Stack) => {
    addresses(stack, [OURS], [OURS], [THEIRS]);
    budget(stack, amount, filters);
  }, workload);

  it('accepts what lies between the typical bill and twice its high end, both included', () => {
    expect([10.95, 15, 21.9].map((amount) => found(amount))).toEqual([[], [], []]);
  });

  it('finds a budget that a usual month breaks, and one that warns too late', () => {
    expect(found(10.9)).toEqual(['Budget: $11 a month is less than is usual: a month of it costs $11, $11 to $11']);
    expect(found(22)).toEqual(['Budget: $22 a month is more than $22: a month of it costs $11, $11 to $11']);
  });

  it('looks at what the tag of the budget marks, and at its services', () => {
    expect(found(7.3, BY_TAG)).toEqual([]);
    expect(found(7.2, BY_TAG)).toHaveLength(1);
    expect(found(14.7, BY_TAG)).toHaveLength(1);
    expect(found(4, { TagKeyValue: ['user:application$other'] })).toEqual([]);
    expect(found(7.3, { ...BY_TAG, Service: ['Amazon Virtual Private Cloud'] })).toEqual([]);
    expect(found(7.2, { ...BY_TAG, Service: ['Amazon Virtual Private Cloud', 'AWS Lambda'] })).toHaveLength(1);
  });

  it('leaves budgets alone whose filter it does not know, and those of what is elsewhere', () => {
    expect(found(1, { Region: ['eu-west-1'] })).toEqual([]);
    expect(found(1, { TagKeyValue: ['user:a$b', 'user:c$d'] })).toEqual([]);
    expect(found(1_000, { TagKeyValue: ['user:application$elsewhere'] })).toEqual([]);
    expect(found(1_000, { ...BY_TAG, Service: ['AWS Lambda'] })).toEqual([]);
  });

  it('judges nothing where nobody said what the app carries', () => {
    expect(foundBy(budgetAmount, (stack: Stack) => {
      addresses(stack, []);
      budget(stack, 1);
    })).toEqual([]);
  });
});

describe('HT-COST-002', () => {
  const found = (filters: Record<string, string[]> | undefined, ...tags: (readonly [string, string])[][]) => foundBy(untaggedCost, (stack: Stack) => {
    addresses(stack, ...tags);
    budget(stack, 1, filters);
  }, workload);

  it('finds what costs something and has no tag of the kind that a budget counts by', () => {
    expect(found(BY_TAG, [OURS], [], [THEIRS])).toEqual(['Address1: it has no tag `application`']);
  });

  it('asks for no tag where no budget counts by one', () => {
    expect(found(undefined, [], [])).toEqual([]);
  });
});
