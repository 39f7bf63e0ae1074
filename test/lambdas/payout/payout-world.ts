import { AwsConnectionError, type AwsCaller, AwsServiceError } from '../../../lambdas/runtime/aws/json-client';
import type { Item } from '../../../lambdas/runtime/aws/dynamodb';
import type { DomainEvent } from '../../../lambdas/runtime/events/domain-events';
import { domainEventId } from '../../../lambdas/runtime/events/domain-events';
import { NoAnswerError, type OutgoingAnswer, type OutgoingRequest } from '../../../lambdas/runtime/http/outgoing';
import { DynamoDbLedger } from '../../../lambdas/runtime/ledger/dynamodb-ledger';
import type { Payout, PayoutRequest } from '../../../lambdas/runtime/payout/payout';
import { PayoutExecutions } from '../../../lambdas/runtime/payout/payout-executions';
import { PayoutTable } from '../../../lambdas/runtime/payout/payout-table';
import { SqsPayoutWatch } from '../../../lambdas/runtime/payout/payout-watch';
import { PayoutReservations } from '../../../lambdas/runtime/payout/reservations';
import { RetryPolicy } from '../../../lambdas/runtime/retry/retry';
import { ShardDirectory } from '../../../lambdas/runtime/sharding/shard-directory';
import { createPayoutHandler, type PayoutDecisionEvent, type PayoutStepEvent } from '../../../lambdas/payout/handler';
import { HttpTransfers } from '../../../lambdas/payout/transfers';
import { createPayoutWatchHandler } from '../../../lambdas/payout/watch';
import { type Json, StateError, WorkflowEngine } from '../../../local/engines/workflow';
import { MemoryTableEngine } from '../../../local/engines/table/memory';
import { Bank, type BankBehaviour } from '../../../local/services/bank';
import { VirtualTime } from '../../seeds/virtual-time';
import { recordedLogger, RecordedMetrics } from '../runtime/support/silent';
import { payment } from '../runtime/support/payments';

export const STATE_MACHINE = 'arn:aws:states:eu-west-1:000000000000:stateMachine:payout';
export const BALANCE_LAG_SECONDS = 60;
const START = 1_700_000_000_000;

/** What may happen to one call of a handler to a service. `late`: it is given up, and carried out up to a minute later. */
export type Trouble = 'none' | 'late' | 'lost-request' | 'lost-answer' | 'throttled' | 'crash-before' | 'crash-after';

/** A handler's process is gone: nobody hears of it again. */
class Crash extends Error {}

export interface PayoutWorldProps {
  readonly definition: string;
  readonly bank?: BankBehaviour;
  /** Asked once for every call to a table, a queue, the bank, the bus or the state machines. @default - no trouble */
  readonly trouble?: () => Trouble;
  /** A number in [0, 1). @default - 0.5 */
  readonly random?: () => number;
  readonly repeatedShare?: number;
  /** Whether an invocation is refused for the function's concurrency. @default - none is */
  readonly throttled?: () => boolean;
}

/** The payout handlers around a state machine, tables in memory and a pretend bank, in virtual time. */
export class PayoutWorld {
  readonly time = new VirtualTime(START);
  readonly bank: Bank;
  readonly metrics = new RecordedMetrics();
  readonly log = recordedLogger();
  /** Ids of the events that were told, as often as they were. */
  readonly told: string[] = [];
  readonly engine: WorkflowEngine;
  readonly payouts: PayoutTable;
  readonly ledger: DynamoDbLedger;
  readonly dynamodb: AwsCaller;
  invocations = 0;
  private readonly tables = new MemoryTableEngine({ clock: () => this.time.now() });
  private readonly random: () => number;
  private reminders = 0;

  constructor(private readonly props: PayoutWorldProps) {
    this.random = props.random ?? (() => 0.5);
    this.bank = new Bank(props.bank ?? { refused: 0, lostAnswers: 0, lostRequests: 0, slow: 0 });
    this.dynamodb = { call: (operation, input) => this.callTables(operation, input) };
    this.ledger = this.ledgerOf(this.dynamodb);
    this.payouts = this.payoutsOf(this.dynamodb);
    this.engine = new WorkflowEngine({
      stateMachines: [{ arn: STATE_MACHINE, definition: props.definition }],
      clock: this.time,
      random: this.random,
      repeatedShare: props.repeatedShare,
      tasks: {
        invoke: (_, payload) => {
          if (this.props.throttled?.()) {
            return Promise.reject(new StateError('Lambda.TooManyRequestsException', 'Rate Exceeded.'));
          }
          return this.invokeStep(payload as unknown as PayoutStepEvent);
        },
        sendMessage: async ({ MessageBody: body }) => {
          this.lookIn(JSON.stringify(body), 2);
          return {};
        },
      },
    });
  }

