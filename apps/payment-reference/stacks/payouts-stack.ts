import { CfnParameter, Stack } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import {
  AlarmSet, assetFolder, DataClass, handlerMetric, QueueWorker, Saga, SagaTask, ShardedTable, TableCapacity, WorkerFunction,
} from '../../../constructs';
import { DEFAULTS } from '../../../constructs/defaults';
import { factsFor } from '../../../constructs/limits';
import { sagaLayout } from '../../../constructs/resilience/saga-layout';
import { sizeSaga } from '../../../lib/sizing';
import { ledgerTimeToLiveSeconds } from '../../../lib/sizing/stream-retention';
import type { Workload } from '../../../lib/workload';
import type { Variables } from '../ledger-access';
import type { DataStack } from './data-stack';
import type { EventsStack } from './events-stack';
import type { NetworkStack } from './network-stack';
import type { ReferenceStackProps } from './reference-stack-props';
import type { SecurityStack } from './security-stack';

/** Properties of `PayoutsStack`. */
export interface PayoutsStackProps extends ReferenceStackProps {
  /** Who backs up the table of payouts. */
  readonly data: Pick<DataStack, 'backups'>;
  readonly events: EventsStack;
  readonly network: NetworkStack;
  readonly security: SecurityStack;
  /** What the steps are told of the ledger and its balances. What they may do there, whoever makes this says. */
  readonly variables: Variables;
  /** What all cells together must carry. */
  readonly workload: Workload;
}

/** Steps of a payout as the function names them, and what each is undone by. */
const STEPS: readonly { readonly name: string; readonly action: string; readonly compensation?: string; readonly compensateOn: string[] }[] = [
  { name: 'Hold', action: 'hold', compensation: 'release', compensateOn: ['PayoutRejected'] },
  // Any other error leaves open whether the money was sent: it stays on hold until that is known.
  { name: 'Transfer', action: 'transfer', compensateOn: ['PayoutRefused'] },
  { name: 'Settle', action: 'settle', compensateOn: [] },
];
/** What is done with a payout that could neither go on nor back: another execution goes on from there. */
const UNFINISHED = 'leave';

/** Payouts to merchants: hold, transfer, settle or release; and what looks after those that did not come to an end. */
export class PayoutsStack extends Stack {
  readonly payouts: ShardedTable;
  readonly steps: WorkerFunction;
  readonly watch: QueueWorker;
  readonly saga: Saga;
  /** Alarms of the steps and of payouts that do not come to an end, by name. */
  readonly alarms: AlarmSet;

  constructor(scope: Construct, id: string, props: PayoutsStackProps) {
    super(scope, id, props);
    const { data, events, network, removalPolicy, security } = props;
    const workload = props.workload.share(DEFAULTS.share.payouts);
    const common = { logEncryptionKey: security.operationsKey, removalPolicy };
    const encryptionKey = security.keys.key(DataClass.LEDGER);
    // The function is sized by the saga that calls it, and is there before it.
    const sizing = sizeSaga(workload, sagaLayout({ steps: STEPS, unfinished: UNFINISHED }), factsFor(this));

    this.payouts = new ShardedTable(this, 'Payouts', {
      capacity: TableCapacity.onDemand(), timeToLiveAttribute: 'expiresAt', encryptionKey, removalPolicy,
    });
    data.backups.protectTables(this, 'PayoutBackups', this.payouts.tables, encryptionKey);
    const environment = { PAYOUT_TABLE: this.payouts.tableNames, LEDGER_TTL_SECONDS: String(ledgerTimeToLiveSeconds(props.workload)) };

    this.watch = new QueueWorker(this, 'PayoutWatch', {
      ...common,
      workload,
      vpc: network.foundation.vpc,
      vpcSubnets: network.foundation.applicationSubnets,
      code: lambda.Code.fromAsset(assetFolder('payout')),
      handler: 'index.watchHandler',
      environment,
      encryptionKey: security.eventsKey,
    });
    // It calls the provider over the internet, from addresses that the provider may allow.
    this.steps = new WorkerFunction(this, 'PayoutSteps', {
      vpc: network.foundation.vpc,
      vpcSubnets: network.foundation.egressSubnets,
      code: lambda.Code.fromAsset(assetFolder('payout')),
      handler: 'index.handler',
      environment: { ...props.variables, ...environment, ...this.stepVariables(events) },
      memory: DEFAULTS.payouts.memory,
      timeout: sizing.taskTimeout,
      reservedConcurrency: sizing.concurrency,
      logEncryptionKey: security.operationsKey,
      removalPolicy,
    });
    const step = (name: string) => SagaTask.invoke(this.steps.alias, {
      payload: sfn.TaskInput.fromObject({ step: name, payout: sfn.JsonPath.entirePayload }),
    });
    this.saga = new Saga(this, 'Payout', {
      ...common,
      workload,
      encryptionKey: security.eventsKey,
      parkingQueue: this.watch.queue,
      unfinished: step(UNFINISHED),
      steps: STEPS.map(({ action, compensation, ...others }) => ({
        ...others,
        action: step(action),
        compensation: compensation === undefined ? undefined : step(compensation),
        transientErrors: ['PayoutUnavailable'],
      })),
    });
    this.grant(events);
    this.alarms = this.createAlarms();
  }

  private createAlarms(): AlarmSet {
    const alarms = new AlarmSet(this, 'Alarms');
    this.steps.addAlarms(alarms);
    alarms.add('Overdue', {
      metric: handlerMetric(this.watch.function, 'PayoutsOverdue'),
      description: 'A payout is not done for longer than it may take: the provider does not tell what became of the transfer. See docs/payouts.md.',
      threshold: 0,
    });
    alarms.add('Contradictory', {
      metric: handlerMetric(this.steps.function, 'PayoutsContradictory'),
      description: 'What was found of a payout does not fit what was done before. No step mends that: somebody must look at it.',
      threshold: 0,
    });
    return alarms;
  }

  private stepVariables(events: EventsStack): Variables {
    const endpoint = new CfnParameter(this, 'TransferEndpoint', {
      description: 'Where the provider of transfers listens',
      allowedPattern: 'https://\\S+',
      constraintDescription: 'must be an https address',
    });
    return {
      EVENT_BUS_NAME: events.fanout.eventBus.eventBusName,
      TRANSFER_ENDPOINT: endpoint.valueAsString,
    };
  }

  private grant(events: EventsStack): void {
    for (const worker of [this.steps, this.watch]) {
      worker.function.addEnvironment('PAYOUT_WATCH_QUEUE_URL', this.watch.queue.queueUrl);
      worker.function.addEnvironment('PAYOUT_WATCH_SECONDS', String(DEFAULTS.payouts.watch.toSeconds()));
      this.payouts.grantRead(worker);
      this.payouts.grantPut(worker);
      this.payouts.grantUpdate(worker);
      this.watch.grantSend(worker);
    }
    events.fanout.grantPutEvents(this.steps);
    this.watch.function.addEnvironment('PAYOUT_OVERDUE_SECONDS', String(DEFAULTS.payouts.overdue.toSeconds()));
    this.watch.function.addEnvironment('PAYOUT_STATE_MACHINE_ARN', this.saga.stateMachine.stateMachineArn);
    this.saga.grantStart(this.watch);
  }
}
