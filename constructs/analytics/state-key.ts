import { type RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';

const SERVICE = 'kinesisanalytics.amazonaws.com';
const INFRASTRUCTURE = 'infrastructure.kinesisanalytics.amazonaws.com';
/** What the jobs remember of payers. */
const ANALYTICS = DataClass.of('analytics');

/**
 * The key of an application's state, with a policy as AWS asks for it.
 *
 * @see https://docs.aws.amazon.com/managed-flink/latest/java/manage-cmk-api.html
 */
export function stateKey(scope: Construct, id: string, given?: kms.IKey, removalPolicy?: RemovalPolicy): kms.IKey {
  const key = customerKey(scope, id, ANALYTICS, given, removalPolicy);
  if (given === undefined) {
    keyPolicy(Stack.of(scope)).forEach((statement) => key.addToResourcePolicy(statement));
  }
  return key;
}

/** What a caller needs who starts an application whose state is encrypted with the key: the service checks the caller's own right to it. */
export function startStatements(scope: Construct, key: kms.IKey): iam.PolicyStatement[] {
  const stack = Stack.of(scope);
  const through = { 'kms:ViaService': `kinesisanalytics.${stack.region}.amazonaws.com` };
  const context = applications(stack);
  const allow = (actions: string[], conditions: { [operator: string]: object }): iam.PolicyStatement => new iam.PolicyStatement({
    actions, resources: [key.keyArn], conditions,
  });
  return [
    allow(['kms:DescribeKey'], { StringEquals: through }),
    allow(['kms:Decrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext'], { StringEquals: through, ArnLike: context }),
    allow(['kms:CreateGrant'], { StringEquals: { ...through, ...GRANT }, ArnLike: context, ...GRANT_OPERATIONS }),
  ];
}

const GRANT = { 'kms:GrantConstraintType': 'EncryptionContextSubset' };
const GRANT_OPERATIONS = { 'ForAllValues:StringEquals': { 'kms:GrantOperations': 'Decrypt' } };

/** Any application of this account and region: the name of this one is known only once it is there, and it cannot be without the key. */
function applications(stack: Stack): { [key: string]: string } {
  return { 'kms:EncryptionContext:aws:kinesisanalytics:arn': stack.formatArn({ service: 'kinesisanalytics', resource: 'application', resourceName: '*' }) };
}

function keyPolicy(stack: Stack): iam.PolicyStatement[] {
  const account = { 'aws:SourceAccount': stack.account };
  const context = applications(stack);
  const allow = (services: string[], actions: string[], conditions: { [operator: string]: object }): iam.PolicyStatement => new iam.PolicyStatement({
    principals: services.map((service) => new iam.ServicePrincipal(service)),
    actions,
    // In a key policy `*` is the key itself.
    resources: ['*'],
    conditions,
  });
  return [
    allow([SERVICE, INFRASTRUCTURE], ['kms:DescribeKey'], { StringEquals: account }),
    allow([SERVICE], ['kms:GenerateDataKey'], { StringEquals: account, ArnLike: context }),
    allow([SERVICE], ['kms:Decrypt'], { ArnLike: context }),
    allow([INFRASTRUCTURE], ['kms:Decrypt', 'kms:GenerateDataKeyWithoutPlaintext'], { ArnLike: context }),
    allow([INFRASTRUCTURE], ['kms:CreateGrant'], { StringEquals: GRANT, ArnLike: context, ...GRANT_OPERATIONS }),
  ];
}
