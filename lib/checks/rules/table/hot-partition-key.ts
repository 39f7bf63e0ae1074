import type { Finding, Rule } from '../../rule';
import { tables } from '../../views/tables';

/** Last words of attribute names that have few values, or one that all items of a moment share. */
const FEW_VALUES = new Set([
  'status', 'state', 'type', 'kind', 'category', 'stage', 'priority', 'active', 'enabled', 'flag', 'country', 'region', 'currency', 'gender',
  'date', 'day', 'week', 'month', 'year', 'hour', 'today', 'environment', 'env', 'severity', 'level', 'channel', 'method', 'brand',
]);

export const hotPartitionKey: Rule = {
  id: 'HT-TABLE-005',
  severity: 'warning',
  what: 'The name of a partition key tells that it has few values.',
  why: 'All items of one value lie in one partition, which takes 1,000 writes a second however large the table is. An index with such a key holds up '
    + 'the writes of its table as well.',
  fix: 'Use a key of many values and put the few into the sort key, or add a shard number to the key: status#17.',
  source: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html',
  *check(context): Iterable<Finding> {
    for (const { resource, partitionKey, indexes } of tables(context)) {
      if (hasFewValues(partitionKey)) {
        yield { resource, property: 'Properties.KeySchema', message: `the table is partitioned by ${partitionKey}` };
      }
      for (const index of indexes) {
        if (hasFewValues(index.partitionKey)) {
          yield { resource, property: `${index.property}.KeySchema`, message: `the index ${index.name} is partitioned by ${index.partitionKey}` };
        }
      }
    }
  },
};

function hasFewValues(attribute: string): boolean {
  const words = attribute.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/).filter(Boolean);
  return FEW_VALUES.has(words[words.length - 1]?.toLowerCase() ?? '');
}
