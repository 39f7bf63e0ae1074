import { createPaymentWorkerHandler } from '../../lambdas/payment-worker/handler';
import { AwsJsonClient } from '../../lambdas/runtime/aws/json-client';
import { DynamoDbLedger } from '../../lambdas/runtime/ledger/dynamodb-ledger';
import { Logger } from '../../lambdas/runtime/observability/logger';
import { EmbeddedMetrics } from '../../lambdas/runtime/observability/metrics';
import { DynamoDbParking } from '../../lambdas/runtime/parking/dynamodb-parking';
import { systemClock } from '../../lambdas/runtime/retry/clock';
import { ShardDirectory } from '../../lambdas/runtime/sharding/shard-directory';
import { serveRounds } from '../harness/measured-process';
import { aggregatedEvents, CONTEXT, type LedgerSideArgument, newPayments } from './payments';

/** The worker of the reference, with all that it does: decode, check, insert 25 a call, count, report. */

const { endpoint, eventSize, table } = JSON.parse(process.argv[2]) as LedgerSideArgument;
const dynamodb = new AwsJsonClient({ service: 'dynamodb', endpoint });
const handler = createPaymentWorkerHandler({
  ledger: new DynamoDbLedger({ dynamodb, tables: [table], directory: ShardDirectory.parse('{"default":1,"merchants":{}}') }),
  parking: new DynamoDbParking({ dynamodb, table }),
  refundQueue: { send: async (refunds) => refunds.map(() => false) },
  metrics: new EmbeddedMetrics({ functionName: 'worker', write: () => undefined }),
  logger: new Logger({ context: { functionName: 'worker' } }),
  clock: systemClock,
});

serveRounds((items) => aggregatedEvents(newPayments(items), eventSize), async (events) => {
  for (const event of events) {
    const { batchItemFailures } = await handler(event, CONTEXT);
    if (batchItemFailures.length > 0) {
      throw new Error('the worker left payments for another delivery');
    }
  }
});
