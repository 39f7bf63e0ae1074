import type { Rule } from '../../rule';
import { scalingOfTable } from '../../views/scaling';
import { tables } from '../../views/tables';

export const writeScaling: Rule = {
  id: 'HT-TABLE-002',
  severity: 'warning',
  what: 'A table of fixed write capacity is not scaled.',
  why: 'It is paid for at night and refuses writes at the peak: burst capacity lasts for 300 seconds, then every write above the stated units fails.',
  fix: 'Bill by request (PAY_PER_REQUEST), or register dynamodb:table:WriteCapacityUnits with Application Auto Scaling.',
  source: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.html',
  *check(context) {
    for (const table of tables(context)) {
      const scaled = table.scalesItself || scalingOfTable(context, table.resource, 'dynamodb:table:WriteCapacityUnits') !== undefined;
      if (table.billing === 'provisioned' && !scaled) {
        yield {
          resource: table.resource,
          property: 'Properties.ProvisionedThroughput.WriteCapacityUnits',
          message: `the table has ${table.writeUnits ?? 0} write units/s, always`,
        };
      }
    }
  },
};
