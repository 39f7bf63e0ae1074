import type { TopologyResource } from '../../topology';
import type { Amount } from '../amount';
import { numberOf } from './properties';
import type { UsageModel } from './usage-model';
import { tableUsage } from './tables';

/** Changes a second in the stream of a table: its writes, however many units each takes. */
export function changesPerSecond(model: UsageModel, table: TopologyResource): Amount {
  return model.use(table, 'changesPerSecond', () => tableUsage(model, table).writesPerSecond);
}

/**
 * Shards of a table's stream, as many as it has partitions: what the function that reads it was made for, else what the warm throughput or the
 * writes ask for.
 */
export function tableStreamShards(model: UsageModel, table: TopologyResource, reader: TopologyResource): number {
  const tables = model.decidedNumber(table, 'tables') ?? 1;
  const decided = model.decidedNumber(reader, 'reservedConcurrency');
  if (decided !== undefined && model.decidedNumber(table, 'streamShards') !== undefined) {
    return decided / tables;
  }
  const perPartition = model.facts(table).number('dynamodb/partition.maxWcu');
  const warm = numberOf(table, 'WarmThroughput.WriteUnitsPerSecond') ?? 0;
  const { writeUnitsPerSecond } = tableUsage(model, table);
  return Math.max(1, Math.ceil(Math.max(warm, writeUnitsPerSecond.value) / perPartition));
}

