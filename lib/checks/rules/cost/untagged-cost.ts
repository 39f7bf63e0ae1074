import { tagCoverage } from '../../../cost';
import type { Finding, Rule } from '../../rule';
import { billFor, budgets } from '../../views/budgets';

export const untaggedCost: Rule = {
  id: 'HT-COST-002',
  severity: 'warning',
  what: 'Something that costs money does not carry the tag by which a budget counts.',
  why: 'Budgets, anomaly detection and cost reports that filter by a tag do not see it: it can grow without anybody being told.',
  fix: 'Tag the whole app or stage, not stack by stack: `Tags.of(app).add(\'application\', \'payment-reference\')`.',
  source: 'https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/cost-alloc-tags.html',
  *check(context): Iterable<Finding> {
    const keys = new Set(budgets(context).flatMap(({ tag }) => tag?.key ?? []));
    for (const key of keys) {
      const { resource: budget } = budgets(context).find(({ tag }) => tag?.key === key)!;
      const bill = billFor(context, budget);
      for (const { logicalId, stack } of bill === undefined ? [] : tagCoverage(bill, key).untagged) {
        const found = context.topology.resources.find((it) => it.logicalId === logicalId && it.stack.displayName === stack);
        if (found !== undefined) {
          yield { resource: found, property: 'Properties.Tags', message: `it has no tag \`${key}\`` };
        }
      }
    }
  },
};
