import { type ChildProcess, fork } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ServicePlan } from '../plan/run-plan';
import { preloadArguments } from '../processes/entry';

/** How long a task may take to listen, and to drain once told to stop, in milliseconds. */
const START_TIMEOUT = 30_000;
const STOP_TIMEOUT = 15_000;

/** One task of a Fargate service: the bundle of its container image under Node, with the environment of its container. */
export class ServiceTask {
  /**
   * Starts the task and waits until it listens.
   *
   * @param environment variables beside the container's own; they win.
   */
  static async start(plan: ServicePlan, environment: { readonly [name: string]: string }, logFolder: string): Promise<ServiceTask> {
    const task = new ServiceTask(plan, environment, path.join(logFolder, `${path.basename(plan.name)}-${path.basename(plan.codeFolder)}.log`));
    try {
      task.listeningPort = await task.listening;
    } catch (error) {
      task.process.kill('SIGKILL');
      throw error;
    }
    return task;
  }

  private readonly process: ChildProcess;
  private readonly ended: Promise<void>;
  private readonly listening: Promise<number>;
  private listeningPort = 0;
  private stopping = false;
  /** Called when the task ends without having been told to. */
  onUnexpectedExit: (error: Error) => void = () => undefined;

  private constructor(
    private readonly plan: ServicePlan,
    environment: { readonly [name: string]: string },
    private readonly logFile: string,
  ) {
    const log = fs.createWriteStream(logFile, { flags: 'a' });
    this.process = fork(path.join(plan.codeFolder, 'index.js'), [], {
      execArgv: preloadArguments('leave-with-parent'),
      env: { PATH: process.env.PATH, ...plan.environment, ...environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    this.process.stderr!.pipe(log);
    this.process.stdout!.pipe(log);
    this.ended = new Promise((resolve) => this.process.once('exit', () => resolve()));
    this.listening = this.waitForPort();
    this.process.once('exit', (code, signal) => {
      if (!this.stopping) {
        this.onUnexpectedExit(this.failure(`ended early (${signal ?? `exit code ${code}`})`));
      }
    });
  }

  get port(): number {
    return this.listeningPort;
  }

  /** Stops the task as Fargate does: SIGTERM, time to drain, then SIGKILL. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), STOP_TIMEOUT);
    await this.ended;
    clearTimeout(timer);
  }

  /** The task prints one line of JSON when it listens. */
  private waitForPort(): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.failure(`was not listening after ${START_TIMEOUT / 1000} s`)), START_TIMEOUT);
      let text = '';
      this.process.stdout!.on('data', (chunk: Buffer) => {
        text = (text + chunk.toString('utf8')).slice(-4096);
        const port = /"event":"listening".*?"port":(\d+)/.exec(text)?.[1];
        if (port !== undefined) {
          clearTimeout(timer);
          resolve(Number(port));
        }
      });
      this.process.once('exit', (code, signal) => {
        clearTimeout(timer);
        reject(this.failure(`ended before it listened (${signal ?? `exit code ${code}`})`));
      });
    });
  }

  private failure(what: string): Error {
    return new Error(`${this.plan.name} ${what}. Its log: ${this.logFile}`);
  }
}
