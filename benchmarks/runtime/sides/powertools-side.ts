import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { parser } from '@aws-lambda-powertools/batch/parser';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { Context } from 'aws-lambda';
import { z } from 'zod';
import { serveRounds } from '../../harness/measured-process';
import { CONTEXT, jsonEvents, type LedgerSideArgument, newPayments } from '../payments';
import { instantRequestHandler } from './instant-request-handler';

/**
 * AWS Lambda Powertools as its documentation puts it together: batch processor, parser, one idempotency record a payment.
 *
 * Its business function does nothing, while the others store the payment: that is in its favour.
 */

const { endpoint, eventSize, table } = JSON.parse(process.argv[2]) as LedgerSideArgument;

const paymentSchema = z.object({
  idempotencyKey: z.string().min(1).max(64),
  merchantId: z.string().min(1).max(64),
  payerId: z.string().min(1).max(64),
  amount: z.number().int().positive(),
  currency: z.string().length(3),
  type: z.enum(['payment', 'refund']),
  cardToken: z.string().optional(),
  acceptedAt: z.number().int(),
});

const persistenceStore = new DynamoDBPersistenceLayer({
  tableName: table, keyAttr: 'pk', sortKeyAttr: 'sk', clientConfig: endpoint === undefined ? { requestHandler: instantRequestHandler } : { endpoint },
});
const config = new IdempotencyConfig({ eventKeyJmesPath: '[merchantId, idempotencyKey]', throwOnNoIdempotencyKey: true });
const apply = makeIdempotent(async (payment: z.infer<typeof paymentSchema>) => ({ key: payment.idempotencyKey }), { persistenceStore, config });
const processor = new BatchProcessor(EventType.KinesisDataStreams, { parser, innerSchema: paymentSchema, transformer: 'base64' });

serveRounds((items) => jsonEvents(newPayments(items), eventSize), async (events) => {
  const context = CONTEXT as unknown as Context;
  config.registerLambdaContext(context);
  for (const event of events) {
    const { batchItemFailures } = await processPartialResponse(
      event,
      async (record: unknown) => {
        const { data } = (record as { kinesis: { data: z.infer<typeof paymentSchema> } }).kinesis;
        await apply(data);
      },
      processor,
      { context },
    );
    if (batchItemFailures.length > 0) {
      throw new Error('payments failed');
    }
  }
});
