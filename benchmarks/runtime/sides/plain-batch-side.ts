import { BatchExecuteStatementCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import type { PaymentRecord } from '../../../lambdas/runtime/payment/payment';
import { serveRounds } from '../../harness/measured-process';
import { jsonEvents, type LedgerSideArgument, newPayments } from '../payments';
import { instantRequestHandler } from './instant-request-handler';

/** What a good engineer writes in an hour: JSON records, the AWS SDK, 25 conditional inserts a call, partial failures. */

const { endpoint, eventSize, table } = JSON.parse(process.argv[2]) as LedgerSideArgument;
const client = new DynamoDBClient({ ...(endpoint === undefined ? { requestHandler: instantRequestHandler } : { endpoint }), maxAttempts: 3 });
const CALLS_AT_ONCE = 8;
const INSERT = `INSERT INTO "${table}" VALUE {'pk': ?, 'sk': ?, 'type': ?, 'amount': ?, 'currency': ?, 'payer': ?, 'token': ?, 'status': ?,`
  + " 'refundable': ?, 'acceptedAt': ?, 'settledAt': ?, 'expiresAt': ?}";

interface Placed {
  readonly payment: PaymentRecord;
  readonly sequenceNumber: string;
}

async function handler(event: KinesisStreamEvent): Promise<KinesisStreamBatchResponse> {
  const unique = new Map<string, Placed>();
  for (const { kinesis } of event.Records) {
    const payment = JSON.parse(Buffer.from(kinesis.data, 'base64').toString('utf8')) as PaymentRecord;
    unique.set(`${payment.merchantId}#${payment.idempotencyKey}`, { payment, sequenceNumber: kinesis.sequenceNumber });
  }
  const placed = [...unique.values()];
  const chunks = Array.from({ length: Math.ceil(placed.length / 25) }, (_, index) => placed.slice(index * 25, index * 25 + 25));
  const failed: string[] = [];
  const lane = async (): Promise<void> => {
    for (let chunk = chunks.pop(); chunk !== undefined; chunk = chunks.pop()) {
      const command = new BatchExecuteStatementCommand({ Statements: chunk.map(({ payment }) => statement(payment)) });
      const { Responses: responses } = await client.send(command);
      for (let index = 0; index < chunk.length; index++) {
        const code = responses?.[index].Error?.Code;
        if (code !== undefined && code !== 'DuplicateItem') {
          failed.push(chunk[index].sequenceNumber);
        }
      }
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, lane));
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

function statement(payment: PaymentRecord) {
  const now = Date.now();
  return {
    Statement: INSERT,
    Parameters: [
      { S: `${payment.merchantId}#0` }, { S: payment.idempotencyKey }, { S: payment.type }, { N: String(payment.amount) }, { S: payment.currency },
      { S: payment.payerId }, { S: payment.cardToken ?? '' }, { S: 'applied' }, { N: String(payment.amount) }, { N: String(payment.acceptedAt) },
      { N: String(now) }, { N: String(Math.floor(now / 1000) + 1_209_600) },
    ],
  };
}

serveRounds((items) => jsonEvents(newPayments(items), eventSize), async (events) => {
  for (const event of events) {
    if ((await handler(event)).batchItemFailures.length > 0) {
      throw new Error('payments were not stored');
    }
  }
});
