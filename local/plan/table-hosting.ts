import { Facts } from '../../lib/facts';
import type { TableConfiguration, TableHostConfiguration } from '../engines/table';
import type { TablePlan } from './run-plan';

/** A table stream has at least as many shards here as a small table on AWS is likely to have, and at most what this machine can poll. */
const FEWEST_STREAM_SHARDS = 4;
const MOST_STREAM_SHARDS = 16;

/** How the table host serves the tables of a plan: throughput, partitions and stream shards as AWS would lay them out. */
export function tableHostConfiguration(tables: readonly TablePlan[], facts: Facts = Facts.DEFAULT): TableHostConfiguration {
  const limits = {
    partitionWriteUnits: facts.number('dynamodb/partition.maxWcu'),
    partitionReadUnits: facts.number('dynamodb/partition.maxRcu'),
    writeUnitBytes: facts.number('dynamodb/wcu.bytes'),
    readUnitBytes: facts.number('dynamodb/rcu.bytes'),
  };
  return {
    limits,
    tables: tables.map((table): TableConfiguration => {
      // A new on-demand table that states nothing else.
      const writeUnitsPerSecond = table.writeUnitsPerSecond ?? facts.number('dynamodb/onDemand.initialWritePerSec');
      const readUnitsPerSecond = table.readUnitsPerSecond ?? facts.number('dynamodb/onDemand.initialReadPerSec');
      const partitions = Math.ceil(Math.max(writeUnitsPerSecond / limits.partitionWriteUnits, readUnitsPerSecond / limits.partitionReadUnits));
      return {
        name: table.name,
        partitionKey: table.partitionKey,
        sortKey: table.sortKey,
        streamArn: table.streamArn,
        streamShards: Math.min(MOST_STREAM_SHARDS, Math.max(FEWEST_STREAM_SHARDS, Math.ceil(writeUnitsPerSecond / limits.partitionWriteUnits))),
        writeUnitsPerSecond,
        readUnitsPerSecond,
        partitions,
        billing: table.billing,
        timeToLiveAttribute: table.timeToLiveAttribute,
      };
    }),
  };
}
