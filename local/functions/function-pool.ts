import * as path from 'node:path';
import type { FunctionInvoker, InvocationResult } from '../event-sources/function-invoker';
import { ExecutionEnvironment } from './execution-environment';
import type { FunctionDefinition } from './function-definition';
import { KillSwitch } from './kill-switch';

/** What a pool counted. */
export interface FunctionStatistics {
  readonly invocations: number;
  /** Invocations that ended in an error, a timeout or with their process. */
  readonly errors: number;
  readonly environments: number;
  /** Kills that hit a running invocation, by the moment at which they did. */
  readonly kills: { readonly inside: number; readonly afterEffects: number };
  /** Invocations that were delayed before their handler. */
  readonly slowed: number;
}

/** Execution environments of one function, at most: what a laptop carries beside the engines. */
const MOST_ENVIRONMENTS = 4;

/** The last invocations whose lengths tell where a kill can strike. */
const REMEMBERED_LENGTHS = 16;

/**
 * The execution environments of one function.
 *
 * They start on demand and are used again while they live. An invocation over the reserved concurrency is throttled, as on AWS; one that
 * only this machine has no room for waits for an environment, as for a slow cold start.
 */
export class FunctionPool implements FunctionInvoker {
  private readonly idle: ExecutionEnvironment[] = [];
  private readonly busy = new Set<ExecutionEnvironment>();
  /** Busy ones that started with variables that have been changed since. */
  private readonly retired = new Set<ExecutionEnvironment>();
  /** Invocations that wait for room on this machine. */
  private readonly waiting: (() => void)[] = [];
  private places = MOST_ENVIRONMENTS;
  /** Invocations that run or wait. */
  private running = 0;
  private readonly overrides = new Map<string, string>();
  private invocations = 0;
  private errors = 0;
  /** Lengths of the last invocations in milliseconds, the oldest first. */
  private readonly lengths: number[] = [];
  private delayMilliseconds = 0;
  private slowed = 0;
  private killsInside = 0;
  private killsAfterEffects = 0;
  private stopped = false;

  constructor(
    private readonly definition: FunctionDefinition,
    private readonly endpoints: { readonly [name: string]: string },
    private readonly logFolder: string,
    /** Shared by the pools of a run: the first invocation that runs takes a kill. */
    private readonly killSwitch = new KillSwitch(),
  ) {}

  async invoke(event: unknown): Promise<InvocationResult> {
    if (this.stopped || this.running >= (this.definition.reservedConcurrency ?? Infinity)) {
      return { status: 'throttled' };
    }
    this.running++;
    try {
      await this.takePlace();
      try {
        return await this.invokeNow(event);
      } finally {
        this.places++;
        this.waiting.shift()?.();
      }
    } finally {
      this.running--;
    }
  }

  /** Resolves when this machine runs one more environment. */
  private async takePlace(): Promise<void> {
    while (this.places === 0 && !this.stopped) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.places--;
  }

  private async invokeNow(event: unknown): Promise<InvocationResult> {
    if (this.stopped) {
      return { status: 'throttled' };
    }
    const environment = this.takeIdle() ?? this.create();
    this.busy.add(environment);
    this.invocations++;
    this.slowed += this.delayMilliseconds > 0 ? 1 : 0;
    const result = await environment.invoke(event, { delayMilliseconds: this.delayMilliseconds, killSwitch: this.killSwitch, lengths: this.lengths });
    this.busy.delete(environment);
    this.count(environment, result);
    if (this.retired.delete(environment) || this.stopped) {
      environment.kill();
    } else if (environment.isAlive) {
      this.idle.push(environment);
    }
    return result;
  }

  /** A change of the function's configuration: the invocations from now on see it, those that run do not. */
  updateEnvironment(variables: { readonly [name: string]: string }): void {
    Object.entries(variables).forEach(([name, value]) => this.overrides.set(name, value));
    this.idle.splice(0).forEach((environment) => environment.kill());
    this.busy.forEach((environment) => this.retired.add(environment));
  }

  /** Delays each invocation from the next one on, before its handler and within its timeout. 0 ends it. */
  slowDown(milliseconds: number): void {
    this.delayMilliseconds = milliseconds;
  }

  statistics(): FunctionStatistics {
    return {
      invocations: this.invocations,
      errors: this.errors,
      environments: this.idle.length + this.busy.size,
      kills: { inside: this.killsInside, afterEffects: this.killsAfterEffects },
      slowed: this.slowed,
    };
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.waiting.splice(0).forEach((wake) => wake());
    await Promise.all([...this.idle, ...this.busy].map((environment) => environment.stop()));
  }

  private count(environment: ExecutionEnvironment, result: InvocationResult): void {
    if (result.status === 'functionError') {
      this.errors++;
      this.killsInside += environment.killedBy === 'inside' ? 1 : 0;
      this.killsAfterEffects += environment.killedBy === 'after-effects' ? 1 : 0;
    } else if (environment.lastInvocationMilliseconds > 0) {
      this.lengths.push(environment.lastInvocationMilliseconds);
      this.lengths.splice(0, this.lengths.length - REMEMBERED_LENGTHS);
    }
  }

  private takeIdle(): ExecutionEnvironment | undefined {
    for (let environment = this.idle.pop(); environment; environment = this.idle.pop()) {
      if (environment.isAlive) {
        return environment;
      }
    }
    return undefined;
  }

  private create(): ExecutionEnvironment {
    const definition = { ...this.definition, environment: { ...this.definition.environment, ...Object.fromEntries(this.overrides) } };
    return new ExecutionEnvironment(definition, this.endpoints, path.join(this.logFolder, `${this.definition.name}.log`));
  }
}
