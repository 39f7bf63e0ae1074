import { Fn, type Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { logRetention } from '../../../lib/checks/rules/security/log-retention';
import { openPolicy } from '../../../lib/checks/rules/security/open-policy';
import { plaintextSecret } from '../../../lib/checks/rules/security/plaintext-secret';
import { unboundPermission } from '../../../lib/checks/rules/security/unbound-permission';
import { hotPartitionKey } from '../../../lib/checks/rules/table/hot-partition-key';
import { indexCapacity } from '../../../lib/checks/rules/table/index-capacity';
import { lostUpdates } from '../../../lib/checks/rules/table/lost-updates';
import { pointInTimeRecovery } from '../../../lib/checks/rules/table/point-in-time-recovery';
import { timeToLiveWindow } from '../../../lib/checks/rules/table/time-to-live-window';
import { warmThroughput } from '../../../lib/checks/rules/table/warm-throughput';
import { writeCapacity } from '../../../lib/checks/rules/table/write-capacity';
import { writeScaling } from '../../../lib/checks/rules/table/write-scaling';
import { Rate, Workload } from '../../../lib/workload';
import { foundBy } from './found-by';
import { indexed, provisioned, scaleWrites, settlingWorker } from './planted/ledger-parts';
import { Parts } from './planted/parts';

const pk = { name: 'pk', type: dynamodb.AttributeType.STRING };
const otherTable = (stack: Stack, id: string, props: Partial<dynamodb.CfnTableProps>) => new dynamodb.CfnTable(stack, id, {
  attributeDefinitions: [{ attributeName: 'pk', attributeType: 'S' }], keySchema: [{ attributeName: 'pk', keyType: 'HASH' }], ...props,
});
const workload = (perSecond: number) => new Workload({ peak: Rate.perSecond(perSecond) });

describe('a table of either resource type', () => {
  it('is written in one region where the policies of its other replicas deny it', () => {
    const found = (effect: iam.Effect, principal: iam.IPrincipal) => foundBy(lostUpdates, (stack) => new dynamodb.TableV2(stack, 'Table', {
      partitionKey: pk,
      replicas: [{
        region: 'eu-central-1',
        resourcePolicy: new iam.PolicyDocument({
          statements: [new iam.PolicyStatement({ effect, principals: [principal], actions: ['dynamodb:PutItem', 'dynamodb:UpdateItem'], resources: ['*'] })],
        }),
      }],
    }));
    expect(found(iam.Effect.DENY, new iam.AnyPrincipal())).toEqual([]);
    expect(found(iam.Effect.ALLOW, new iam.AnyPrincipal())).toHaveLength(1);
    expect(found(iam.Effect.DENY, new iam.AccountRootPrincipal())).toHaveLength(1);
  });

  it('can be taken back only when every replica can', () => {
    const found = (table: boolean, replica: boolean) => foundBy(pointInTimeRecovery, (stack) => new dynamodb.TableV2(stack, 'Table', {
      partitionKey: pk, pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: table },
      replicas: [{ region: 'eu-central-1', pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: replica } }],
    }));
    expect(found(true, true)).toEqual([]);
    expect(found(true, false)).toEqual(['Table: point-in-time recovery is off']);
    expect(found(false, true)).toHaveLength(1);
  });

  it('scales by itself where it is a provisioned global one, and by a target where it is not', () => {
    const scaled = dynamodb.Capacity.autoscaled({ maxCapacity: 50 });
    const global = dynamodb.Billing.provisioned({ readCapacity: dynamodb.Capacity.fixed(5), writeCapacity: scaled });
    expect(foundBy(writeScaling, (stack) => new dynamodb.TableV2(stack, 'Table', { partitionKey: pk, billing: global }))).toEqual([]);
    expect(foundBy(writeScaling, (stack) => new dynamodb.Table(stack, 'Table', { partitionKey: pk }))).toEqual(['Table: the table has 5 write units/s, always']);
    expect(foundBy(writeScaling, (stack) => new dynamodb.Table(stack, 'Table', { partitionKey: pk, billingMode: dynamodb.BillingMode.PAY_PER_REQUEST }))).toEqual([]);
    expect(foundBy(writeScaling, (stack) => new dynamodb.Table(stack, 'Table', { partitionKey: pk })
      .autoScaleWriteCapacity({ minCapacity: 5, maxCapacity: 50 }).scaleOnUtilization({ targetUtilizationPercent: 70 }))).toEqual([]);
  });
});

