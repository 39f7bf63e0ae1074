import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Starts the program given as arguments and kills it when this shell's standard input ends, which it does when the process that started it
 * is gone, however it went. Its own outputs are closed, so that they end with the program's.
 */
const GUARD = [
  'trap "" INT TERM HUP',
  '"$0" "$@" </dev/null &',
  'program=$!',
  'exec >/dev/null 2>&1',
  'read -r line',
  'kill -KILL "$program"',
  'wait "$program"',
].join('\n');

/** An account of the machine, by its numbers. Only root may run programs as another one. */
export interface ProcessAccount {
  readonly uid: number;
  readonly gid: number;
}

/**
 * A native program that does not outlive the process that started it, even when that one is killed, and that signals of the terminal do not reach.
 */
export class GuardedProcess {
  /** The program has ended or could not be started; with what it wrote to its error output. */
  public readonly ended: Promise<string>;
  private readonly guard: ChildProcess;
  private errorOutput = '';

  /** @param account that the program runs as. @default - that of this process */
  constructor(program: string, programArguments: readonly string[], environment: NodeJS.ProcessEnv, account?: ProcessAccount) {
    this.guard = spawn('/bin/sh', ['-c', GUARD, program, ...programArguments], {
      detached: true,
      env: environment,
      stdio: ['pipe', 'ignore', 'pipe'],
      ...account,
    });
    this.guard.stdin?.on('error', () => undefined);
    this.guard.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errorOutput = (this.errorOutput + text).slice(-2_000);
    });
    this.ended = new Promise((resolve) => {
      this.guard.on('error', (error) => resolve(error.message));
      this.guard.stderr?.on('close', () => resolve(this.errorOutput.trim()));
    });
    // Neither the guard nor its pipes keep this process alive.
    this.guard.unref();
  }

  /** Kills the program and waits until it and its guard are gone. */
  public async stop(): Promise<void> {
    const gone = this.guard.exitCode !== null || this.guard.signalCode !== null || this.guard.pid === undefined
      ? Promise.resolve()
      : new Promise<void>((resolve) => this.guard.once('exit', () => resolve()));
    this.guard.ref();
    this.guard.stdin?.end();
    await gone;
    await this.ended;
  }
}
