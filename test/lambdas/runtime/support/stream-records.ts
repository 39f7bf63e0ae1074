import type { DynamoDBRecord } from 'aws-lambda';

/** A record of a ledger table's stream. */
export function insertRecord(
  sequenceNumber: string | bigint, merchantId: string, type: string, amount: number, others: { currency?: string; status?: string } = {},
): DynamoDBRecord {
  const { currency = 'EUR', status = 'applied' } = others;
  return {
    eventName: 'INSERT',
    eventSourceARN: 'arn:aws:dynamodb:eu-west-1:111122223333:table/ledger/stream/1',
    dynamodb: {
      SequenceNumber: String(sequenceNumber),
      ApproximateCreationDateTime: 1_700_000_000,
      NewImage: {
        pk: { S: `${merchantId}#0` }, sk: { S: `key-${sequenceNumber}` }, type: { S: type }, status: { S: status },
        amount: { N: String(amount) }, currency: { S: currency },
      },
    },
  };
}
