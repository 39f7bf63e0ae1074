import * as iam from 'aws-cdk-lib/aws-iam';

/** What the vault itself does with an item. It lists nothing: who holds no token finds none. */
export const VAULT_ITEM_ACTIONS: readonly string[] = ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'];

/** What it needs of the key for that. */
export const VAULT_KEY_ACTIONS: readonly string[] = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];

/** Every way to read or write items of a table, or to carry them somewhere else. */
const REFUSED_TABLE_ACTIONS: readonly string[] = [
  'dynamodb:BatchGetItem', 'dynamodb:BatchWriteItem', 'dynamodb:ConditionCheckItem', 'dynamodb:CreateBackup', 'dynamodb:DeleteItem',
  'dynamodb:EnableKinesisStreamingDestination', 'dynamodb:ExportTableToPointInTime', 'dynamodb:GetItem', 'dynamodb:PartiQLDelete', 'dynamodb:PartiQLInsert',
  'dynamodb:PartiQLSelect', 'dynamodb:PartiQLUpdate', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:RestoreTableToPointInTime', 'dynamodb:Scan',
  'dynamodb:UpdateItem',
];

/** Whoever is not the role. An AWS service that keeps a table is not refused: it shows the key nothing that leaves it. */
function anybodyBut(role: iam.IRole): { [operator: string]: { [key: string]: string } } {
  return { ArnNotEquals: { 'aws:PrincipalArn': role.roleArn }, Bool: { 'aws:PrincipalIsAWSService': 'false' } };
}

/** Policy of a table that nobody but a role reads or writes; whoever manages tables may still manage it. */
export function vaultTablePolicy(role: iam.IRole): iam.PolicyDocument {
  return new iam.PolicyDocument({
    statements: [new iam.PolicyStatement({
      sid: 'NobodyButTheVault',
      effect: iam.Effect.DENY,
      principals: [new iam.AnyPrincipal()],
      actions: [...REFUSED_TABLE_ACTIONS],
      // In the policy of a table `*` is the table itself.
      resources: ['*'],
      conditions: anybodyBut(role),
    })],
  });
}

/** What is added to the policy of a key, so that nobody but a role decrypts with it; whoever manages keys may still manage it. */
export function vaultKeyStatement(role: iam.IRole): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'NobodyButTheVaultDecrypts',
    effect: iam.Effect.DENY,
    principals: [new iam.AnyPrincipal()],
    actions: ['kms:Decrypt', 'kms:ReEncryptFrom'],
    resources: ['*'],
    conditions: anybodyBut(role),
  });
}

/** Grants on the key are for AWS services that keep the tables: one for a person would be a way around. */
export function noGrantsForPeople(): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'GrantsForServicesOnly',
    effect: iam.Effect.DENY,
    principals: [new iam.AnyPrincipal()],
    actions: ['kms:CreateGrant'],
    resources: ['*'],
    conditions: { Bool: { 'kms:GrantIsForAWSResource': 'false', 'aws:PrincipalIsAWSService': 'false' } },
  });
}
