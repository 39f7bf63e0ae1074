import { AwsServiceError } from '../../../lambdas/runtime/aws/errors';
import { type BalanceEffect, readBalanceEffect } from '../../../lambdas/runtime/balance/balance-effect';
import type { Defect } from './defect';

/** What a batch adds to one balance. */
interface Addition {
  readonly merchantId: string;
  readonly currency: string;
  readonly effects: BalanceEffect[];
}

/**
 * Keeps one row a balance and adds to it blindly, fenced only by the highest sequence number of a batch. A replay that ends later than
 * the batch before adds it all again, and numbers of different shards do not compare: what comes from a shard with lower ones is lost.
 */
export const defect: Defect = {
  balanceProjector: ({ dynamodb, table, retry }) => async ({ Records: records }) => {
    const additions = new Map<string, Addition>();
    for (const effect of records.map((record) => readBalanceEffect(record)).filter((candidate) => candidate !== undefined)) {
      const { merchantId, currency } = effect;
      const addition = additions.get(currency + merchantId) ?? { merchantId, currency, effects: [] };
      addition.effects.push(effect);
      additions.set(currency + merchantId, addition);
    }
    for (const addition of additions.values()) {
      try {
        await retry.run(() => dynamodb.call('UpdateItem', blindAddition(table, addition)));
      } catch (error) {
        // Taken for a replay.
        if (!(error instanceof AwsServiceError && error.code === 'ConditionalCheckFailedException')) {
          throw error;
        }
      }
    }
    return { batchItemFailures: [], state: {} };
  },
};

function blindAddition(table: string, { merchantId, currency, effects }: Addition): object {
  return {
    TableName: table,
    Key: { pk: { S: merchantId }, sk: { S: `${currency}#all` } },
    UpdateExpression: 'SET lastSequence = :s ADD available :available, held :held, #count :count',
    ConditionExpression: 'attribute_not_exists(lastSequence) OR lastSequence < :s',
    ExpressionAttributeNames: { '#count': 'count' },
    ExpressionAttributeValues: {
      ':s': { S: effects.reduce((highest, { sequence }) => (sequence > highest ? sequence : highest), '') },
      ':available': { N: String(effects.reduce((sum, { available }) => sum + available, 0)) },
      ':held': { N: String(effects.reduce((sum, { held }) => sum + held, 0)) },
      ':count': { N: String(effects.length) },
    },
  };
}
