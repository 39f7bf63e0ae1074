import type { Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigatewayv2';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-EDGE-004',
  plant: (stack) => integrate(stack, 60),
  repair: (stack) => integrate(stack, 20),
};

/** A function behind an HTTP API. */
function integrate(stack: Stack, timeout: number): void {
  const api = new apigateway.CfnApi(stack, 'Api', { name: 'payments', protocolType: 'HTTP' });
  new apigateway.CfnIntegration(stack, 'Integration', {
    apiId: api.ref, integrationType: 'AWS_PROXY', payloadFormatVersion: '2.0', integrationUri: new Parts(stack).function('Pay', { timeout }).attrArn,
  });
}
