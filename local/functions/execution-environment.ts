import { type ChildProcess, fork } from 'node:child_process';
import * as fs from 'node:fs';
import { processEntry } from '../processes/entry';
import type { FunctionDefinition } from './function-definition';
import type { InvocationResult } from '../event-sources/function-invoker';

/** Messages between an execution environment and the module that loads the handler inside it. */
export type EnvironmentMessage =
  | { readonly type: 'invoke'; readonly requestId: string; readonly event: unknown; readonly deadline: number }
  | { readonly type: 'loaded' }
  | { readonly type: 'result'; readonly payload: unknown }
  | { readonly type: 'error'; readonly errorType: string; readonly message: string };

/** One execution environment of a function: a process that loads the bundled handler once and runs one invocation at a time. */
export class ExecutionEnvironment {
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;
  private settle?: (result: InvocationResult) => void;
  private timer?: NodeJS.Timeout;
  private nextRequest = 1;
  private alive = true;

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

  /** Runs one invocation. The caller never starts a second one before the first has its result. */
  invoke(event: unknown): Promise<InvocationResult> {
    return new Promise((resolve) => {
      this.settle = resolve;
      if (!this.alive) {
        this.finish({ status: 'functionError', errorType: 'Runtime.ExitError', message: 'the execution environment is gone' });
        return;
      }
      // As on AWS: the invocation has failed, whatever the handler still does, and its environment is not used again.
      this.timer = setTimeout(() => this.kill(), this.definition.timeoutMilliseconds);
      this.child.send(
        {
          type: 'invoke',
          requestId: `${this.child.pid}-${this.nextRequest++}`,
          event,
          deadline: Date.now() + this.definition.timeoutMilliseconds,
        } satisfies EnvironmentMessage,
        () => undefined,
      );
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

  private receive(message: EnvironmentMessage): void {
    if (message.type === 'result') {
      this.finish({ status: 'success', payload: message.payload });
    } else if (message.type === 'error') {
      this.finish({ status: 'functionError', errorType: message.errorType, message: message.message });
    }
  }

  private finish(result: InvocationResult): void {
    clearTimeout(this.timer);
    const settle = this.settle;
    this.settle = undefined;
    settle?.(result);
  }
}
