import { Fn } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct, type IConstruct } from 'constructs';
import type { ShardDirectory } from './shard-directory';
import { TableGrants } from './table-grants';

/** One logical table over one or more DynamoDB tables, made here or elsewhere. */
export interface IShardedTable extends IConstruct {
  /** The tables, in the order that clients must use. */
  readonly tables: readonly dynamodb.ITable[];
  /** Key of the tables; none where they are under a key of AWS. */
  readonly encryptionKey?: kms.IKey;
  /** Names of the tables, comma-separated and in order: the form in which handlers take them from an environment variable. */
  readonly tableNames: string;
  /**
   * ARNs of the change streams, in the order of the tables.
   *
   * @throws Error when the table has none.
   */
  readonly streamArns: string[];
  /** Lets the grantee add items that are not there yet, and neither replace nor delete one. */
  grantInsert(grantee: iam.IGrantable): iam.Grant;
  /** Lets the grantee put items (`PutItem`). IAM cannot ask for a condition, so this can replace an item; prefer `grantInsert`. */
  grantPut(grantee: iam.IGrantable): iam.Grant;
  /** Lets the grantee change attributes of items. */
  grantUpdate(grantee: iam.IGrantable): iam.Grant;
  /** Lets the grantee read items of known partition keys, but not the table from end to end. */
  grantRead(grantee: iam.IGrantable): iam.Grant;
  /** Lets the grantee read the table from end to end: a warmer or an export, never the payment path. */
  grantScan(grantee: iam.IGrantable): iam.Grant;
  /** Lets the grantee put, change and check items inside a transaction, and only there. */
  grantTransact(grantee: iam.IGrantable): iam.Grant;
  /**
   * Lets the grantee read the change streams.
   *
   * @throws Error when the table has none.
   */
  grantStreamRead(grantee: iam.IGrantable): iam.Grant;
  /** A metric of one of the tables, by its CloudWatch name. */
  metric(tableIndex: number, metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/** What tables that are made here and tables that were there before have in common. */
export abstract class ShardedTableBase extends Construct implements IShardedTable {
  abstract readonly tables: readonly dynamodb.ITable[];
  abstract readonly encryptionKey?: kms.IKey;

  /** Whether changes can be read. */
  protected abstract readonly hasStream: boolean;
  /** Where owners are looked up; whoever may use the table may read it as well. */
  protected abstract readonly shardDirectory?: ShardDirectory;

  get tableNames(): string {
    return this.tables.length === 1 ? this.tables[0].tableName : Fn.join(',', this.tables.map((table) => table.tableName));
  }

  get streamArns(): string[] {
    return this.tables.map(({ tableStreamArn }) => {
      // CDK knows the attribute of every table that it makes, also where there is no stream.
      if (!this.hasStream || tableStreamArn === undefined) {
        throw new Error('`changeStream` must be set for a table whose changes are read, got: none');
      }
      return tableStreamArn;
    });
  }

  grantInsert(grantee: iam.IGrantable): iam.Grant {
    return this.withDirectory(grantee, this.grants.insert(grantee));
  }

  grantPut(grantee: iam.IGrantable): iam.Grant {
    return this.withDirectory(grantee, this.grants.put(grantee));
  }

  grantUpdate(grantee: iam.IGrantable): iam.Grant {
    return this.withDirectory(grantee, this.grants.update(grantee));
  }

  grantRead(grantee: iam.IGrantable): iam.Grant {
    return this.withDirectory(grantee, this.grants.read(grantee));
  }

  grantScan(grantee: iam.IGrantable): iam.Grant {
    return this.grants.scan(grantee);
  }

  grantTransact(grantee: iam.IGrantable): iam.Grant {
    return this.withDirectory(grantee, this.grants.transact(grantee));
  }

  grantStreamRead(grantee: iam.IGrantable): iam.Grant {
    return this.grants.readStream(grantee, this.streamArns);
  }

  metric(tableIndex: number, metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.tables[tableIndex].metric(metricName, options);
  }

  private get grants(): TableGrants {
    return new TableGrants(this.tables.map((table) => table.tableArn), this.encryptionKey);
  }

  private withDirectory(grantee: iam.IGrantable, grant: iam.Grant): iam.Grant {
    return this.shardDirectory === undefined ? grant : grant.combine(this.shardDirectory.grantRead(grantee));
  }
}
