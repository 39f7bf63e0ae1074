import { AwsJsonClient } from '../runtime/aws/json-client';
import { BalanceTable } from '../runtime/balance/balance-table';
import { Environment } from '../runtime/configuration/environment';
import { openLedger } from '../runtime/configuration/open-ledger';
import { EventBridgeDomainEvents } from '../runtime/events/domain-events';
import { HttpsClient } from '../runtime/http/outgoing';
import { PostgresqlBalances } from '../runtime/ledger/postgresql-balances';
import { Logger } from '../runtime/observability/logger';
import { EmbeddedMetrics } from '../runtime/observability/metrics';
import { PayoutExecutions } from '../runtime/payout/payout-executions';
import { PayoutTable } from '../runtime/payout/payout-table';
import { SqsPayoutWatch } from '../runtime/payout/payout-watch';
import { PayoutReservations } from '../runtime/payout/reservations';
import { systemClock } from '../runtime/retry/clock';
import { createPayoutHandler, type PayoutHandler } from './handler';
import { secretAuthorization } from './provider-secret';
import { HttpTransfers } from './transfers';
import { createPayoutWatchHandler, type PayoutWatchHandler } from './watch';

// Made once for each execution environment, so that connections and the signing key are kept between invocations.
const environment = new Environment();
const functionName = environment.optionalText('AWS_LAMBDA_FUNCTION_NAME') ?? 'payout';
const dynamodb = new AwsJsonClient({ service: 'dynamodb' });
const metrics = new EmbeddedMetrics({ functionName });
const logger = new Logger({ context: { functionName } });
const payouts = new PayoutTable({
  dynamodb,
  table: environment.text('PAYOUT_TABLE'),
  timeToLiveSeconds: environment.integer('LEDGER_TTL_SECONDS', { minimum: 1 }),
});
const watch = new SqsPayoutWatch({
  sqs: new AwsJsonClient({ service: 'sqs' }),
  queueUrl: environment.text('PAYOUT_WATCH_QUEUE_URL'),
  firstDelaySeconds: environment.integer('PAYOUT_WATCH_SECONDS', { minimum: 1 }),
});
const common = { payouts, watch, metrics, logger, clock: systemClock };

let steps: PayoutHandler | undefined;
let looks: PayoutWatchHandler | undefined;

/** A step of a payout, called by its state machine. */
export const handler: PayoutHandler = (event, context) => (steps ??= createSteps())(event, context);

/** Reminders of payouts, from their queue. Of the same bundle, for a function of its own. */
export const watchHandler: PayoutWatchHandler = (event, context) => (looks ??= createPayoutWatchHandler({
  ...common,
  executions: new PayoutExecutions(new AwsJsonClient({ service: 'states' }), environment.text('PAYOUT_STATE_MACHINE_ARN')),
}, { overdueSeconds: environment.integer('PAYOUT_OVERDUE_SECONDS', { default: 3_600 }) }))(event, context);

function createSteps(): PayoutHandler {
  const balanceLagSeconds = environment.integer('BALANCE_LAG_SECONDS', { default: 300 });
  const secretArn = environment.optionalText('TRANSFER_SECRET_ARN');
  const { ledger, postgresql } = openLedger(environment, { dynamodb, metrics, logger, clock: systemClock, applicationName: functionName });
  return createPayoutHandler({
    ...common,
    reservations: new PayoutReservations({
      dynamodb,
      table: environment.text('PAYOUT_TABLE'),
      balances: postgresql === undefined ? new BalanceTable({ dynamodb, table: environment.text('BALANCE_TABLE') }) : new PostgresqlBalances(postgresql),
      payouts,
      balanceLagSeconds,
    }),
    ledger,
    transfers: new HttpTransfers({
      client: new HttpsClient({ hosts: 'any' }),
      endpoint: environment.text('TRANSFER_ENDPOINT'),
      timeoutMilliseconds: environment.integer('TRANSFER_TIMEOUT_MILLISECONDS', { minimum: 1, default: 5_000 }),
      ...(secretArn === undefined ? undefined : {
        authorization: secretAuthorization(new AwsJsonClient({ service: 'secretsmanager' }), secretArn, systemClock,
          (error) => logger.sample('warn', 'the secret of the transfer provider could not be read again', { error })),
      }),
    }),
    events: new EventBridgeDomainEvents({ events: new AwsJsonClient({ service: 'events' }), eventBusName: environment.text('EVENT_BUS_NAME') }),
  }, { balanceLagSeconds });
}
