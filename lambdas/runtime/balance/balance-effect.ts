import type { DynamoDBRecord } from 'aws-lambda';
import type { MovementType } from '../payment/movement';
import type { PaymentType } from '../payment/payment';
import { isBucketMark } from '../sharding/bucket-mark';
import { merchantOf } from '../sharding/shard-directory';
import { comparableSequence } from './stream-shard';

/** What one ledger row does to a balance. */
export interface BalanceEffect {
  readonly merchantId: string;
  readonly currency: string;
  readonly type: PaymentType | MovementType;
  /** Of the row, in minor units. */
  readonly amount: number;
  /** What is added to the amount that is available, signed, in minor units. */
  readonly available: number;
  /** What is added to the amount that is held, signed, in minor units. */
  readonly held: number;
  /** Place in the shard, as `comparableSequence` writes it. */
  readonly sequence: string;
}

/** How often the amount of a row is added to what is available and to what is held. */
const EFFECTS: { readonly [type in BalanceEffect['type']]: { readonly available: -1 | 0 | 1; readonly held: -1 | 0 | 1 } } = {
  payment: { available: 1, held: 0 },
  refund: { available: -1, held: 0 },
  hold: { available: -1, held: 1 },
  release: { available: 1, held: -1 },
  settle: { available: 0, held: -1 },
};

/** The largest amount of a payment in minor units: 10^12. */
const MAXIMUM_AMOUNT = 1e12;

/**
 * Reads the effect of a record of a ledger table's stream.
 *
 * @returns undefined for what has none: rejected rows, marks of keys that have another bucket now, and everything but the insert of a row
 * @throws Error when a new row cannot be understood, for example one of a type that this version does not know
 */
export function readBalanceEffect(record: DynamoDBRecord): BalanceEffect | undefined {
  if (record.eventName !== 'INSERT') {
    // Later changes of a row (what is left to draw, counted conflicts, expiry) move no money.
    return undefined;
  }
  const image = record.dynamodb?.NewImage;
  const sequenceNumber = record.dynamodb?.SequenceNumber;
  if (image === undefined || sequenceNumber === undefined) {
    throw new Error('the record has no new image or no sequence number: the table stream must show new images');
  }
  const status = image.status?.S;
  if (status === 'rejected' || isBucketMark(image)) {
    return undefined;
  }
  const type = image.type?.S as BalanceEffect['type'];
  const merchantId = merchantOf(image.pk?.S ?? '');
  const currency = image.currency?.S ?? '';
  const amount = Number(image.amount?.N);
  const effect = Object.hasOwn(EFFECTS, type) ? EFFECTS[type] : undefined;
  if (status !== 'applied' || effect === undefined) {
    throw new Error(`a ledger row of type ${type} and status ${status} is not known`);
  }
  if (merchantId === '' || currency.length !== 3 || !Number.isInteger(amount) || amount < 1 || amount > MAXIMUM_AMOUNT) {
    throw new Error('a ledger row lacks its merchant, currency or amount');
  }
  const { available, held } = effect;
  return { merchantId, currency, type, amount, available: available * amount, held: held * amount, sequence: comparableSequence(sequenceNumber) };
}
