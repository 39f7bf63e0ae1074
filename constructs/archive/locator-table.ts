import { type Duration, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cassandra from 'aws-cdk-lib/aws-cassandra';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { LIMITS } from '../limits';
import { ALARM_PERIOD } from '../observability/alarm-set';
import { requireDurationBetween } from '../validation';

/** Properties of `LocatorTable`. */
export interface LocatorTableProps {
  /** How long a row is kept after it was last written, at most 20 years. */
  readonly timeToLive: Duration;
  /** Key of the rows. */
  readonly encryptionKey: kms.IKey;
  /** Write units that are provisioned. @default - paid by the request */
  readonly provisionedWriteUnits?: number;
  /** What becomes of keyspace and table when the stack goes. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy;
  /** Properties of CDK's own table, laid over what this construct decides; its key columns are what the function writes. @default - none */
  readonly tableProps?: cassandra.CfnTableProps;
}

/** Name of the table in its keyspace. */
const TABLE = 'locators';

/**
 * A table of Amazon Keyspaces with one row for each merchant's bucket and minute. Its partitions are a bucket and a day, so that none grows
 * without end; the minutes are in order within one.
 */
export class LocatorTable extends Construct {
  /** The keyspace, with this table alone. */
  readonly keyspace: cassandra.CfnKeyspace;
  /** The table. */
  readonly table: cassandra.CfnTable;
  /** Name of the keyspace. */
  readonly keyspaceName: string;
  /** Name of the table in it. */
  readonly tableName = TABLE;

  constructor(scope: Construct, id: string, private readonly props: LocatorTableProps) {
    super(scope, id);
    const { timeToLive, provisionedWriteUnits, removalPolicy = RemovalPolicy.RETAIN } = props;
    requireDurationBetween('timeToLive', timeToLive, ALARM_PERIOD, LIMITS.keyspaces.timeToLive);
    const keyspaceName = Names.uniqueResourceName(this, { separator: '_', allowedSpecialCharacters: '_', maxLength: LIMITS.keyspaces.nameLength }).toLowerCase();
    this.keyspace = new cassandra.CfnKeyspace(this, 'Keyspace', { keyspaceName });
    this.keyspaceName = this.keyspace.ref;
    this.table = new cassandra.CfnTable(this, 'Table', {
      keyspaceName: this.keyspaceName,
      tableName: TABLE,
      partitionKeyColumns: [{ columnName: 'merchant_bucket', columnType: 'text' }, { columnName: 'day', columnType: 'text' }],
      clusteringKeyColumns: [{ column: { columnName: 'minute', columnType: 'text' }, orderBy: 'ASC' }],
      regularColumns: [{ columnName: 'objects', columnType: 'set<text>' }],
      billingMode: provisionedWriteUnits === undefined
        ? { mode: 'ON_DEMAND' }
        : { mode: 'PROVISIONED', provisionedThroughput: { readCapacityUnits: READ_UNITS, writeCapacityUnits: provisionedWriteUnits } },
      encryptionSpecification: { encryptionType: 'CUSTOMER_MANAGED_KMS_KEY', kmsKeyIdentifier: props.encryptionKey.keyArn },
      defaultTimeToLive: timeToLive.toSeconds(),
      pointInTimeRecoveryEnabled: true,
      ...props.tableProps,
    });
    this.keyspace.applyRemovalPolicy(removalPolicy);
    this.table.applyRemovalPolicy(removalPolicy);
  }

  /** Lets the grantee write rows. */
  grantWrite(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, 'cassandra:Modify');
  }

  /** Lets the grantee read rows. */
  grantRead(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, 'cassandra:Select');
  }

  /** Writes that were refused because the table or one of its partitions takes no more. */
  metricThrottledWrites(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/Cassandra',
      metricName: 'WriteThrottleEvents',
      dimensionsMap: { Keyspace: this.keyspaceName, TableName: TABLE, Operation: 'UPDATE' },
      statistic: 'Sum',
      period: ALARM_PERIOD,
      ...options,
    });
  }

  private grant(grantee: iam.IGrantable, action: string): iam.Grant {
    const stack = Stack.of(this);
    const arn = (keyspace: string, tables: string) => stack.formatArn({ service: 'cassandra', resource: '', resourceName: `keyspace/${keyspace}${tables}` });
    const table = iam.Grant.addToPrincipal({ grantee, actions: [action], resourceArns: [arn(this.keyspaceName, `/table/${TABLE}`)] });
    // Drivers look up the nodes and columns before they ask anything.
    const system = iam.Grant.addToPrincipal({ grantee, actions: ['cassandra:Select'], resourceArns: [arn('system*', '')] });
    const key = this.props.encryptionKey.grant(grantee, 'kms:Decrypt');
    return table.combine(system).combine(key);
  }
}

/** Auditors ask now and then. */
const READ_UNITS = 1;
