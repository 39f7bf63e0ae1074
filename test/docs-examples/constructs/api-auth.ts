import { Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { ApiAuth, PAYMENT_ROUTES } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const auth = new ApiAuth(this, 'Auth', {
      issuer: 'https://issuer.example.org',
      jwksEndpoint: 'https://issuer.example.org/jwks.json',
      audience: 'payments',
      routes: [
        { ...PAYMENT_ROUTES.payments, paths: ['/payments'] },
        { name: 'Reports', paths: ['/reports/*'], scope: 'reports:read' },
      ],
      tokenCache: Duration.minutes(1),
    });
    const office = new iam.Role(this, 'Office', { assumedBy: new iam.AccountRootPrincipal() });
    auth.apiKeys?.grantIssue(office);
  }
}
