import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Facts } from '../../lib/facts';
import type { Workload } from '../../lib/workload';
import type { AlarmOptions } from '../observability/alarm-set';
import type { SagaTask } from './saga-task';

/** One step of a saga: what it does, and what undoes it. */
export interface SagaStep {
  /** Names the step, once in a saga: letters and digits, starting with a letter, at most 40 characters. */
  readonly name: string;

  /** What the step does. It may run more than once, so it must do the same thing only once. */
  readonly action: SagaTask;

  /**
   * What undoes the step. It runs for the step that failed as well, because a failure does not tell that nothing happened: where there is
   * nothing to undo it must do nothing, and it may run more than once.
   *
   * @default - there is nothing to undo
   */
  readonly compensation?: SagaTask;

  /**
   * Names of errors of the action after which the saga is undone. After any other error, once it was tried again, the saga stays unfinished: for a
   * step whose effect cannot be undone while it is unknown, as that of a transfer of money, name the errors that say for certain that there is
   * none. An empty list means that from this step on the saga only goes forward.
   *
   * @default - every error
   */
  readonly compensateOn?: string[];

  /**
   * Names of further errors, of action and compensation, that pass by themselves. The names of errors of Lambda and Step Functions are known.
   *
   * @default - none
   */
  readonly transientErrors?: string[];
}

/** Properties of `Saga`. */
export interface SagaProps {
  /** The sagas themselves: the peak of this workload is how many start in a second, for example `payments.share(0.0001)`. */
  readonly workload: Workload;

  /** The steps, in their order. */
  readonly steps: SagaStep[];

  /**
   * What is done with an execution that could neither go on nor be undone, before it fails. The task gets the data of the execution, with the
   * error under `failure`; it may run more than once.
   *
   * @default - the data goes to `parkingQueue`, and an alarm calls somebody
   */
  readonly unfinished?: SagaTask;

  /**
   * Where the data of executions goes that nobody else took care of: messages with `execution` and `data`. Whoever gives a queue has somebody
   * work on it, and watches it: then there is no alarm `Unfinished`.
   *
   * @default - a new queue that keeps them for 14 days, and an alarm that calls somebody for each
   */
  readonly parkingQueue?: sqs.IQueue;

  /**
   * Limits and targets that the times rest on.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;

  /**
   * How often a task is tried again after a transient error, 0 or more.
   *
   * @default 2
   */
  readonly retries?: number;

  /**
   * How long one attempt of a task may take, 1 second to 5 minutes.
   *
   * @default - derived: as long as all attempts of all tasks fit into one execution, at most a minute
   */
  readonly taskTimeout?: Duration;

  /**
   * When an execution is ended, whatever it does; 1 second to 5 minutes. It then runs no catch, so the slowest way through all tasks must
   * fit in.
   *
   * @default - derived: the slowest way through all tasks
   */
  readonly timeout?: Duration;

  /**
   * Key of the state machine and of what is parked.
   *
   * @default - a new customer managed key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Key of the log. Its policy must name `logs.amazonaws.com`, as that of `DataClass.OPERATIONS` does.
   *
   * @default - a new customer managed key
   */
  readonly logEncryptionKey?: kms.IKey;

  /**
   * How long log lines are kept.
   *
   * @default RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * What becomes of log and parked executions when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the alarms `ExecutionsFailed`, `ExecutionsTimedOut`, `ExecutionsThrottled` and, without a given `parkingQueue`, `Unfinished`.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * Properties of CDK's own state machine, laid over what this construct decides.
   *
   * @default - none
   */
  readonly stateMachineProps?: sfn.StateMachineProps;
}
