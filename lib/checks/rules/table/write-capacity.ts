import { formatNumber } from '../../../sizing/format';
import type { Finding, Rule } from '../../rule';
import { missingWriteUnits } from '../../views/payment-writes';

export const writeCapacity: Rule = {
  id: 'HT-TABLE-003',
  severity: 'error',
  what: 'The write units that are bought for a table are fewer than the workload writes.',
  why: 'Writes above them are refused. The function throws, its batch is repeated, and the stream behind it grows for as long as the peak lasts.',
  fix: 'Raise WriteCapacityUnits or the maximum of its scaling, or bill by request with warm throughput for the peak.',
  source: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/provisioned-capacity-mode.html',
  *check(context): Iterable<Finding> {
    for (const { group, ready, needed } of missingWriteUnits(context, 'provisioned')) {
      for (const table of group.tables.filter((it) => it.billing === 'provisioned')) {
        yield {
          resource: table.resource,
          property: 'Properties.ProvisionedThroughput.WriteCapacityUnits',
          message: `it takes ${formatNumber(ready)} write units/s${group.tables.length > 1 ? ` with ${group.tables.length - 1} more` : ''}; `
            + `the stated peak writes ${formatNumber(needed)} where each payment is one item`,
        };
      }
    }
  },
};
