import { type ChildProcess, fork } from 'node:child_process';
import * as fs from 'node:fs';
import type { KillMoment } from '../faults/targets';
import { processEntry } from '../processes/entry';
import type { FunctionDefinition } from './function-definition';
import type { KillSwitch, RunningInvocation } from './kill-switch';
import type { InvocationResult } from '../event-sources/function-invoker';

/** Messages between an execution environment and the module that loads the handler inside it. */
export type EnvironmentMessage =
  | { readonly type: 'invoke'; readonly requestId: string; readonly event: unknown; readonly deadline: number }
  | { readonly type: 'loaded' }
  | { readonly type: 'result'; readonly payload: unknown }
  | { readonly type: 'error'; readonly errorType: string; readonly message: string };

/** What an invocation can meet beside its own failures. */
export interface EnvironmentFaults {
  /** Delay before the handler, in milliseconds. */
  readonly delayMilliseconds: number;
  readonly killSwitch: KillSwitch;
  /** How long the last invocations of the function took, in milliseconds. */
  readonly lengths: readonly number[];
}

/** An invocation that waits for its result. */
interface Running {
  readonly settle: (result: InvocationResult) => void;
  readonly timeout: NodeJS.Timeout;
  readonly killSwitch: KillSwitch;
  /** As the kill switch knows it; undefined while nothing may kill it. */
  armable?: RunningInvocation;
  delay?: NodeJS.Timeout;
  beganAt: number;
}

/** One execution environment of a function: a process that loads the bundled handler once and runs one invocation at a time. */
export class ExecutionEnvironment {
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private running?: Running;
  private nextRequest = 1;
  private alive = true;
  /** The handler is loaded: it has answered before. */
  private warm = false;
  private lastLength = 0;
  private killMoment?: KillMoment;

  constructor(
    private readonly definition: FunctionDefinition,
    environment: { readonly [name: string]: string },
    logFile: string,
  ) {
    const log = fs.openSync(logFile, 'a');
    const entry = processEntry('execution-environment');
    this.child = fork(entry.file, [], {
      execArgv: entry.execArgv,
      env: {
        // Only what AWS gives a function: nothing of this machine's environment but what Node itself needs to start.
        PATH: process.env.PATH,
        ...environment,
        ...definition.environment,
        AWS_LAMBDA_FUNCTION_NAME: definition.name,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMegabytes),
        AWS_LAMBDA_FUNCTION_VERSION: '1',
        LOCAL_CODE_FOLDER: definition.codeFolder,
        _HANDLER: definition.handler,
      },
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
    });
    fs.closeSync(log);
    this.child.on('message', (message: EnvironmentMessage) => this.receive(message));
    this.ended = new Promise((resolve) =>
      this.child.once('exit', (code, signal) => {
        this.alive = false;
        this.finish({ status: 'functionError', errorType: 'Runtime.ExitError', message: `the execution environment ended (${signal ?? `exit code ${code}`})` });
        resolve();
      }),
    );
  }

  /** False once the process is gone; an invocation that was running in it has failed. */
  get isAlive(): boolean {
    return this.alive;
  }

  /** When a fault killed this environment: inside an invocation, or after its effects. Undefined where none did. */
  get killedBy(): KillMoment | undefined {
    return this.killMoment;
  }

  /** How long the last successful invocation took, the delay of a fault left out, in milliseconds. 0 where its time held the load of the handler. */
  get lastInvocationMilliseconds(): number {
    return this.lastLength;
  }

  /** Runs one invocation. The caller never starts a second one before the first has its result. */
  invoke(event: unknown, faults: EnvironmentFaults): Promise<InvocationResult> {
    return new Promise((resolve) => {
      if (!this.alive) {
        resolve({ status: 'functionError', errorType: 'Runtime.ExitError', message: 'the execution environment is gone' });
        return;
      }
      const deadline = Date.now() + this.definition.timeoutMilliseconds;
      const running: Running = {
        settle: resolve,
        // As on AWS: the invocation has failed, whatever the handler still does, and its environment is not used again.
        timeout: setTimeout(() => this.kill(), this.definition.timeoutMilliseconds),
        killSwitch: faults.killSwitch,
        beganAt: 0,
      };
      this.running = running;
      if (faults.delayMilliseconds > 0) {
        running.delay = setTimeout(() => this.begin(running, event, deadline, faults.lengths), faults.delayMilliseconds);
      } else {
        this.begin(running, event, deadline, faults.lengths);
      }
    });
  }

  /** Ends the process at once, whatever it does. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    this.kill();
    await this.ended;
  }

  private begin(running: Running, event: unknown, deadline: number, lengths: readonly number[]): void {
    running.beganAt = performance.now();
    const requestId = `${this.child.pid}-${this.nextRequest++}`;
    this.child.send({ type: 'invoke', requestId, event, deadline } satisfies EnvironmentMessage, () => undefined);
    if (this.warm) {
      // While an environment loads, its handler has not begun: a kill would hit nothing.
      running.armable = { lengths, kill: () => this.strike('inside') };
      running.killSwitch.began(running.armable);
    }
  }

  private receive(message: EnvironmentMessage): void {
    const running = this.running;
    if (!running || message.type === 'loaded' || message.type === 'invoke' || this.killMoment !== undefined) {
      return;
    }
    if (message.type === 'error') {
      this.warm = true;
      this.finish({ status: 'functionError', errorType: message.errorType, message: message.message });
    } else if (running.killSwitch.takesAnswer()) {
      this.strike('after-effects');
    } else {
      this.lastLength = this.warm ? performance.now() - running.beganAt : 0;
      this.warm = true;
      this.finish({ status: 'success', payload: message.payload });
    }
  }

  /** A kill of the switch: from here on nobody hears of this environment but that it ended. */
  private strike(moment: KillMoment): void {
    this.killMoment = moment;
    this.kill();
  }

  private finish(result: InvocationResult): void {
    const running = this.running;
    if (!running) {
      return;
    }
    this.running = undefined;
    clearTimeout(running.timeout);
    clearTimeout(running.delay);
    if (running.armable) {
      running.killSwitch.ended(running.armable);
    }
    running.settle(result);
  }
}
