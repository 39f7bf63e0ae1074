import type { Clock } from '../../event-sources/clock';
import type { Catcher, Definition, Retrier, State } from './definition';
import type { Scope } from './intrinsics';
import { isObject, type Json, type JsonObject } from './json';
import { covers, ERRORS, StateError } from './state-error';

/** What tasks call. */
export interface TaskPorts {
  /** Calls a function and waits for its answer. @throws StateError when it fails or is throttled */
  invoke(functionArn: string, payload: Json): Promise<Json>;
  /** @throws StateError when the queue does not take it */
  sendMessage(parameters: JsonObject): Promise<Json>;
}

export interface ExecutionPorts extends TaskPorts {
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** How an execution ended. */
export type ExecutionResult =
  | { readonly status: 'SUCCEEDED'; readonly output: Json }
  | { readonly status: 'FAILED'; readonly error: string; readonly errorCause: string }
  | { readonly status: 'TIMED_OUT' };

/** The context object of an execution. */
export interface ExecutionContext {
  readonly executionArn: string;
  readonly executionName: string;
  readonly stateMachineArn: string;
  readonly input: Json;
  /** In milliseconds since 1970. */
  readonly startedAt: number;
}

/** One run through a definition. */
export class Execution {
  /** Ended from outside: no further state begins, and nobody hears of those that run. */
  private isOver = false;

  constructor(
    private readonly definition: Definition,
    private readonly context: ExecutionContext,
    private readonly ports: ExecutionPorts,
  ) {}

  async run(): Promise<ExecutionResult> {
    const { timeoutSeconds } = this.definition;
    let cancel: () => void = () => undefined;
    const timeout = new Promise<ExecutionResult>((resolve) => {
      if (timeoutSeconds !== Infinity) {
        cancel = this.ports.clock.setTimer(() => {
          this.isOver = true;
          resolve({ status: 'TIMED_OUT' });
        }, timeoutSeconds * 1000);
      }
    });
    try {
      return await Promise.race([timeout, this.toEnd()]);
    } finally {
      cancel();
    }
  }

  /** Ends it: an execution that is stopped goes no further. */
  stop(): void {
    this.isOver = true;
  }

  private async toEnd(): Promise<ExecutionResult> {
    try {
      return { status: 'SUCCEEDED', output: await this.walk(this.definition, this.context.input) };
    } catch (error) {
      if (error instanceof StateError) {
        return { status: 'FAILED', error: error.error, errorCause: error.errorCause };
      }
      throw error;
    }
  }

  private async walk(definition: Definition, input: Json): Promise<Json> {
    let name: string | undefined = definition.startAt;
    let data = input;
    while (name !== undefined) {
      if (this.isOver) {
        return new Promise<never>(() => undefined);
      }
      const state: State = definition.states.get(name)!;
      ({ data, next: name } = await this.enter(state, data));
    }
    return data;
  }

  /** Runs a state, again where Retry says so, and tells where to go on. */
  private async enter(state: State, data: Json): Promise<{ data: Json; next: string | undefined }> {
    const made = new Map<Retrier, number>();
    for (let retries = 0; ; retries++) {
      try {
        return await this.attempt(state, data, retries);
      } catch (error) {
        if (!(error instanceof StateError)) {
          throw error;
        }
        const retrier = state.retry.find(({ errors }) => covers(errors, error.error));
        const before = retrier === undefined ? 0 : made.get(retrier) ?? 0;
        if (retrier === undefined || before >= retrier.maximumAttempts) {
          return this.caught(state.catch, data, error);
        }
        made.set(retrier, before + 1);
        await this.sleep(this.delaySeconds(retrier, before));
      }
    }
  }

  private caught(catchers: readonly Catcher[], data: Json, error: StateError): { data: Json; next: string } {
    const catcher = catchers.find(({ errors }) => covers(errors, error.error));
    if (catcher === undefined) {
      throw error;
    }
    const told = { Error: error.error, Cause: error.errorCause };
    return { data: catcher.resultPath === null ? data : catcher.resultPath.write(data, told), next: catcher.next };
  }

