import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { ShardDirectory } from './shard-directory';
import { ShardedTableBase } from './sharded-table-base';

/** Properties of `ShardedTable.fromTables`. */
export interface ImportedTablesProps {
  /** The tables, in the order that clients use: it says where an item lies. */
  readonly tables: dynamodb.ITable[];

  /**
   * Key of the tables.
   *
   * @default - they are under a key of AWS
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Where owners are looked up.
   *
   * @default - none: buckets or ranges
   */
  readonly shardDirectory?: ShardDirectory;
}

/** Tables that were there before, as one logical table. */
export class ImportedTables extends ShardedTableBase {
  readonly tables: readonly dynamodb.ITable[];
  readonly encryptionKey?: kms.IKey;
  protected readonly hasStream = true;
  protected readonly shardDirectory?: ShardDirectory;

  /** @throws Error when no table is given. */
  constructor(scope: Construct, id: string, props: ImportedTablesProps) {
    super(scope, id);
    if (props.tables.length === 0) {
      throw new Error('`tables` must name at least one table, got: none');
    }
    this.tables = props.tables;
    this.encryptionKey = props.encryptionKey;
    this.shardDirectory = props.shardDirectory;
  }
}
