import type { TableKey } from '../aws/dynamodb';
import { AwsServiceError } from '../aws/errors';
import type { AwsCaller } from '../aws/json-client';
import type { RetryPolicy } from '../retry/retry';

/** Is told how often the key of a row came with other fields. */
export interface ConflictCounts {
  /** @throws AwsServiceError or AwsConnectionError when the table does not answer before the deadline */
  count(key: TableKey, times: number, deadline?: number): Promise<void>;
}

/** Counts on the row. A count after a lost answer or a replay may be too high. */
export class ConflictCounter implements ConflictCounts {
  public constructor(private readonly dynamodb: AwsCaller, private readonly retry: RetryPolicy) {}

  public async count(key: TableKey, times: number, deadline?: number): Promise<void> {
    const input = {
      TableName: key.table,
      Key: { pk: { S: key.pk }, sk: { S: key.sk } },
      UpdateExpression: 'ADD conflicts :times',
      // An update of a missing row would create it; a row that expired meanwhile has nothing left to count on.
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':times': { N: String(times) } },
    };
    try {
      await this.retry.run(() => this.dynamodb.call('UpdateItem', input), { deadline });
    } catch (error) {
      if (!(error instanceof AwsServiceError && error.code === 'ConditionalCheckFailedException')) {
        throw error;
      }
    }
  }
}
