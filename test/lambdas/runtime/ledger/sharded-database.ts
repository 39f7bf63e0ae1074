import { forEachConcurrently } from '../../../../lambdas/runtime/aws/concurrency';
import { MerchantPlaces } from '../../../../lambdas/runtime/ledger/merchant-map';
import { MerchantMover, type MerchantMoverOptions } from '../../../../lambdas/runtime/ledger/merchant-mover';
import type { PostgresqlCaller } from '../../../../lambdas/runtime/ledger/postgresql-connections';
import { migrateMerchantDirectory, PostgresqlMerchantDirectory } from '../../../../lambdas/runtime/ledger/postgresql-merchant-directory';
import { migratePostgresqlLedger } from '../../../../lambdas/runtime/ledger/postgresql-migrations';
import { createPostgresqlPartitions } from '../../../../lambdas/runtime/ledger/postgresql-partitions';
import { PostgresqlShard } from '../../../../lambdas/runtime/ledger/postgresql-shard';
import { ShardedPostgresqlLedger, type ShardedPostgresqlLedgerOptions } from '../../../../lambdas/runtime/ledger/sharded-postgresql-ledger';
import { ShardedPostgresqlQueries } from '../../../../lambdas/runtime/ledger/sharded-postgresql-queries';
import { PostgresqlDatabase } from './postgresql-database';

/** Schemas that are made at once. */
const MADE_AT_ONCE = 4;

/** A ledger over the schemas of one real PostgreSQL, and the directory of its merchants. */
export class ShardedDatabase {
  public static async start(shards: number): Promise<ShardedDatabase> {
    const database = await PostgresqlDatabase.start();
    const names = Array.from({ length: shards }, (_, index) => `shard_${index}`);
    await forEachConcurrently(names, MADE_AT_ONCE, async (schema) => {
      await migratePostgresqlLedger(database.connections, { schema });
      await createPostgresqlPartitions(database.connections, { schema, days: 7 });
    });
    await migrateMerchantDirectory(database.connections, names);
    return new ShardedDatabase(database, names);
  }

  public readonly directory: PostgresqlMerchantDirectory;
  /** Whom a shard is asked through, by its name. @default - the connections of all */
  public readonly callers = new Map<string, PostgresqlCaller>();

  private constructor(public readonly database: PostgresqlDatabase, public readonly names: readonly string[]) {
    this.directory = new PostgresqlMerchantDirectory({ database: database.connections });
  }

  public shard(name: string): PostgresqlShard {
    const { connections } = this.database;
    return new PostgresqlShard({ database: { query: (statement) => (this.callers.get(name) ?? connections).query(statement) }, schema: name });
  }

  /** The directory as a worker has it that looks there only when it must. */
  public places(): MerchantPlaces {
    return new MerchantPlaces({ source: this.directory, ageMilliseconds: 3_600_000 });
  }

  public ledger(options: Partial<ShardedPostgresqlLedgerOptions> = {}): ShardedPostgresqlLedger {
    return new ShardedPostgresqlLedger({ places: this.places(), shard: (name) => this.shard(name), ...options });
  }

  public queries(): ShardedPostgresqlQueries {
    return new ShardedPostgresqlQueries({ places: this.places(), shard: (name) => this.shard(name) });
  }

  public mover(options: Partial<MerchantMoverOptions> = {}): MerchantMover {
    return new MerchantMover({ directory: this.directory, shard: (name) => this.shard(name), windowMilliseconds: 0, ...options });
  }

  /** Rows of all shards of what is asked of each. `SCHEMA` stands for its schema. */
  public async everywhere(text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    const rows = await Promise.all(this.names.map((name) => this.database.connections.query({ text: text.replaceAll('SCHEMA', name), values })));
    return rows.flat();
  }

  public stop(): Promise<void> {
    return this.database.stop();
  }
}
