import type { Item } from '../aws/dynamodb';
import type { AwsCaller } from '../aws/json-client';
import type { RetryPolicy } from '../retry/retry';

interface Page {
  readonly Items?: readonly Item[];
  readonly LastEvaluatedKey?: Item;
}

/** Every item of a table, each as fresh as its read. For operators: no handler may scan. */
export async function* scanTable(dynamodb: AwsCaller, table: string, retry: RetryPolicy): AsyncGenerator<Item> {
  let startKey: Item | undefined;
  do {
    const input = { TableName: table, ConsistentRead: true, ExclusiveStartKey: startKey };
    const page = await retry.run(() => dynamodb.call<Page>('Scan', input));
    yield* page.Items ?? [];
    startKey = page.LastEvaluatedKey;
  } while (startKey !== undefined);
}