  async createTables(): Promise<void> {
    for (const name of ['ledger', 'payouts']) {
      await this.callTables('CreateTable', {
        TableName: name,
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }, { AttributeName: 'sk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
        BillingMode: 'PAY_PER_REQUEST',
      });
    }
  }

  /** Lets a merchant have money, and its balance show it. */
  async deposit(merchantId: string, idempotencyKey: string, amount: number): Promise<void> {
    await this.ledger.applyPayments([payment(merchantId, idempotencyKey, { amount, acceptedAt: this.time.now() })]);
    await this.time.runUntil(this.time.now() + 2_000 * BALANCE_LAG_SECONDS);
  }

  request(merchantId: string, idempotencyKey: string, amount: number): PayoutRequest {
    return { merchantId, idempotencyKey, amount, currency: 'EUR', requestedAt: this.time.now() };
  }

  /** Starts an execution, as the API does. */
  start(request: PayoutRequest): void {
    this.engine.start(STATE_MACHINE, JSON.stringify(request));
  }

  /** Lets time pass until nothing is under way, at most so many hours. */
  async settle(hours = 24): Promise<void> {
    const end = this.time.now() + hours * 3_600_000;
    await this.time.runUntil(end, () => this.engine.statistics().running === 0 && this.reminders === 0);
  }

  /** Answers a step as the state machine hears it. */
  async step(event: PayoutStepEvent | PayoutDecisionEvent): Promise<Json> {
    return this.invokeStep(event);
  }

  find(request: PayoutRequest): Promise<Payout | undefined> {
    return this.payouts.find(request.merchantId, request.idempotencyKey);
  }

  /** All rows of a table. */
  async rows(table: 'ledger' | 'payouts'): Promise<readonly Item[]> {
    return (await this.callTables<{ Items: Item[] }>('Scan', { TableName: table })).Items;
  }

  /** What the ledger's rows come to, as they stand: the balance once everything is projected. */
  async books(merchantId: string, before = Infinity): Promise<{ available: bigint; held: bigint }> {
    let available = 0n;
    let held = 0n;
    for (const row of await this.rows('ledger')) {
      if (row.pk.S!.startsWith(`${merchantId}#`) && row.status.S === 'applied' && Number(row.settledAt.N) <= before) {
        const amount = BigInt(row.amount.N!);
        available += { payment: amount, hold: -amount, release: amount }[row.type.S!] ?? 0n;
        held += { hold: amount, release: -amount, settle: -amount }[row.type.S!] ?? 0n;
      }
    }
    return { available, held };
  }

  private invokeStep(event: PayoutStepEvent | PayoutDecisionEvent): Promise<Json> {
    return this.process((dynamodb) => {
      const payouts = this.payoutsOf(dynamodb);
      return createPayoutHandler({
        payouts,
        reservations: this.reservationsOf(dynamodb),
        watch: this.watchOf(dynamodb),
        ledger: this.ledgerOf(dynamodb),
        transfers: new HttpTransfers({
          client: { send: (request) => this.network(() => this.callBank(request)) },
          endpoint: 'https://bank.example',
          retry: new RetryPolicy({ clock: this.time, random: this.random, baseMilliseconds: 200, maximumAttempts: 4 }),
        }),
        events: { publish: (events) => this.network(async () => this.tell(events)).catch((error: unknown) => {
          if (error instanceof Crash) {
            throw error;
          }
          return events.map(() => false);
        }) },
        metrics: this.metrics,
        logger: this.log.logger,
        clock: this.time,
      }, { balanceLagSeconds: BALANCE_LAG_SECONDS })(event, { getRemainingTimeInMillis: () => 15_000 }) as unknown as Promise<Json>;
    });
  }

  private async look(body: string): Promise<void> {
    const result = await this.process((dynamodb) => createPayoutWatchHandler({
      payouts: this.payoutsOf(dynamodb),
      watch: this.watchOf(dynamodb),
      executions: new PayoutExecutions({
        call: (_, input) => this.network(async () => {
          const { stateMachineArn, input: text } = input as { stateMachineArn: string; input: string };
          return { executionArn: this.engine.start(stateMachineArn, text).executionArn } as never;
        }),
      }, STATE_MACHINE, this.retry()),
      metrics: this.metrics,
      logger: this.log.logger,
      clock: this.time,
    })({ Records: [{ messageId: 'm', body }] as never }, { getRemainingTimeInMillis: () => 30_000 }) as unknown as Promise<Json>,
    ).catch(() => ({ batchItemFailures: [{ itemIdentifier: 'm' }] }));
    if ((result as { batchItemFailures: unknown[] }).batchItemFailures.length > 0) {
      // Its visibility timeout is over.
      this.lookIn(body, 180);
    }
    this.reminders--;
  }

