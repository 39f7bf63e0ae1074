import { type ChildProcess, fork } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { preloadArguments } from '../processes/entry';

/** How long a task may take to listen, and to drain once told to stop, in milliseconds. */
const START_TIMEOUT = 30_000;
const STOP_TIMEOUT = 15_000;

export interface TaskProcessProps {
  /** The service, in messages to people. */
  readonly name: string;
  readonly codeFolder: string;
  /** Words behind the program. */
  readonly args: readonly string[];
  readonly environment: { readonly [name: string]: string };
  readonly logFile: string;
  /** Called when the process ends without having been told to. */
  readonly onUnexpectedExit: (error: Error) => void;
}

/** The process of a task: the bundle of its container image under Node. */
export class TaskProcess {
  private readonly process: ChildProcess;
  private readonly ended: Promise<void>;
  private isExpectedToEnd = false;
  /** Port on which it listens; rejects when it ends before that, or takes too long. */
  readonly listening: Promise<number>;

  constructor(private readonly props: TaskProcessProps) {
    const log = fs.createWriteStream(props.logFile, { flags: 'a' });
    this.process = fork(path.join(props.codeFolder, 'index.js'), [...props.args], {
      execArgv: preloadArguments('leave-with-parent'),
      env: { PATH: process.env.PATH, ...props.environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    this.process.stderr!.pipe(log);
    this.process.stdout!.pipe(log);
    this.ended = new Promise((resolve) => this.process.once('exit', () => resolve()));
    this.listening = this.waitForPort();
    // Whoever started the process awaits this; a failure before that is not unhandled.
    this.listening.catch(() => undefined);
    this.process.once('exit', (code, signal) => {
      if (!this.isExpectedToEnd) {
        props.onUnexpectedExit(this.failure(`ended early (${signal ?? `exit code ${code}`})`));
      }
    });
  }

  /** Ends it at once, whatever it does. */
  async kill(): Promise<void> {
    this.isExpectedToEnd = true;
    this.process.kill('SIGKILL');
    await this.ended;
  }

  /** Stops it as Fargate does: SIGTERM, time to drain, then SIGKILL. */
  async stop(): Promise<void> {
    this.isExpectedToEnd = true;
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
      const read = (chunk: Buffer): void => {
        text = (text + chunk.toString('utf8')).slice(-4096);
        const port = /"(?:event|message)":"listening".*?"port":(\d+)/.exec(text)?.[1];
        if (port !== undefined) {
          clearTimeout(timer);
          this.process.stdout!.off('data', read);
          resolve(Number(port));
        }
      };
      this.process.stdout!.on('data', read);
      this.process.once('exit', (code, signal) => {
        clearTimeout(timer);
        reject(this.failure(`ended before it listened (${signal ?? `exit code ${code}`})`));
      });
    });
  }

  private failure(what: string): Error {
    return new Error(`${this.props.name} ${what}. Its log: ${this.props.logFile}`);
  }
}
