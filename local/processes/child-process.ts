import { type ChildProcess as NodeChildProcess, fork } from 'node:child_process';
import * as fs from 'node:fs';
import { RunError } from '../run/run-error';
import { processEntry } from './entry';
import type { ChildMessage, ParentMessage } from './messages';

/** How a child process is started. */
export interface ChildProcessOptions {
  /** In messages to people: `checker`. */
  readonly name: string;
  /** Module of this folder that calls `serveParent`. */
  readonly entry: string;
  readonly configuration: unknown;
  /** Environment variables beside the parent's own. @default - none */
  readonly environment?: { readonly [name: string]: string };
  /** Receives standard output and standard error. */
  readonly logFile: string;
  /** Called with messages that the child sends without being asked. @default - ignored */
  readonly onEvent?: (name: string, payload: unknown) => void;
  /** Called when the child ends without having been told to. @default - ignored */
  readonly onUnexpectedExit?: (error: Error) => void;
}

/** How long a child may take to be ready, and to stop once told, in milliseconds. */
const START_TIMEOUT = 60_000;
const STOP_TIMEOUT = 10_000;

/**
 * One part of the local run in a process of its own.
 *
 * A child leaves the terminal's process group, so that Ctrl-C reaches the runner alone, and ends itself when the runner is gone.
 */
export class ChildProcess<Ready> {
  /** Starts the child and waits until it says that it is ready. */
  static async start<Ready>(options: ChildProcessOptions): Promise<ChildProcess<Ready>> {
    for (;;) {
      const child = new ChildProcess<Ready>(options);
      try {
        await child.started;
        return child;
      } catch (error) {
        // Ctrl-C met it before it had left the terminal's process group: the runner has heard it, too, and needs the child to end well.
        if (!child.wasInterrupted) {
          throw error;
        }
      }
    }
  }

  private readonly process: NodeChildProcess;
  private readonly started: Promise<void>;
  private readonly ended: Promise<void>;
  private readonly waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  private nextRequest = 1;
  private stopping = false;
  private wasInterrupted = false;
  private readyPayload?: Ready;

  private constructor(private readonly options: ChildProcessOptions) {
    const log = fs.openSync(options.logFile, 'a');
    const entry = processEntry(options.entry);
    this.process = fork(entry.file, [], {
      execArgv: entry.execArgv,
      env: { ...process.env, ...options.environment },
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
    });
    fs.closeSync(log);
    this.ended = new Promise((resolve) => this.process.once('exit', () => resolve()));
    this.started = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.failure(`was not ready after ${START_TIMEOUT / 1000} s`)), START_TIMEOUT);
      this.process.on('message', (message: ChildMessage) => {
        if (message.type === 'ready') {
          clearTimeout(timer);
          this.readyPayload = message as unknown as Ready;
          resolve();
        } else if (message.type === 'failed') {
          clearTimeout(timer);
          this.stopping = true;
          // One sentence of the part itself: what is missing, and what to do.
          reject(new RunError(message.message));
        } else {
          this.receive(message);
        }
      });
      this.process.once('exit', (code, signal) => {
        clearTimeout(timer);
        this.wasInterrupted = signal === 'SIGINT' && this.readyPayload === undefined;
        const error = this.failure(`ended early (${signal ?? `exit code ${code}`})`);
        reject(error);
        this.waiting.forEach(({ reject: rejectRequest }) => rejectRequest(error));
        this.waiting.clear();
        if (!this.stopping && !this.wasInterrupted) {
          options.onUnexpectedExit?.(error);
        }
      });
      this.process.once('error', reject);
      this.send({ type: 'configure', configuration: options.configuration });
    });
    // Whoever started the child awaits this; a failure before that is not unhandled.
    this.started.catch(() => undefined);
  }

  /** What the child told when it was ready. */
  get ready(): Ready {
    return this.readyPayload!;
  }

  get processId(): number | undefined {
    return this.process.pid;
  }

  /** Asks the child for something and waits for its answer. */
  request<Result>(name: string, input: unknown = {}): Promise<Result> {
    const id = this.nextRequest++;
    return new Promise<Result>((resolve, reject) => {
      if (!this.process.connected) {
        reject(this.failure('is gone, and cannot be asked for anything'));
        return;
      }
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.send({ type: 'request', id, name, input });
    });
  }

  /** Tells the child to stop; kills it when it does not. */
  async stop(): Promise<void> {
    this.stopping = true;
    if (this.process.exitCode !== null || this.process.signalCode !== null) {
      return;
    }
    this.send({ type: 'stop' });
    const timer = setTimeout(() => this.process.kill('SIGKILL'), STOP_TIMEOUT);
    await this.ended;
    clearTimeout(timer);
  }

  private send(message: ParentMessage): void {
    if (this.process.connected) {
      this.process.send(message, () => undefined);
    }
  }

  private receive(message: ChildMessage): void {
    if (message.type === 'event') {
      this.options.onEvent?.(message.name, message.payload);
      return;
    }
    if (message.type !== 'reply') {
      return;
    }
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.error !== undefined) {
      waiting?.reject(new Error(message.error));
    } else {
      waiting?.resolve(message.result);
    }
  }

  private failure(what: string): Error {
    return new Error(`The ${this.options.name} ${what}. Its log: ${this.options.logFile}`);
  }
}