  private lookIn(body: string, seconds: number): void {
    this.reminders++;
    this.time.setTimer(() => void this.look(body), seconds * 1_000);
  }

  /** Runs a handler in a process of its own, which a crash ends in the middle of whatever it does. */
  private async process(run: (dynamodb: AwsCaller) => Promise<Json>): Promise<Json> {
    this.invocations++;
    const dynamodb: AwsCaller = { call: (operation, input) => this.network(() => this.callTables(operation, input)) };
    try {
      return await run(dynamodb);
    } catch (error) {
      throw error instanceof Crash || (error as Error).cause instanceof Crash
        ? new StateError('Runtime.ExitError', 'the process ended')
        : new StateError((error as Error).name, (error as Error).message);
    }
  }

  /** One call of a handler to something else. */
  private async network<Output>(call: () => Promise<Output>): Promise<Output> {
    const trouble = this.props.trouble?.() ?? 'none';
    await this.time.sleep(1 + 9 * this.random());
    switch (trouble) {
      case 'crash-before':
        throw new Crash();
      case 'lost-request':
        throw new AwsConnectionError('no answer');
      case 'throttled':
        throw new AwsServiceError('ThrottlingException', 400, 'slow down');
      case 'late':
        this.time.setTimer(() => void call().catch(() => undefined), 60_000 * this.random());
        throw new AwsConnectionError('no answer');
      default:
    }
    const output = await call();
    if (trouble === 'crash-after') {
      throw new Crash();
    }
    if (trouble === 'lost-answer') {
      throw new AwsConnectionError('no answer');
    }
    return output;
  }

  private async callBank({ method, url, body, headers }: OutgoingRequest): Promise<OutgoingAnswer> {
    if (method === 'GET') {
      const transfer = this.bank.find(decodeURIComponent(url.split('/transfers/')[1]));
      return transfer === undefined ? { statusCode: 404, text: '{}' } : { statusCode: 200, text: JSON.stringify(transfer) };
    }
    const answer = this.bank.transfer(headers!['idempotency-key'], JSON.parse(body!));
    if (answer.kind === 'lost') {
      throw new NoAnswerError('reset');
    }
    return { statusCode: 200, text: JSON.stringify(answer.transfer) };
  }

  private tell(events: readonly DomainEvent[]): boolean[] {
    this.told.push(...events.map(domainEventId));
    return events.map(() => true);
  }

  private ledgerOf(dynamodb: AwsCaller): DynamoDbLedger {
    return new DynamoDbLedger({ dynamodb, tables: ['ledger'], directory: new ShardDirectory(1), retry: this.retry() });
  }

  private payoutsOf(dynamodb: AwsCaller): PayoutTable {
    return new PayoutTable({ dynamodb, table: 'payouts', retry: this.retry() });
  }

  private reservationsOf(dynamodb: AwsCaller): PayoutReservations {
    return new PayoutReservations({
      dynamodb, table: 'payouts', retry: this.retry(), payouts: this.payoutsOf(dynamodb), balanceLagSeconds: BALANCE_LAG_SECONDS,
      // As late as a balance may be, and not always the same: some rows are there already, some are not.
      balances: { balance: (merchantId) => this.books(merchantId, this.time.now() - 1_000 * BALANCE_LAG_SECONDS * this.random()) },
    });
  }

  private watchOf(_dynamodb: AwsCaller): SqsPayoutWatch {
    return new SqsPayoutWatch({
      sqs: { call: (_, input) => this.network(async () => {
        const { MessageBody, DelaySeconds } = input as { MessageBody: string; DelaySeconds: number };
        this.lookIn(MessageBody, DelaySeconds);
        return {} as never;
      }) },
      queueUrl: 'queue', firstDelaySeconds: 60, retry: this.retry(),
    });
  }

  private retry(): RetryPolicy {
    return new RetryPolicy({ clock: this.time, random: this.random, maximumAttempts: 3 });
  }

  private async callTables<Output>(operation: string, input: object): Promise<Output> {
    const { body, status } = await this.tables.call(operation, JSON.stringify(input));
    const output = JSON.parse(body.toString()) as Record<string, unknown>;
    if (status !== 200) {
      throw new AwsServiceError(String(output.__type).replace(/^.*#/, ''), status, String(output.message ?? output.Message ?? ''), output);
    }
    return output as Output;
  }
}
