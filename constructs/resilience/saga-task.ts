import type { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';

/** Options of a task that calls a function. */
export interface SagaInvokeOptions {
  /**
   * What the function gets.
   *
   * @default - the data of the execution: its input, and under `steps` what earlier steps answered, by their names
   */
  readonly payload?: sfn.TaskInput;
}

/** What a saga does with the result of a task. */
export interface SagaTaskBinding {
  /** Name of the task's state. */
  readonly stateName: string;
  /** Where the result goes, a JSON path; `JsonPath.DISCARD` drops it. */
  readonly resultPath: string;
  /** How long one attempt may take. */
  readonly timeout: Duration;
}

/** A state that can be tried again, caught, and followed by another one. */
export interface SagaTaskState {
  /** The state that runs first; it takes retries and catches. */
  readonly state: sfn.TaskStateBase | sfn.Parallel;
}

/** Something that a step of a saga does: a call of a function, or any part of a state machine. */
export abstract class SagaTask {
  /** Calls a function, or an alias of one, and waits for its answer. */
  static invoke(handler: lambda.IFunction, options: SagaInvokeOptions = {}): SagaTask {
    return new FunctionTask(handler, options);
  }

  /**
   * Runs a task or a chain of states of your own. A task is used as it is: it keeps its own timeout and result path, which must leave the data
   * in place that later steps need. A chain runs as one branch of a `Parallel` state, and its output goes where a function's answer would.
   */
  static chain(chainable: sfn.IChainable): SagaTask {
    return new ChainTask(chainable);
  }

  protected constructor() {}

  /** Makes the state of this task. @internal */
  abstract bind(scope: Construct, binding: SagaTaskBinding): SagaTaskState;
}

/** CDK's task with leave to call the very function or alias, and not every version of it. */
class InvokeTask extends tasks.LambdaInvoke {
  protected override readonly taskPolicies: iam.PolicyStatement[];

  constructor(scope: Construct, id: string, props: tasks.LambdaInvokeProps) {
    super(scope, id, props as tasks.LambdaInvokeJsonPathProps);
    this.taskPolicies = [new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [props.lambdaFunction.functionArn] })];
  }
}

class FunctionTask extends SagaTask {
  constructor(private readonly handler: lambda.IFunction, private readonly options: SagaInvokeOptions) {
    super();
  }

  bind(scope: Construct, { stateName, resultPath, timeout }: SagaTaskBinding): SagaTaskState {
    return {
      state: new InvokeTask(scope, stateName, {
        lambdaFunction: this.handler,
        payload: this.options.payload,
        // The answer alone, without status and headers of the call.
        resultSelector: { 'value.$': '$.Payload' },
        resultPath,
        taskTimeout: sfn.Timeout.duration(timeout),
        // The saga has its own, for every kind of task.
        retryOnServiceExceptions: false,
      }),
    };
  }
}

class ChainTask extends SagaTask {
  constructor(private readonly chainable: sfn.IChainable) {
    super();
  }

  bind(scope: Construct, { stateName, resultPath }: SagaTaskBinding): SagaTaskState {
    const { chainable } = this;
    if (chainable instanceof sfn.TaskStateBase) {
      return { state: chainable };
    }
    // A branch of its own, so that one retry and one catch hold for all of it.
    const parallel = new sfn.Parallel(scope, stateName, { resultSelector: { 'value.$': '$[0]' }, resultPath });
    return { state: parallel.branch(chainable) };
  }
}
