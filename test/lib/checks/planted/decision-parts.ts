import type { Stack } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Facts } from '../../../../lib/facts';
import { Decision, quotaUse, SIZING_METADATA_KEY, SizingPlan } from '../../../../lib/sizing';

/** Writes one decision into a stack as constructs do: a number of things, of which the peak needs twenty, against a quota. */
export function decide(stack: Stack, quota: string, used: number, stated?: number): void {
  const derived = Decision.derive({
    path: stack.node.path, name: 'things', value: 20, unit: 'things', formula: '20 = 20', inputs: { peak: 20 }, binding: 'the peak', demand: 20,
    quota: quotaUse(new Facts({ region: 'eu-west-1' }), quota, used),
  });
  writeDecisions(stack, stated === undefined ? derived : Decision.override(derived, stated));
  new logs.CfnLogGroup(stack, 'Log', { retentionInDays: 30 });
}

/** Writes decisions into the metadata of a stack. */
export function writeDecisions(stack: Stack, ...decisions: readonly Decision[]): void {
  stack.templateOptions.metadata = { [SIZING_METADATA_KEY]: new SizingPlan(decisions).toJSON() };
}
