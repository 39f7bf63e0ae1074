import { Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { TokenVault } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const vault = new TokenVault(this, 'Vault');
    new lambda.Function(this, 'TokenService', {
      runtime: lambda.Runtime.NODEJS_22_X,
      handler: 'index.handler',
      code: lambda.Code.fromInline('exports.handler = async () => { throw new Error("a token service of yours"); };'),
      role: vault.role,
      environment: {
        TOKEN_TABLE: vault.tokens.tableName,
        FINGERPRINT_TABLE: vault.fingerprints.tableName,
        VAULT_KEY_ARN: vault.encryptionKey.keyArn,
      },
    });
  }
}
