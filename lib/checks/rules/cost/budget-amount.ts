import { type Bill, costOf, linesTagged, type Spread, sumOf } from '../../../cost';
import type { Finding, Rule } from '../../rule';
import { billFor, budgets, type BudgetView } from '../../views/budgets';

const MOST_OVER_HIGH = 'target/cost.budgetOverHigh';

export const budgetAmount: Rule = {
  id: 'HT-COST-001',
  severity: 'error',
  what: 'A budget does not fit the bill of what it guards.',
  why: 'One below what a month usually costs calls somebody every month, until nobody listens; one far above what it may cost warns when it is long paid.',
  fix: 'Set it between the typical bill and twice its high end (`cht cost` tells both), or let `CostGuard.forStage` derive it. State the workload anew where that has changed.',
  source: 'https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-best-practices.html',
  *check(context): Iterable<Finding> {
    for (const budget of budgets(context)) {
      const bill = billFor(context, budget.resource);
      if (bill === undefined) {
        continue;
      }
      const usd = seenBy(budget, bill);
      const most = context.factsFor(budget.resource).number(MOST_OVER_HIGH) * usd.high;
      // Nothing of it is in this assembly: then it guards what is elsewhere. What is unpriced may be what a large one is for.
      const isTooLarge = usd.high > 0 && budget.limit > most && !bill.atLeast;
      if (budget.limit < usd.typical || isTooLarge) {
        const bounds = `a month of it costs $${rounded(usd.typical)}, $${rounded(usd.low)} to $${rounded(usd.high)}`;
        yield {
          resource: budget.resource,
          property: 'Properties.Budget.BudgetLimit.Amount',
          message: `$${rounded(budget.limit)} a month is ${isTooLarge ? `more than $${rounded(most)}` : 'less than is usual'}: ${bounds}`,
        };
      }
    }
  },
};

/** What a budget sees of a bill. */
function seenBy({ services, tag }: BudgetView, bill: Bill): Spread {
  const lines = tag === undefined ? bill.lines : linesTagged(bill, tag);
  return services.length === 0 ? costOf(lines) : sumOf(services.map((service) => costOf(lines, service)));
}

function rounded(usd: number): string {
  return Math.round(usd).toLocaleString('en-US');
}
