import { formatNumber } from '../../../sizing/format';
import type { Finding, Rule } from '../../rule';
import { missingWriteUnits } from '../../views/payment-writes';

export const warmThroughput: Rule = {
  id: 'HT-TABLE-004',
  severity: 'warning',
  what: 'A table on demand is not warmed for the stated peak.',
  why: 'A new table takes a few thousand writes a second and doubles only step by step: the first peak after a deployment is throttled.',
  fix: 'Set WarmThroughput.WriteUnitsPerSecond to what the peak writes.',
  source: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html',
  *check(context): Iterable<Finding> {
    for (const { group, ready, needed } of missingWriteUnits(context, 'on-demand')) {
      for (const table of group.tables.filter((it) => it.billing === 'on-demand')) {
        yield {
          resource: table.resource,
          property: 'Properties.WarmThroughput.WriteUnitsPerSecond',
          message: `it is ready for ${formatNumber(ready)} write units/s${group.tables.length > 1 ? ` with ${group.tables.length - 1} more` : ''}; `
            + `the stated peak writes ${formatNumber(needed)} where each payment is one item`,
        };
      }
    }
  },
};
