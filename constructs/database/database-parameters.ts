import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import type { ShardedDatabaseProps } from './sharded-database-props';

/**
 * Parameters of all shards.
 *
 * Of the write-ahead log Aurora leaves little to set: its storage takes the log itself, so there are no checkpoints, no full pages and no segments to
 * tune, and `wal_compression`, `max_wal_size` and `checkpoint_timeout` of a PostgreSQL of one's own have nothing to act on. What is left: a commit
 * waits until the log is durable, and nothing is logged for logical replication, which nobody reads. Instead of delaying commits for a group of them,
 * workers send batches.
 *
 * Memory is left as Aurora has it: buffers and the memory of vacuums follow the class of the instance by formulas of its own. Batches and reads of a
 * ledger sort little; what spills to disk nevertheless is logged.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Appendix.PostgreSQL.CommonDBATasks.Autovacuum.html
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Appendix.PostgreSQL.CommonDBATasks.Autovacuum.Logging.html
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.BestPractices.Tuning-memory-parameters.html
 * @see https://www.postgresql.org/docs/current/runtime-config-autovacuum.html
 */
export class DatabaseParameters extends Construct {
  /** Parameters of a cluster. */
  readonly cluster: rds.ParameterGroup;
  /** Parameters of an instance. */
  readonly instance: rds.ParameterGroup;

  constructor(scope: Construct, id: string, engine: rds.IClusterEngine, props: ShardedDatabaseProps) {
    super(scope, id);
    const { longestIdleTransaction, longestLockWait, longestStatement, slowStatement, slowVacuum, vacuumScale } = DEFAULTS.database;
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
        // The largest tables are partitions that only grow. By default a vacuum looks after them when a fifth is new: then entries are read for it
        // once more that have left the memory, and reads by index alone cannot trust the visibility map until then.
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
        // Each file that a sort or a hash had to leave memory for; from 0 bytes on, as there should be none.
        'log_temp_files': '0',
        // Also tells of vacuums that were skipped because of a lock. Both as AWS recommends.
        'log_autovacuum_min_duration': String(slowVacuum.toMilliseconds()),
        'rds.force_autovacuum_logging_level': 'warning',
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
