import type { DynamoDBRecord } from 'aws-lambda';
import { type BalanceEffect, readBalanceEffect } from '../balance/balance-effect';
import type { ArchivedChange } from './archived-change';

/**
 * What an archived change does to a balance, by the very rule of the projector.
 *
 * @returns undefined for what has no effect, `unknown` for a new row that the rule does not know
 */
export function effectOf({ event, sequence, row }: ArchivedChange): BalanceEffect | undefined | 'unknown' {
  try {
    return readBalanceEffect({ eventName: event, dynamodb: { SequenceNumber: sequence, NewImage: row as NewImage } });
  } catch {
    return 'unknown';
  }
}

type NewImage = NonNullable<DynamoDBRecord['dynamodb']>['NewImage'];
