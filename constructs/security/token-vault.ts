import { RemovalPolicy, Tags } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { ALARM_PERIOD, type AlarmOptions, AlarmSet } from '../observability/alarm-set';
import { requirePattern } from '../validation';
import { customerKey } from './customer-key';
import { DataClass } from './data-class';
import { noGrantsForPeople, VAULT_ITEM_ACTIONS, VAULT_KEY_ACTIONS, vaultKeyStatement, vaultTablePolicy } from './vault-policies';

/** Properties of `TokenVault`. */
export interface TokenVaultProps {
  /**
   * Who may take the vault's role: the service that makes tokens and looks them up, and nobody else.
   *
   * @default - functions of AWS Lambda
   */
  readonly assumedBy?: iam.IPrincipal;

  /**
   * Key of the tables and of what is sealed in them. Its policy must be one that can be added to: everybody but the vault is refused there.
   *
   * @default - a new customer managed key of `DataClass.VAULT`
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Name of the attribute that says when a token may go, in seconds since 1970.
   *
   * @default 'expiresAt'
   */
  readonly timeToLiveAttribute?: string;

  /**
   * What becomes of tables and key when the stack goes. Unless it is DESTROY, the tables are protected against deletion as well.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the alarms `PolicyChanges` and `Throttled`.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * CDK's own options of a table, laid over what this construct decides, for each table.
   *
   * @default - none
   */
  readonly tableOptions?: dynamodb.TableOptions;
}

/** Calls that would open a vault, each of which is counted. */
const OF_KEY = ['DisableKey', 'PutKeyPolicy', 'ScheduleKeyDeletion'];
const OF_POLICY = ['DeleteResourcePolicy', 'PutResourcePolicy'];
const OF_TABLE = ['DeleteTable', 'UpdateTable'];

/**
 * The place where a token service keeps what tokens stand for: two tables under a key of their own, and a role that alone reads them. Key
 * and tables refuse everybody else, administrators included: those manage, and decrypt nothing.
 *
 * It is a seam, not a token service: nothing here makes a token, and the payment path carries tokens only.
 */
export class TokenVault extends Construct implements iam.IGrantable {
  /** What a token stands for, sealed; partition key `token`. */
  readonly tokens: dynamodb.Table;
  /** The token of what is stored already, by its keyed hash; partition key `fingerprint`. */
  readonly fingerprints: dynamodb.Table;
  /** Key of both. */
  readonly encryptionKey: kms.IKey;
  /** The one role that reads and writes. Give it to the token service. */
  readonly role: iam.Role;
  /** The role. */
  readonly grantPrincipal: iam.IPrincipal;
  /** Events of calls that would change who can read the vault. They come from CloudTrail: the account needs a trail. */
  readonly policyChanges: events.Rule;
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  constructor(scope: Construct, id: string, private readonly props: TokenVaultProps = {}) {
    super(scope, id);
    const rule = 'letters, digits, `_`, `.` and `-`, at most 255 characters';
    requirePattern('timeToLiveAttribute', props.timeToLiveAttribute, /^[A-Za-z0-9_.-]{1,255}$/, rule);
    this.role = new iam.Role(this, 'Role', {
      assumedBy: props.assumedBy ?? new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: 'The token service: nobody else reads what tokens stand for',
    });
    this.grantPrincipal = this.role;
    this.encryptionKey = customerKey(this, 'Keys', DataClass.VAULT, props.encryptionKey, props.removalPolicy);
    this.closeKey();
    this.tokens = this.createTable('Tokens', 'token');
    this.fingerprints = this.createTable('Fingerprints', 'fingerprint');
    this.letVaultWork();
    // What an auditor sorts stores by.
    Tags.of(this).add('data-class', DataClass.VAULT.name);
    this.policyChanges = this.watchPolicies();
    this.alarms = this.createAlarms();
  }

  /** Calls that would change who can read the vault. */
  metricPolicyChanges(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/Events', metricName: 'MatchedEvents', dimensionsMap: { RuleName: this.policyChanges.ruleName },
      statistic: 'Sum', period: ALARM_PERIOD, ...options,
    });
  }

  private closeKey(): void {
    const statements = [vaultKeyStatement(this.role), noGrantsForPeople()];
    if (statements.some((statement) => !this.encryptionKey.addToResourcePolicy(statement).statementAdded)) {
      throw new Error('`encryptionKey` must be a key whose policy can be added to, got: an imported one, which others could decrypt with');
    }
  }

  private createTable(id: string, partitionKey: string): dynamodb.Table {
    const removalPolicy = this.props.removalPolicy ?? RemovalPolicy.RETAIN;
    return new dynamodb.Table(this, id, {
      partitionKey: { name: partitionKey, type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      encryption: dynamodb.TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.encryptionKey,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
      timeToLiveAttribute: this.props.timeToLiveAttribute ?? 'expiresAt',
      resourcePolicy: vaultTablePolicy(this.role),
      removalPolicy,
      ...this.props.tableOptions,
    });
  }

  private letVaultWork(): void {
    const tables = [this.tokens.tableArn, this.fingerprints.tableArn];
    this.role.addToPolicy(new iam.PolicyStatement({ actions: [...VAULT_ITEM_ACTIONS], resources: tables }));
    this.role.addToPolicy(new iam.PolicyStatement({ actions: [...VAULT_KEY_ACTIONS], resources: [this.encryptionKey.keyArn] }));
  }

  private watchPolicies(): events.Rule {
    const tables = [this.tokens, this.fingerprints];
    const arns = tables.map(({ tableArn }) => tableArn);
    return new events.Rule(this, 'PolicyChangesRule', {
      description: 'Calls that would change who can read the token vault',
      eventPattern: {
        detailType: ['AWS API Call via CloudTrail'],
        detail: {
          $or: [
            { eventSource: ['kms.amazonaws.com'], eventName: OF_KEY, resources: { ARN: [this.encryptionKey.keyArn] } },
            { eventSource: ['dynamodb.amazonaws.com'], eventName: OF_POLICY, requestParameters: { resourceArn: arns } },
            // A table may be called by its name or its ARN.
            { eventSource: ['dynamodb.amazonaws.com'], eventName: OF_TABLE, requestParameters: { tableName: [...tables.map((it) => it.tableName), ...arns] } },
          ],
        },
      },
    });
  }

  private createAlarms(): AlarmSet {
    const alarms = new AlarmSet(this, 'Alarms', this.props.alarms);
    alarms.add('PolicyChanges', {
      metric: this.metricPolicyChanges(),
      description: 'Somebody changes who can read what tokens stand for.',
      threshold: 0,
      datapointsToAlarm: 1,
    });
    const events = (table: dynamodb.Table, name: string) => table.metric(name, { statistic: 'Sum', period: ALARM_PERIOD });
    alarms.add('Throttled', {
      metric: new cloudwatch.MathExpression({
        label: 'Refused reads and writes',
        period: ALARM_PERIOD,
        expression: 'FILL(tokenReads, 0) + FILL(tokenWrites, 0) + FILL(fingerprintReads, 0) + FILL(fingerprintWrites, 0)',
        usingMetrics: {
          tokenReads: events(this.tokens, 'ReadThrottleEvents'),
          tokenWrites: events(this.tokens, 'WriteThrottleEvents'),
          fingerprintReads: events(this.fingerprints, 'ReadThrottleEvents'),
          fingerprintWrites: events(this.fingerprints, 'WriteThrottleEvents'),
        },
      }),
      description: 'DynamoDB refuses the vault: tokens are made or looked up faster than its tables have grown.',
      threshold: 0,
    });
    return alarms;
  }
}
