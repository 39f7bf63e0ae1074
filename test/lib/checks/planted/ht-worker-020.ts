import type { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-WORKER-020',
  plant: (stack) => enriching(stack),
  repair: (stack) => enriching(stack, { filters: [{ pattern: JSON.stringify({ eventName: ['INSERT'], dynamodb: { NewImage: { status: { S: ['new'] } } } }) }] }),
};

/** A function that writes what it found out back to the table whose changes it gets. */
function enriching(stack: Stack, filterCriteria?: { readonly filters: { readonly pattern: string }[] }): void {
  const parts = new Parts(stack);
  const { table, function: fn } = parts.tableWorker({ mapping: { filterCriteria } });
  const role = fn.node.scope!.node.findChild(`${fn.node.id}Role`) as iam.Role;
  role.addToPolicy(parts.allow(['dynamodb:UpdateItem'], table.attrArn));
}
