import { Fn, type Stack } from 'aws-cdk-lib';
import * as budgets from 'aws-cdk-lib/aws-budgets';
import * as ec2 from 'aws-cdk-lib/aws-ec2';

/** A monthly budget of the whole account, or of what carries a tag. */
export function budget(stack: Stack, amount: number, costFilters?: Record<string, string[]>): budgets.CfnBudget {
  return new budgets.CfnBudget(stack, 'Budget', {
    budget: { budgetType: 'COST', timeUnit: 'MONTHLY', budgetLimit: { amount, unit: 'USD' }, costFilters },
  });
}

/** Public addresses, 3.65 dollars a month each, whatever the workload is. */
export function addresses(stack: Stack, ...tags: (readonly [string, string])[][]): void {
  tags.forEach((own, index) => new ec2.CfnEIP(stack, `Address${index}`, {
    domain: 'vpc', networkBorderGroup: Fn.ref('AWS::Region'), tags: own.map(([key, value]) => ({ key, value })),
  }));
}
