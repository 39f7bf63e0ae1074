import { randomUUID } from 'node:crypto';
import { type Clock, WallClock } from '../../event-sources/clock';
import { compileDefinition, type Definition } from './definition';
import { Execution, type ExecutionResult, type TaskPorts } from './execution';
import type { Json } from './json';

/** A state machine to run. */
export interface StateMachineConfiguration {
  readonly arn: string;
  /** In the Amazon States Language. */
  readonly definition: string;
}

/** What the engine counted. */
export interface WorkflowStatistics {
  /** Executions that run now. */
  readonly running: number;
  readonly started: number;
  /** Of these, how many the engine started a second time of itself. */
  readonly repeated: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly timedOut: number;
}

/** A call that the service refuses. */
export class WorkflowError extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
    this.name = code;
  }
}

export interface WorkflowEngineProps {
  readonly stateMachines: readonly StateMachineConfiguration[];
  readonly tasks: TaskPorts;
  /** A number in [0, 1). @default Math.random */
  readonly random?: () => number;
  /** @default - the clock on the wall */
  readonly clock?: Clock;
  /**
   * Share of the executions that are started a second time: an Express workflow promises at least one.
   *
   * @default 0
   */
  readonly repeatedShare?: number;
  /** Is told of executions that did not succeed. @default - nobody is told */
  readonly onUnsuccessful?: (stateMachineArn: string, result: ExecutionResult) => void;
}

/** A second start of the same execution begins at most so much later. */
const REPEATED_WITHIN_MILLISECONDS = 1_000;

/** How an execution began, and how it will have ended. */
export interface StartedExecution {
  readonly executionArn: string;
  /** In milliseconds since 1970. */
  readonly startedAt: number;
  readonly result: Promise<ExecutionResult>;
}

/** Express workflows of Step Functions, in the memory of this process: their executions end with it. */
export class WorkflowEngine {
  private readonly machines: ReadonlyMap<string, Definition>;
  private readonly clock: Clock;
  private readonly random: () => number;
  private readonly executions = new Set<Execution>();
  private readonly counts = { started: 0, repeated: 0, succeeded: 0, failed: 0, timedOut: 0 };
  /** Second starts that are yet to begin. */
  private pending = 0;
  private isStopped = false;

  /** @throws Error naming what of a definition does not run here */
  constructor(private readonly props: WorkflowEngineProps) {
    this.clock = props.clock ?? new WallClock();
    this.random = props.random ?? Math.random;
    this.machines = new Map(props.stateMachines.map(({ arn, definition }) => [arn, compileDefinition(definition)]));
  }

  /**
   * Starts an execution.
   *
   * @param input JSON text
   * @throws WorkflowError for a state machine that is not here, and for an input that is not JSON
   */
  start(stateMachineArn: string, input: string, name: string = randomUUID()): StartedExecution {
    const started = this.startOnce(stateMachineArn, input, name);
    if (this.random() < (this.props.repeatedShare ?? 0)) {
      this.counts.repeated++;
      this.pending++;
      this.clock.setTimer(() => {
        this.pending--;
        if (!this.isStopped) {
          this.startOnce(stateMachineArn, input, name);
        }
      }, this.random() * REPEATED_WITHIN_MILLISECONDS);
    }
    return started;
  }

  /** Starts an execution at most once, for a caller that waits for its result. */
  startOnce(stateMachineArn: string, input: string, name: string = randomUUID()): StartedExecution {
    const definition = this.machines.get(stateMachineArn);
    if (definition === undefined) {
      throw new WorkflowError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${stateMachineArn}'`);
    }
    const startedAt = this.clock.now();
    const executionArn = `${stateMachineArn.replace(':stateMachine:', ':express:')}:${name}:${randomUUID()}`;
    const context = { executionArn, executionName: name, stateMachineArn, input: parsed(input), startedAt };
    const execution = new Execution(definition, context, { ...this.props.tasks, clock: this.clock, random: this.random });
    this.executions.add(execution);
    this.counts.started++;
    const result = execution.run().finally(() => this.executions.delete(execution));
    result.then((ended) => this.count(stateMachineArn, ended), () => undefined);
    return { executionArn, startedAt, result };
  }

  statistics(): WorkflowStatistics {
    return { running: this.executions.size + this.pending, ...this.counts };
  }

  /** Ends all executions where they are. */
  stop(): void {
    this.isStopped = true;
    this.executions.forEach((execution) => execution.stop());
  }

  private count(stateMachineArn: string, result: ExecutionResult): void {
    if (result.status === 'SUCCEEDED') {
      this.counts.succeeded++;
      return;
    }
    this.counts[result.status === 'FAILED' ? 'failed' : 'timedOut']++;
    this.props.onUnsuccessful?.(stateMachineArn, result);
  }
}

function parsed(input: string): Json {
  try {
    return JSON.parse(input === '' ? '{}' : input) as Json;
  } catch {
    throw new WorkflowError('InvalidExecutionInput', 'The input is not JSON.');
  }
}