describe('a partition key', () => {
  const found = (name: string) => foundBy(hotPartitionKey, (stack) => new Parts(stack).table('Table', indexed(name)));

  it.each(['status', 'paymentStatus', 'order_type', 'COUNTRY', 'created-date', 'gsi.month'])('%s has few values', (name) => {
    expect(found(name)).toEqual([`Table: the index by-key is partitioned by ${name}`]);
  });

  it.each(['merchantId', 'statusId', 'gsi1pk', 'createdAt', 'emailAddress', 'typeOfNothing'])('%s may have many', (name) => {
    expect(found(name)).toEqual([]);
  });
});

it('holds an index to the write units that are bought for its table', () => {
  const found = (units: number) => foundBy(indexCapacity, (stack) => new Parts(stack).table('Table', {
    ...provisioned(100), ...indexed('merchantId', { provisionedThroughput: { readCapacityUnits: 5, writeCapacityUnits: units } }),
  }));
  expect(found(50)).toEqual(['Table: the index by-key takes 50 write units/s, its table 100']);
  expect(found(100)).toEqual([]);
});

describe('the tables that a stream ends in', () => {
  it('are enough together', () => {
    const found = (warm: number) => foundBy(warmThroughput, (stack) => {
      const units = { readUnitsPerSecond: 12_000, writeUnitsPerSecond: warm };
      settlingWorker(stack, { warmThroughput: units });
      const second = otherTable(stack, 'Second', { billingMode: 'PAY_PER_REQUEST', warmThroughput: units });
      (stack.node.findChild('WorkerRole') as iam.Role).addToPolicy(new iam.PolicyStatement({ actions: ['dynamodb:UpdateItem'], resources: [second.attrArn] }));
    }, workload(12_000));
    expect(found(7000)).toEqual([]);
    expect(found(5000)).toEqual([
      expect.stringMatching(/^Ledger: it is ready for 10,000 write units\/s with 1 more; the stated peak writes 12,\d{3} /),
      expect.stringMatching(/^Second: it is ready for 10,000 write units\/s with 1 more/),
    ]);
  });

  it('count as far as they scale', () => {
    const found = (most: number) => foundBy(writeCapacity, (stack) => scaleWrites(settlingWorker(stack, provisioned(50)), most), workload(1000));
    expect(found(999)).toHaveLength(1);
    expect(found(1100)).toEqual([]);
  });

  it('are judged only where the function may write to them', () => {
    expect(foundBy(writeCapacity, (stack) => {
      new Parts(stack).streamWorker();
      otherTable(stack, 'Settings', provisioned(1));
    }, workload(5000))).toEqual([]);
  });

  it('keep items in the unit that the variable names', () => {
    const found = (name: string, value: string) => {
      const environment = { variables: { [name]: value } };
      return foundBy(timeToLiveWindow, (stack) => settlingWorker(stack, {}, { function: { environment } }), workload(100));
    };
    expect(found('LEDGER_TTL_HOURS', '24')).toEqual(['Worker: items live for 24 h; payments are recognised and refunded for 168 h']);
    expect(found('TTL_DAYS', '7')).toEqual([]);
    expect(found('TIME_TO_LIVE_IN_DAYS', '6')).toHaveLength(1);
    expect(found('SUBTITLE_SECONDS', '6')).toEqual([]);
  });
});

