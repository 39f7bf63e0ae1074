import { LocalAwsClient, LocalAwsError } from '../aws/local-aws-client';
import { EventBusEngine, EventBusServer } from '../engines/event-bus';
import { type Json, type JsonObject, StateError, WorkflowEngine, WorkflowServer } from '../engines/workflow';
import type { FunctionInvoker } from '../event-sources/function-invoker';
import { functionNameOfArn, type StateMachinePlan } from '../plan/workflow-plan';
import type { EventPlan } from '../plan/event-plan';
import { SeededRandom } from '../random/seeded-random';
import { BankServer } from '../services/bank';

/** Of the executions of a state machine the run starts so many twice: an Express workflow promises at least one. */
const REPEATED_SHARE = 0.02;

export interface CoordinationProps {
  readonly region: string;
  readonly account: string;
  readonly stateMachines: readonly StateMachinePlan[];
  readonly events: EventPlan;
  /** Calls the queues. */
  readonly queues: LocalAwsClient;
  /** URL here of each queue, by ARN. */
  readonly queueUrls: { readonly [arn: string]: string };
  /** The function of a name; undefined where there is none. */
  readonly functionOf: (name: string) => FunctionInvoker | undefined;
  readonly seed: number;
  /** Whether a function asks for transfers, so that a bank must be there. */
  readonly needsBank: boolean;
}

/** What the parts that coordinate others counted. */
export interface CoordinationStatistics {
  /** Executions that run, and events that no queue has taken. */
  readonly underWay: number;
  readonly executions: number;
  /** Of these, started a second time by the run itself. */
  readonly repeatedExecutions: number;
  readonly unfinishedExecutions: number;
}

/** State machines, event buses and the pretend bank of a run, each behind an address of its own. */
export class Coordination {
  static async start(props: CoordinationProps): Promise<Coordination> {
    const random = new SeededRandom(props.seed);
    const workflows = new WorkflowEngine({
      stateMachines: props.stateMachines,
      random: () => random.next(),
      repeatedShare: REPEATED_SHARE,
      tasks: {
        invoke: (functionArn, payload) => invoke(props, functionArn, payload),
        sendMessage: (parameters) => sendMessage(props, parameters),
      },
      onUnsuccessful: (arn, result) => void process.stderr.write(`${arn}: ${JSON.stringify(result)}\n`),
    });
    const buses = new EventBusEngine({ region: props.region, account: props.account, ...props.events }, {
      send: async (queueArn, body) => {
        await props.queues.call('SendMessage', { QueueUrl: props.queueUrls[queueArn], MessageBody: body });
      },
    });
    const bank = props.needsBank ? await BankServer.start() : undefined;
    return new Coordination(workflows, await WorkflowServer.start(workflows), buses, await EventBusServer.start(buses), bank);
  }

  private constructor(
    private readonly workflows: WorkflowEngine,
    private readonly workflowServer: WorkflowServer,
    private readonly buses: EventBusEngine,
    private readonly busServer: EventBusServer,
    private readonly bank: BankServer | undefined,
  ) {}

  /** Variables with which clients reach these parts. */
  get environment(): { readonly [name: string]: string } {
    return {
      AWS_ENDPOINT_URL_SFN: this.workflowServer.endpoint,
      AWS_ENDPOINT_URL_EVENTBRIDGE: this.busServer.endpoint,
      ...(this.bank === undefined ? undefined : { TRANSFER_ENDPOINT: this.bank.endpoint }),
    };
  }

  statistics(): CoordinationStatistics {
    const { failed, repeated, running, started, timedOut } = this.workflows.statistics();
    return {
      underWay: running + this.buses.statistics().pending,
      executions: started,
      repeatedExecutions: repeated,
      unfinishedExecutions: failed + timedOut,
    };
  }

  async stop(): Promise<void> {
    this.workflows.stop();
    this.buses.stop();
    await Promise.all([this.workflowServer.stop(), this.busServer.stop(), this.bank?.stop()]);
  }
}

async function invoke({ functionOf }: CoordinationProps, functionArn: string, payload: Json): Promise<Json> {
  const result = await functionOf(functionNameOfArn(functionArn))!.invoke(payload);
  switch (result.status) {
    case 'success':
      return (result.payload ?? null) as Json;
    case 'throttled':
      throw new StateError('Lambda.TooManyRequestsException', 'Rate Exceeded.');
    case 'functionError':
      throw new StateError(result.errorType ?? 'Lambda.Unknown', JSON.stringify({ errorType: result.errorType, errorMessage: result.message }));
  }
}

async function sendMessage({ queues, queueUrls }: CoordinationProps, parameters: JsonObject): Promise<Json> {
  // The template knows the queue by its URL on AWS, which ends in account and name as its ARN does.
  const path = new URL(String(parameters.QueueUrl)).pathname.split('/').slice(1).join(':');
  const url = Object.entries(queueUrls).find(([arn]) => arn.endsWith(`:${path}`))?.[1];
  if (url === undefined) {
    throw new StateError('SQS.QueueDoesNotExistException', `There is no queue ${String(parameters.QueueUrl)}.`);
  }
  const body = typeof parameters.MessageBody === 'string' ? parameters.MessageBody : JSON.stringify(parameters.MessageBody);
  try {
    return await queues.call<JsonObject>('SendMessage', { ...parameters, QueueUrl: url, MessageBody: body });
  } catch (error) {
    throw new StateError(error instanceof LocalAwsError ? `SQS.${error.code}` : 'SQS.SdkClientException', (error as Error).message);
  }
}
