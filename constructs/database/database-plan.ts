import type { Duration } from 'aws-cdk-lib';
import type { Facts } from '../../lib/facts';
import { type AuroraShardsSizing, sizeRecovery } from '../../lib/sizing';
import { type AuroraStorageMode, operationsOfShard } from '../../lib/sizing/aurora-shards-cost';
import { instanceClasses } from '../../lib/sizing/aurora-shards-load';
import { LIMITS } from '../limits';
import type { ServerlessDatabaseProps } from './database-capacity';
import type { ShardedDatabaseProps } from './sharded-database-props';

/** What is built: the sizing, with what was stated in its place. */
export interface DatabasePlan {
  readonly shards: number;
  readonly readers: number;
  /** `db.serverless` where there are no classes. */
  readonly instanceClass: string;
  /** Memory of an instance; none where it comes and goes. */
  readonly memoryBytes?: number;
  readonly serverless?: ServerlessDatabaseProps;
  readonly storageMode: AuroraStorageMode;
  readonly backupRetention: Duration;
  /** Reads and writes of the volume of a shard at the peak, with the memory and the shards that there are. */
  readonly operationsPerSecondOfShard: number;
}

/** @throws Error for a class that the facts do not know and no memory is stated for. */
export function planDatabase(props: ShardedDatabaseProps, sizing: AuroraShardsSizing, facts: Facts): DatabasePlan {
  const { provisionedProps, serverlessProps } = props.capacity ?? {};
  const instanceClass = serverlessProps ? 'db.serverless' : provisionedProps?.instanceClass ?? sizing.instanceClass;
  const kept = sizeRecovery(props.workload, facts).pointInTimeRecovery;
  const shards = props.shards ?? sizing.shards;
  const memoryBytes = serverlessProps ? undefined : provisionedProps?.memory?.toBytes() ?? memoryOf(instanceClass, facts);
  return {
    shards,
    readers: props.readersPerShard ?? sizing.readersPerShard,
    instanceClass,
    memoryBytes,
    serverless: serverlessProps,
    storageMode: props.storageMode ?? sizing.storageMode,
    backupRetention: props.backupRetention ?? (kept.toDays() > LIMITS.database.backup.toDays() ? LIMITS.database.backup : kept),
    operationsPerSecondOfShard: operationsOfShard(props.workload, shards, memoryBytes ?? 0, facts),
  };
}

function memoryOf(instanceClass: string, facts: Facts): number {
  const classes = instanceClasses(facts);
  const known = classes.find(({ name }) => name === instanceClass);
  if (known === undefined) {
    throw new Error(`\`capacity.memory\` must be stated for ${instanceClass}, as the facts know ${classes.map(({ name }) => name).join(', ')}, got: none`);
  }
  return known.memoryBytes;
}
