import { Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { requirePattern } from '../validation';

/** What is said of the table of an archive whose objects are Parquet. */
export interface ArchiveTableOptions {
  /**
   * Columns with their types in the language of Hive, in order, such as `{ merchantid: 'string', amount: 'bigint' }`. Names are lower case; `hour`
   * is taken.
   */
  readonly columns: { readonly [name: string]: string };

  /**
   * Members of a record whose names are not those of their columns, by column, such as `{ merchantid: 'merchantId' }`.
   *
   * @default - each column takes the member of its own name, whatever its case
   */
  readonly members?: { readonly [column: string]: string };

  /**
   * Name of the table.
   *
   * @default 'records'
   */
  readonly tableName?: string;

  /**
   * Properties of CDK's own database, laid over what this construct decides.
   *
   * @default - none
   */
  readonly databaseInput?: glue.CfnDatabase.DatabaseInputProperty;
}

/** Properties of `ArchiveTable`. */
export interface ArchiveTableProps extends ArchiveTableOptions {
  /** Where the objects are. */
  readonly bucket: s3.IBucket;
  /** First part of their keys, with a slash at its end. */
  readonly prefix: string;
  /** Parts of their keys beside the hour, in order. */
  readonly partitionKeys: string[];
  /** Days for which objects are kept. */
  readonly retentionDays: number;
}

/**
 * A table in the Glue Data Catalog over the objects of an archive. Its partitions are worked out from the question (partition projection), so
 * that no crawler runs and a new hour is found at once.
 */
export class ArchiveTable extends Construct {
  /** The database, with this table alone. */
  readonly database: glue.CfnDatabase;
  /** The table. */
  readonly table: glue.CfnTable;
  /** Name of the table. */
  readonly tableName: string;
  /** Members of a record by column, where their names differ. */
  readonly members: { readonly [column: string]: string };

  constructor(scope: Construct, id: string, props: ArchiveTableProps) {
    super(scope, id);
    const { partitionKeys, prefix } = props;
    const names = Object.keys(props.columns);
    if (names.length === 0) {
      throw new Error('`columns` must name at least one column, got: none');
    }
    for (const name of names) {
      requirePattern('columns', name, /^(?!hour$)[a-z][a-z0-9_]*$/, 'lower-case letters, digits and underscores, starting with a letter, and not hour');
      if (partitionKeys.includes(name)) {
        throw new Error(`\`columns\` must not repeat a key of \`partitioning\`, got: ${name}`);
      }
    }
    const stranger = Object.keys(props.members ?? {}).find((column) => !names.includes(column));
    if (stranger !== undefined) {
      throw new Error(`\`members\` must name columns of the table, got: ${stranger}`);
    }
    this.members = props.members ?? {};
    this.tableName = props.tableName ?? 'records';
    const catalogId = Stack.of(this).account;
    const databaseName = Names.uniqueResourceName(this, { separator: '_', allowedSpecialCharacters: '_' }).toLowerCase();
    this.database = new glue.CfnDatabase(this, 'Database', { catalogId, databaseInput: { name: databaseName, ...props.databaseInput } });
    const location = `s3://${props.bucket.bucketName}/${prefix}`;
    const template = ['hour', ...partitionKeys].map((key) => `${key}=\${${key}}/`).join('');
    this.table = new glue.CfnTable(this, 'Table', {
      catalogId,
      databaseName: this.database.ref,
      tableInput: {
        name: this.tableName,
        tableType: 'EXTERNAL_TABLE',
        partitionKeys: ['hour', ...partitionKeys].map((name) => ({ name, type: 'string' })),
        parameters: {
          'classification': 'parquet',
          'EXTERNAL': 'TRUE',
          'projection.enabled': 'true',
          'projection.hour.type': 'date',
          'projection.hour.format': 'yyyy-MM-dd-HH',
          'projection.hour.interval': '1',
          'projection.hour.interval.unit': 'HOURS',
          'projection.hour.range': `NOW-${props.retentionDays}DAYS,NOW+1DAYS`,
          // Values that only the question knows.
          ...Object.fromEntries(partitionKeys.map((key) => [`projection.${key}.type`, 'injected'])),
          'storage.location.template': `${location}${template}`,
        },
        storageDescriptor: {
          location,
          columns: Object.entries(props.columns).map(([name, type]) => ({ name, type })),
          inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
          outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
          serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
        },
      },
    });
    // Both say where locked objects are and how they are read: they stay with them, and cost nothing.
    this.database.applyRemovalPolicy(RemovalPolicy.RETAIN);
    this.table.applyRemovalPolicy(RemovalPolicy.RETAIN);
  }

  /** Lets the grantee read what the catalog says of the table. */
  grantRead(grantee: iam.IGrantable): iam.Grant {
    const stack = Stack.of(this);
    return iam.Grant.addToPrincipal({
      grantee,
      actions: ['glue:GetDatabase', 'glue:GetPartitions', 'glue:GetTable', 'glue:GetTableVersion', 'glue:GetTableVersions'],
      resourceArns: [
        stack.formatArn({ service: 'glue', resource: 'catalog' }),
        stack.formatArn({ service: 'glue', resource: 'database', resourceName: this.database.ref }),
        stack.formatArn({ service: 'glue', resource: 'table', resourceName: `${this.database.ref}/${this.tableName}` }),
      ],
    });
  }
}
