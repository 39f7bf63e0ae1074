import { RemovalPolicy } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { ALARM_PERIOD, type AlarmOptions, AlarmSet } from '../observability/alarm-set';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';

/** Properties of `ApiKeyTable`. */
export interface ApiKeyTableProps {
  /**
   * Key of the table.
   *
   * @default - a new customer managed key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * What becomes of the table when the stack goes. Unless it is DESTROY, the table is protected against deletion as well.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the alarm `KeyReadsThrottled`.
   *
   * @default - on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * CDK's own options of the table, laid over what this construct decides.
   *
   * @default - none
   */
  readonly tableOptions?: dynamodb.TableOptions;
}

/**
 * Who may come with an API key. The table knows keys by their hash alone, so that whoever reads it can use none of them. An item:
 *
 * | attribute | type | meaning |
 * |---|---|---|
 * | `keyHash` | S | SHA-256 of the key, in lower-case hexadecimal digits: the partition key |
 * | `client` | S | name of the client |
 * | `merchants` | SS | merchants that it may act for; `*` alone stands for all |
 * | `scopes` | SS | what it may do |
 * | `paymentsPerSecond` | N | its share of the load; absent where the API's own holds |
 * | `expiresAt` | N | seconds since 1970 from which the key is refused; DynamoDB removes the item some time later |
 * | `disabled` | BOOL | whether the key is refused at once |
 *
 * A hash without salt will do, because keys are long and random; a key that a person made up has no place here.
 */
export class ApiKeyTable extends Construct {
  /** The table. */
  readonly table: dynamodb.Table;
  /** Key of the table. */
  readonly encryptionKey: kms.IKey;
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  constructor(scope: Construct, id: string, props: ApiKeyTableProps = {}) {
    super(scope, id);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    this.encryptionKey = customerKey(this, 'Keys', DataClass.of('configuration'), props.encryptionKey, props.removalPolicy);
    this.table = new dynamodb.Table(this, 'Table', {
      partitionKey: { name: 'keyHash', type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      encryption: dynamodb.TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.encryptionKey,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'expiresAt',
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
      removalPolicy,
      ...props.tableOptions,
    });
    this.alarms = new AlarmSet(this, 'Alarms', props.alarms);
    this.alarms.add('KeyReadsThrottled', {
      metric: this.metricReadThrottled(),
      description: 'Look-ups of API keys were refused: clients with keys are turned away.',
      threshold: 0,
    });
  }

  /** Lets the grantee look up a key that it was shown. It can list none. */
  grantRead(grantee: iam.IGrantable): iam.Grant {
    this.encryptionKey.grant(grantee, 'kms:Decrypt', 'kms:DescribeKey');
    return iam.Grant.addToPrincipal({ grantee, actions: ['dynamodb:GetItem'], resourceArns: [this.table.tableArn] });
  }

  /** Lets the grantee issue, change and withdraw keys. */
  grantIssue(grantee: iam.IGrantable): iam.Grant {
    this.encryptionKey.grant(grantee, 'kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*');
    const actions = ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'];
    return iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [this.table.tableArn] });
  }

  /** Look-ups that were refused. */
  metricReadThrottled(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.table.metric('ReadThrottleEvents', { statistic: 'Sum', period: ALARM_PERIOD, ...options });
  }
}