  private async attempt(state: State, data: Json, retries: number): Promise<{ data: Json; next: string | undefined }> {
    const context = this.contextObject(state.name, retries);
    const scope = (value: Json): Scope => ({ data: value, context, random: this.ports.random });
    const input = state.inputPath === null ? {} : state.inputPath.read(state.inputPath.isContext ? context : data);
    const output = (value: Json) => (state.outputPath === null ? {} : state.outputPath.read(state.outputPath.isContext ? context : value));
    switch (state.type) {
      case 'Succeed':
        return { data: output(input), next: undefined };
      case 'Fail':
        throw new StateError(String(state.error?.(scope(input)) ?? ''), String(state.errorCause?.(scope(input)) ?? ''));
      case 'Choice': {
        const next = state.choices.find(({ holds }) => holds(scope(input)))?.next ?? state.otherwise;
        if (next === undefined) {
          throw new StateError(ERRORS.noChoiceMatched, 'No rule of the choice holds.');
        }
        return { data: output(input), next };
      }
      case 'Wait':
        await this.sleep(this.waitSeconds(state, scope(input)));
        return { data: output(input), next: state.next };
      default: {
        const parameters = state.parameters === undefined ? input : state.parameters(scope(input));
        const raw = await this.work(state, parameters);
        const result = state.resultSelector === undefined ? raw : state.resultSelector(scope(raw));
        return { data: output(state.resultPath === null ? input : state.resultPath.write(input, result)), next: state.next };
      }
    }
  }

  private work(state: State & { readonly type: 'Task' | 'Pass' | 'Parallel' }, parameters: Json): Promise<Json> {
    switch (state.type) {
      case 'Pass':
        return Promise.resolve(state.result ?? parameters);
      case 'Parallel':
        return Promise.all(state.branches.map((branch) => this.walk(branch, parameters)));
      case 'Task':
        return this.task(state, parameters);
    }
  }

  private async task(state: State & { readonly type: 'Task' }, parameters: Json): Promise<Json> {
    const { resource, timeoutSeconds } = state;
    let cancel: () => void = () => undefined;
    const timeout = new Promise<never>((_, reject) => {
      if (timeoutSeconds !== Infinity) {
        cancel = this.ports.clock.setTimer(() => reject(new StateError(ERRORS.timeout, '')), timeoutSeconds * 1000);
      }
    });
    const call = async (): Promise<Json> => {
      switch (resource.kind) {
        case 'function':
          return this.ports.invoke(resource.functionArn, parameters);
        case 'invoke':
          return { StatusCode: 200, ExecutedVersion: '1', Payload: await this.ports.invoke(resource.functionArn, objectOf(parameters).Payload ?? {}) };
        case 'sendMessage':
          return this.ports.sendMessage(objectOf(parameters));
      }
    };
    try {
      return await Promise.race([timeout, call()]);
    } finally {
      cancel();
    }
  }

  private delaySeconds({ intervalSeconds, backoffRate, maximumDelaySeconds, fullJitter }: Retrier, made: number): number {
    const bound = Math.min(maximumDelaySeconds, intervalSeconds * backoffRate ** made);
    return fullJitter ? this.ports.random() * bound : bound;
  }

  private waitSeconds({ seconds, timestamp }: { readonly seconds?: Scoped; readonly timestamp?: Scoped }, scope: Scope): number {
    return seconds === undefined ? Math.max(0, Date.parse(String(timestamp?.(scope))) - this.ports.clock.now()) / 1000 : Number(seconds(scope));
  }

  private sleep(seconds: number): Promise<void> {
    return new Promise((resolve) => this.ports.clock.setTimer(resolve, seconds * 1000));
  }

  private contextObject(stateName: string, retryCount: number): Json {
    const { executionArn, executionName, input, startedAt, stateMachineArn } = this.context;
    return {
      Execution: { Id: executionArn, Name: executionName, Input: input, StartTime: new Date(startedAt).toISOString() },
      State: { Name: stateName, EnteredTime: new Date(this.ports.clock.now()).toISOString(), RetryCount: retryCount },
      StateMachine: { Id: stateMachineArn, Name: stateMachineArn.split(':').at(-1)! },
    };
  }
}

type Scoped = (scope: Scope) => Json;

function objectOf(value: Json): JsonObject {
  return isObject(value) ? value : {};
}