describe('a variable of a function', () => {
  const found = (name: string, value: (stack: Stack) => string) => foundBy(plaintextSecret, (stack) =>
    new Parts(stack).function('Pay', { environment: { variables: { [name]: value(stack) } } }));

  it.each([
    ['DATABASE_PASSWORD', 'hunter22'], ['API_KEY', 'a1b2c3d4'], ['jwtSigningKey', '-----BEGIN RSA PRIVATE KEY-----'],
    ['DATABASE', 'postgres://app:hunter22@db.internal/ledger'], ['UPLOADS', 'AKIAABCDEFGHIJKLMNOP'],
  ])('%s = %s gives a secret away', (name, value) => {
    expect(found(name, () => value)).toHaveLength(1);
  });

  it.each([
    ['DATABASE_PASSWORD', 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:database'], ['TOKEN', '/payments/token'], ['MAX_TOKEN', '4096'],
    ['TOKEN_ISSUER', 'payments'], ['DATABASE', 'postgres://db.internal/ledger'], ['REQUIRE_TOKEN', 'true'],
  ])('%s = %s gives nothing away', (name, value) => {
    expect(found(name, () => value)).toEqual([]);
  });

  it('may name a secret, but must not be filled with its value by the deployment', () => {
    expect(found('DATABASE_SECRET', (stack) => new Secret(stack, 'Secret').secretArn)).toEqual([]);
    expect(found('DATABASE', () => '{{resolve:secretsmanager:database:SecretString:password}}'))
      .toEqual(['Pay: DATABASE is filled in by the deployment, and stands in the function as plain text']);
  });
});

it('finds open policies of keys and tables, and takes a condition for a bound', () => {
  const everybody = (conditions?: Record<string, Record<string, string>>) => new iam.PolicyDocument({
    statements: [new iam.PolicyStatement({ principals: [new iam.AnyPrincipal()], actions: ['kms:Decrypt'], resources: ['*'], conditions })],
  });
  expect(foundBy(openPolicy, (stack) => new kms.CfnKey(stack, 'Key', { keyPolicy: everybody() }))).toEqual(['Key: everybody may kms:Decrypt']);
  expect(foundBy(openPolicy, (stack) => new kms.CfnKey(stack, 'Key', { keyPolicy: everybody({ StringEquals: { 'kms:CallerAccount': stack.account } }) }))).toEqual([]);
  expect(foundBy(openPolicy, (stack) => new Parts(stack).table('Table', { resourcePolicy: { policyDocument: everybody() } }))).toHaveLength(1);
});

it('lets a function URL be public by its own rule, and a service call for one source', () => {
  const found = (props: Partial<lambda.CfnPermissionProps>) => foundBy(unboundPermission, (stack) =>
    new lambda.CfnPermission(stack, 'Permission', { action: 'lambda:InvokeFunction', functionName: 'pay', principal: '*', ...props }));
  expect(found({})).toEqual(['Permission: everybody may call it, whoever\'s resource it calls for']);
  expect(found({ functionUrlAuthType: 'NONE' })).toEqual([]);
  expect(found({ principal: 'sns.amazonaws.com' })).toHaveLength(1);
  expect(found({ principal: 'sns.amazonaws.com', sourceArn: 'arn:aws:sns:eu-west-1:111122223333:orders' })).toEqual([]);
  expect(found({ principal: 'edgelambda.amazonaws.com' })).toEqual([]);
});

it('knows the log group of a function by its name', () => {
  const found = (logGroupName?: string) => foundBy(logRetention, (stack) => {
    const fn = new Parts(stack).function('Pay', { loggingConfig: undefined, functionName: 'pay' });
    new logs.CfnLogGroup(stack, 'Group', { logGroupName: logGroupName ?? Fn.join('', ['/aws/lambda/', fn.ref]), retentionInDays: 7 });
  });
  expect(found()).toEqual([]);
  expect(found('/aws/lambda/another')).toEqual(['Pay: Lambda makes its log group, without a retention']);
});
