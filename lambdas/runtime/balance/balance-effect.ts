import type { DynamoDBRecord } from 'aws-lambda';
import { merchantOf } from '../sharding/shard-directory';
import { comparableSequence } from './stream-shard';

/** What one ledger row does to a balance. */
export interface BalanceEffect {
  readonly merchantId: string;
  readonly currency: string;
  /** Signed, in minor units. */
  readonly amount: number;
  /** Place in the shard, as `comparableSequence` writes it. */
  readonly sequence: string;
}

/** The largest amount of a payment in minor units: 10^12. */
const MAXIMUM_AMOUNT = 1e12;

/**
 * Reads the effect of a record of a ledger table's stream.
 *
 * @returns undefined for what has none: rejected refunds, and everything but the insert of a row
 * @throws Error when a new row cannot be understood, for example one of a type that this version does not know
 */
export function readBalanceEffect(record: DynamoDBRecord): BalanceEffect | undefined {
  if (record.eventName !== 'INSERT') {
    // Later changes of a row (what is left to refund, counted conflicts, expiry) move no money.
    return undefined;
  }
  const image = record.dynamodb?.NewImage;
  const sequenceNumber = record.dynamodb?.SequenceNumber;
  if (image === undefined || sequenceNumber === undefined) {
    throw new Error('the record has no new image or no sequence number: the table stream must show new images');
  }
  const status = image.status?.S;
  if (status === 'rejected') {
    return undefined;
  }
  const type = image.type?.S;
  const merchantId = merchantOf(image.pk?.S ?? '');
  const currency = image.currency?.S ?? '';
  const amount = Number(image.amount?.N);
  if (status !== 'applied' || (type !== 'payment' && type !== 'refund')) {
    throw new Error(`a ledger row of type ${type} and status ${status} is not known`);
  }
  if (merchantId === '' || currency.length !== 3 || !Number.isInteger(amount) || amount < 1 || amount > MAXIMUM_AMOUNT) {
    throw new Error('a ledger row lacks its merchant, currency or amount');
  }
  return { merchantId, currency, amount: type === 'payment' ? amount : -amount, sequence: comparableSequence(sequenceNumber) };
}
