import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/**
 * Starts the program given as arguments, tells its id, passes signals on that are written to this shell's standard input, and kills the program
 * when that ends, which it does when the process that started it is gone, however it went. Its own outputs are closed, so that they end with the
 * program's.
 */
const GUARD = [
  'trap "" INT TERM HUP',
  '"$0" "$@" </dev/null 3>&- &',
  'program=$!',
  'echo "$program" >&3',
  'exec >/dev/null 2>&1 3>&-',
  'while read -r signal; do kill -"$signal" "$program"; done',
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
  /** Its id; undefined where it could not be started. */
  public readonly processId: Promise<number | undefined>;
  private readonly guard: ChildProcess;
  private errorOutput = '';

  /**
   * @param account that the program runs as. @default - that of this process
   * @param onOutput hears what the program writes to its error output, as it comes. @default - nobody does
   */
  constructor(
    program: string, programArguments: readonly string[], environment: NodeJS.ProcessEnv, account?: ProcessAccount, onOutput?: (text: string) => void,
  ) {
    this.guard = spawn('/bin/sh', ['-c', GUARD, program, ...programArguments], {
      detached: true,
      env: environment,
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
      ...account,
    });
    this.guard.stdin?.on('error', () => undefined);
    this.guard.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errorOutput = (this.errorOutput + text).slice(-2_000);
      onOutput?.(text);
    });
    this.processId = told(this.guard.stdio[3] as Readable | undefined);
    this.ended = new Promise((resolve) => {
      this.guard.on('error', (error) => resolve(error.message));
      this.guard.stderr?.on('close', () => resolve(this.errorOutput.trim()));
    });
    // Neither the guard nor its pipes keep this process alive.
    this.guard.unref();
  }

  /** Sends the program a signal, such as `USR1`. Of INT, TERM and HUP it hears only where it asks for them itself, as servers do. */
  public signal(name: string): void {
    if (this.guard.stdin?.writable === true) {
      this.guard.stdin.write(`${name}\n`);
    }
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

/** The number that a guard writes, once it has started its program. */
async function told(output: Readable | undefined): Promise<number | undefined> {
  let text = '';
  try {
    for await (const chunk of output ?? []) {
      text += String(chunk);
    }
  } catch {
    // It could not be started: who waits for its end hears why.
  }
  return text.trim() === '' ? undefined : Number(text);
}
