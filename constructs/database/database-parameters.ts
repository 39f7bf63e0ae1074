import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import type { ShardedDatabaseProps } from './sharded-database-props';

/**
 * Parameters of all shards.
 *
 * Of the write-ahead log Aurora leaves little to set: its storage takes the log itself, so there are no checkpoints, no full pages and no segments to
 * tune. What is left: a commit waits until the log is durable, and nothing is logged for logical replication, which nobody reads. Instead of
 * delaying commits for a group of them, workers send batches.
 */
export class DatabaseParameters extends Construct {
  /** Parameters of a cluster. */
  readonly cluster: rds.ParameterGroup;
  /** Parameters of an instance. */
  readonly instance: rds.ParameterGroup;

  constructor(scope: Construct, id: string, engine: rds.IClusterEngine, props: ShardedDatabaseProps) {
    super(scope, id);
    const { longestIdleTransaction, longestLockWait, longestStatement, slowStatement, vacuumScale } = DEFAULTS.database;
    const description = (of: string): string => `${of} of ${scope.node.path}`;
    this.cluster = new rds.ParameterGroup(this, 'Cluster', {
      engine,
      description: description('Clusters'),
      parameters: {
        'synchronous_commit': 'on',
        'rds.logical_replication': '0',
        'rds.force_ssl': '1',
        'ssl_min_protocol_version': 'TLSv1.2',
        'password_encryption': 'scram-sha-256',
        'shared_preload_libraries': 'pg_stat_statements,auto_explain,pgaudit',
        'pg_stat_statements.track': 'all',
        // Who changes the schema or a right is noted; statements of the payment path are too many.
        'pgaudit.log': 'ddl,role',
        'timezone': 'UTC',
        'track_io_timing': '1',
        // The largest tables are partitions of a day that only grow: by default they are looked after when a fifth is new.
        'autovacuum_vacuum_insert_scale_factor': String(vacuumScale),
        'autovacuum_vacuum_scale_factor': String(vacuumScale),
        'autovacuum_analyze_scale_factor': String(vacuumScale),
        ...props.clusterParameters,
      },
    });
    this.instance = new rds.ParameterGroup(this, 'Instance', {
      engine,
      description: description('Instances'),
      parameters: {
        'log_min_duration_statement': String(slowStatement.toMilliseconds()),
        'auto_explain.log_min_duration': String(slowStatement.toMilliseconds()),
        'log_statement': 'ddl',
        'log_lock_waits': '1',
        'log_connections': '1',
        'log_disconnections': '1',
        'statement_timeout': String(longestStatement.toMilliseconds()),
        'lock_timeout': String(longestLockWait.toMilliseconds()),
        'idle_in_transaction_session_timeout': String(longestIdleTransaction.toMilliseconds()),
        ...props.instanceParameters,
      },
    });
  }
}
