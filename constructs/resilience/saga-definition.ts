import type { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import type { SagaStep } from './saga-props';
import type { SagaTask } from './saga-task';

/** Properties of `SagaDefinition`. */
export interface SagaDefinitionProps {
  /** The steps, in their order. */
  readonly steps: SagaStep[];
  /** How often a task is tried again after a transient error. */
  readonly retries: number;
  /** How long one attempt may take. */
  readonly taskTimeout: Duration;
  /** Where the data of executions goes that nobody else took care of. */
  readonly parkingQueue: sqs.IQueue;
  /** Runs before that. @default - nothing */
  readonly unfinished?: SagaTask;
}

/** Errors that pass by themselves. Source: "Handle Lambda service exceptions" and "Error names" in the Step Functions developer guide. */
const TRANSIENT = [
  sfn.Errors.TIMEOUT, 'Lambda.ClientExecutionTimeoutException', 'Lambda.ServiceException', 'Lambda.AWSLambdaException', 'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException', 'Lambda.Unknown', 'Runtime.ExitError', 'Sandbox.Timedout',
];

/** Where the error goes that stopped a saga. */
const FAILURE = '$.failure';

/** CDK's task with leave to use the queue's key for what sending takes, and no more. */
class ParkTask extends tasks.SqsSendMessage {
  protected override readonly taskPolicies: iam.PolicyStatement[];

  constructor(scope: Construct, id: string, props: tasks.SqsSendMessageProps) {
    super(scope, id, props);
    const { encryptionMasterKey: key, queueArn } = props.queue;
    this.taskPolicies = [
      new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queueArn] }),
      ...(key === undefined ? [] : [new iam.PolicyStatement({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [key.keyArn] })]),
    ];
  }
}

/**
 * The states of a saga:
 *
 * ```
 * Begin -> Hold -> Transfer -> Settle -> Completed          everything is done
 *            |         |
 *            v         v
 *        UndoHold <----´ -> Compensated                     everything is undone
 *            |         any error that leaves something open
 *            v         v
 *          Unfinished -> Park -> Failed                     somebody, or something, must go on
 * ```
 */
export class SagaDefinition extends Construct {
  /** The first state. */
  readonly start: sfn.IChainable;

  constructor(scope: Construct, id: string, private readonly props: SagaDefinitionProps) {
    super(scope, id);
    const unfinished = this.unfinished();
    const compensations = this.compensations(unfinished);
    const compensated = this.end('Compensated', 'compensated');
    const actions = props.steps.map((step, index) => {
      const { state } = step.action.bind(this, { stateName: step.name, resultPath: `$.steps.${step.name}`, timeout: props.taskTimeout });
      this.retry(state, step.transientErrors);
      const back = compensations.slice(0, index + 1).reverse().find((it) => it !== undefined) ?? compensated;
      this.addCatches(state, step.compensateOn, back, unfinished);
      return state;
    });
    // Backwards from each compensation to the one before it.
    compensations.forEach((state, index) => {
      state?.next(compensations.slice(0, index).reverse().find((it) => it !== undefined) ?? compensated);
    });
    actions.forEach((state, index) => state.next(actions[index + 1] ?? this.end('Completed', 'completed')));
    // So that the first result finds its place, and nothing that came with the input passes for one.
    this.start = new sfn.Pass(this, 'Begin', { result: sfn.Result.fromObject({}), resultPath: '$.steps' }).next(actions[0]);
  }

  private compensations(unfinished: sfn.IChainable): (sfn.TaskStateBase | sfn.Parallel | undefined)[] {
    return this.props.steps.map((step) => {
      if (step.compensation === undefined) {
        return undefined;
      }
      const { state } = step.compensation.bind(this, {
        stateName: `Undo${step.name}`,
        resultPath: sfn.JsonPath.DISCARD,
        timeout: this.props.taskTimeout,
      });
      this.retry(state, step.transientErrors);
      state.addCatch(unfinished, { errors: [sfn.Errors.ALL], resultPath: FAILURE });
      return state;
    });
  }

  /** What happens to an execution that can neither go on nor back. */
  private unfinished(): sfn.IChainable {
    const failed = new sfn.Fail(this, 'Failed', { error: 'SagaUnfinished', causePath: sfn.JsonPath.stringAt(`${FAILURE}.Error`) });
    const park = new ParkTask(this, 'Park', {
      queue: this.props.parkingQueue,
      messageBody: sfn.TaskInput.fromObject({
        execution: sfn.JsonPath.stringAt('$$.Execution.Id'),
        data: sfn.JsonPath.objectAt('$'),
      }),
      resultPath: sfn.JsonPath.DISCARD,
      taskTimeout: sfn.Timeout.duration(this.props.taskTimeout),
    });
    this.addRetry(park, [sfn.Errors.ALL]);
    park.next(failed);
    if (this.props.unfinished === undefined) {
      return park;
    }
    const { state } = this.props.unfinished.bind(this, { stateName: 'Unfinished', resultPath: sfn.JsonPath.DISCARD, timeout: this.props.taskTimeout });
    this.addRetry(state, [sfn.Errors.ALL]);
    state.addCatch(park, { errors: [sfn.Errors.ALL], resultPath: sfn.JsonPath.DISCARD });
    state.next(failed);
    return state;
  }

  private end(id: string, outcome: string): sfn.Pass {
    return new sfn.Pass(this, id, { result: sfn.Result.fromString(outcome), resultPath: '$.outcome' });
  }

  private addCatches(
    state: sfn.TaskStateBase | sfn.Parallel, compensateOn: string[] | undefined, back: sfn.IChainable, unfinished: sfn.IChainable,
  ): void {
    const errors = compensateOn ?? [sfn.Errors.ALL];
    if (errors.length > 0) {
      state.addCatch(back, { errors: [...errors], resultPath: FAILURE });
    }
    if (!errors.includes(sfn.Errors.ALL)) {
      state.addCatch(unfinished, { errors: [sfn.Errors.ALL], resultPath: FAILURE });
    }
  }

  private retry(state: sfn.TaskStateBase | sfn.Parallel, transientErrors: string[] | undefined): void {
    this.addRetry(state, [...TRANSIENT, ...transientErrors ?? []]);
  }

  private addRetry(state: sfn.TaskStateBase | sfn.Parallel, errors: string[]): void {
    if (this.props.retries === 0) {
      return;
    }
    const { backoffRate, firstWait, longestWait } = DEFAULTS.workflow;
    state.addRetry({
      errors, maxAttempts: this.props.retries, interval: firstWait, backoffRate, maxDelay: longestWait, jitterStrategy: sfn.JitterType.FULL,
    });
  }
}
