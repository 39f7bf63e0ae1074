import { Duration, RemovalPolicy, Size, Stack, type StackProps } from 'aws-cdk-lib';
import { StreamViewType } from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { assetFolder } from '../../constructs/assets';
import { Saga } from '../../constructs/resilience/saga';
import { SagaTask } from '../../constructs/resilience/saga-task';
import { DataClass } from '../../constructs/security/data-class';
import { DataKeys } from '../../constructs/security/data-keys';
import { ShardedTable } from '../../constructs/table/sharded-table';
import { TableCapacity } from '../../constructs/table/table-capacity';
import { QueueWorker } from '../../constructs/worker/queue-worker';
import { TableStreamWorker } from '../../constructs/worker/table-stream-worker';
import { WorkerFunction } from '../../constructs/worker/worker-function';
import { Facts } from '../../lib/facts';
import { Rate, Workload } from '../../lib/workload';

const facts = Facts.DEFAULT;

export interface PayoutStackProps extends StackProps {
  /** Folder of the bundles. @default - that of the package */
  readonly assets?: (name: string) => string;
}

/** Payouts with everything that they need, in one stack: tables, the projector of the balances, the saga, its watch, a bus and a queue behind it. */
export class PayoutStack extends Stack {
  readonly saga: Saga;
  readonly ledger: ShardedTable;
  readonly balances: ShardedTable;
  readonly payouts: ShardedTable;
  readonly watch: QueueWorker;
  readonly steps: WorkerFunction;

  constructor(scope: Construct, id: string, props: PayoutStackProps = {}) {
    super(scope, id, props);
    const removalPolicy = RemovalPolicy.DESTROY;
    const folder = props.assets ?? assetFolder;
    const payments = new Workload({ peak: Rate.perSecond(1_000) });
    const workload = new Workload({ peak: Rate.perSecond(5) });
    const keys = new DataKeys(this, 'Keys', { removalPolicy });
    const common = { encryptionKey: keys.key(DataClass.LEDGER), removalPolicy };
    const logEncryptionKey = keys.key(DataClass.OPERATIONS);

    this.ledger = new ShardedTable(this, 'Ledger', {
      ...common, capacity: TableCapacity.ledger(payments), changeStream: StreamViewType.NEW_AND_OLD_IMAGES, timeToLiveAttribute: 'expiresAt',
    });
    this.balances = new ShardedTable(this, 'Balances', { ...common, capacity: TableCapacity.balances(payments) });
    this.payouts = new ShardedTable(this, 'Payouts', { ...common, capacity: TableCapacity.onDemand(), timeToLiveAttribute: 'expiresAt' });
    const projector = new TableStreamWorker(this, 'BalanceProjector', {
      workload: payments,
      table: this.ledger,
      code: lambda.Code.fromAsset(folder('balance-projector')),
      environment: { BALANCE_TABLE: this.balances.tableNames },
      logEncryptionKey,
      removalPolicy,
    });
    this.balances.grantRead(projector);
    this.balances.grantInsert(projector);
    this.balances.grantUpdate(projector);

    const bus = new events.EventBus(this, 'Bus');
    const told = new sqs.Queue(this, 'Told', { enforceSSL: true });
    new events.Rule(this, 'PayoutEnds', {
      eventBus: bus,
      eventPattern: { source: ['high-throughput.payments'], detailType: events.Match.prefix('payout.') },
      targets: [new targets.SqsQueue(told, { deadLetterQueue: new sqs.Queue(this, 'Untold', { enforceSSL: true }) })],
    });

    const code = lambda.Code.fromAsset(folder('payout'));
    const environment = {
      LEDGER_TABLES: this.ledger.tableNames,
      LEDGER_BUCKETS: JSON.stringify({ default: 1, merchants: {} }),
      LEDGER_TTL_SECONDS: String(Duration.days(14).toSeconds()),
      PAYOUT_TABLE: this.payouts.tableNames,
      PAYOUT_WATCH_SECONDS: String(facts.number('target/payouts.watchSeconds')),
    };
    this.watch = new QueueWorker(this, 'PayoutWatch', {
      workload,
      code,
      handler: 'index.watchHandler',
      environment: { ...environment, PAYOUT_OVERDUE_SECONDS: String(60 * facts.number('target/payouts.overdueMinutes')) },
      encryptionKey: keys.key(DataClass.EVENTS),
      logEncryptionKey,
      removalPolicy,
    });
    this.watch.function.addEnvironment('PAYOUT_WATCH_QUEUE_URL', this.watch.queue.queueUrl);
    this.steps = new WorkerFunction(this, 'PayoutSteps', {
      code,
      handler: 'index.handler',
      environment: {
        ...environment,
        PAYOUT_WATCH_QUEUE_URL: this.watch.queue.queueUrl,
        BALANCE_TABLE: this.balances.tableNames,
        BALANCE_LAG_SECONDS: String(facts.number('target/payouts.balanceLagSeconds')),
        EVENT_BUS_NAME: bus.eventBusName,
        TRANSFER_ENDPOINT: 'https://transfers.example.com',
        TRANSFER_TIMEOUT_MILLISECONDS: '5000',
      },
      memory: Size.mebibytes(facts.number('target/payouts.functionMemory')),
      timeout: Duration.seconds(15),
      reservedConcurrency: 10,
      logEncryptionKey,
      removalPolicy,
    });
    this.grantSteps(bus);

    const step = (name: string) => SagaTask.invoke(this.steps.alias, {
      payload: sfn.TaskInput.fromObject({ step: name, payout: sfn.JsonPath.objectAt('$') }),
    });
    const transientErrors = ['PayoutUnavailable'];
    this.saga = new Saga(this, 'Payout', {
      workload,
      steps: [
        { name: 'Hold', action: step('hold'), compensation: step('release'), compensateOn: ['PayoutRejected'], transientErrors },
        { name: 'Transfer', action: step('transfer'), compensateOn: ['PayoutRefused'], transientErrors },
        { name: 'Settle', action: step('settle'), compensateOn: [], transientErrors },
      ],
      unfinished: step('leave'),
      // What could not even be noted is looked after as everything else.
      parkingQueue: this.watch.queue,
      encryptionKey: keys.key(DataClass.EVENTS),
      logEncryptionKey,
      removalPolicy,
    });
    this.saga.grantStart(this.watch);
    this.watch.function.addEnvironment('PAYOUT_STATE_MACHINE_ARN', this.saga.stateMachine.stateMachineArn);
  }

  private grantSteps(bus: events.IEventBus): void {
    const { balances, ledger, payouts, steps, watch } = this;
    ledger.grantInsert(steps);
    ledger.grantPut(steps);
    ledger.grantUpdate(steps);
    ledger.grantRead(steps);
    ledger.grantTransact(steps);
    balances.grantRead(steps);
    for (const principal of [steps, watch]) {
      payouts.grantRead(principal);
      payouts.grantPut(principal);
      payouts.grantUpdate(principal);
      watch.grantSend(principal);
    }
    bus.grantPutEventsTo(steps);
  }
}
