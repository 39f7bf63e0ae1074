import { formatNumber } from '../../../sizing/format';
import type { Finding, Rule } from '../../rule';
import { tables } from '../../views/tables';

export const indexCapacity: Rule = {
  id: 'HT-TABLE-006',
  severity: 'warning',
  what: 'An index takes fewer writes than its table.',
  why: 'A write that the index cannot take is refused by the table: the slower of the two is the capacity of both.',
  fix: 'Give the index the write units of its table, bought or warm. For an index that few items are in, say so and acknowledge.',
  source: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html',
  *check(context): Iterable<Finding> {
    for (const table of tables(context)) {
      for (const index of table.indexes) {
        const [indexUnits, tableUnits, property] = table.billing === 'provisioned'
          ? [index.writeUnits, table.writeUnits, 'ProvisionedThroughput.WriteCapacityUnits']
          : [index.warmWriteUnits ?? 0, table.warmWriteUnits, 'WarmThroughput.WriteUnitsPerSecond'];
        if (indexUnits !== undefined && tableUnits !== undefined && indexUnits < tableUnits) {
          yield {
            resource: table.resource,
            property: `${index.property}.${property}`,
            message: indexUnits === 0
              ? `the index ${index.name} is not warmed, its table is for ${formatNumber(tableUnits)} write units/s`
              : `the index ${index.name} takes ${formatNumber(indexUnits)} write units/s, its table ${formatNumber(tableUnits)}`,
          };
        }
      }
    }
  },
};
