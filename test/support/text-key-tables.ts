import type { AwsCaller } from '../../lambdas/runtime/aws/json-client';

/** Creates tables with the text keys `pk` and `sk`. */
export async function createTextKeyTables(client: AwsCaller, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await client.call('CreateTable', {
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }, { AttributeName: 'sk', AttributeType: 'S' }],
    });
  }
}
