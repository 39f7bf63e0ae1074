import type { Stack } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { EdgeParts } from './edge-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-SECURITY-008',
  plant: (stack) => log(stack),
  repair: (stack) => log(stack, [{ singleHeader: { Name: 'authorization' } }]),
};

function log(stack: Stack, redactedFields?: wafv2.CfnLoggingConfiguration.FieldToMatchProperty[]): void {
  const group = new logs.CfnLogGroup(stack, 'Log', { logGroupName: 'aws-waf-logs-payments', retentionInDays: 365 });
  new wafv2.CfnLoggingConfiguration(stack, 'Logging', {
    resourceArn: new EdgeParts(stack).webAcl().attrArn, logDestinationConfigs: [group.attrArn], redactedFields,
  });
}
