import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Profiler } from 'node:inspector';
import { ASK_FOR_CPU, type CpuAnswer, type ProfileAnswer, START_PROFILE, STOP_PROFILE } from './cpu-probe';

export interface MeasuredServerOptions {
  /** Compiled module that listens, and then prints a line of JSON with the member `port`. */
  readonly file: string;
  /** The compiled `cpu-probe`. */
  readonly probe: string;
  /** Its environment, whole. */
  readonly variables: Readonly<Record<string, string>>;
}

/** A server in a process of its own, whose CPU time is asked for while others load it. */
export class MeasuredServer {
  /** @throws Error when it ends before it listens */
  static async start({ file, probe, variables }: MeasuredServerOptions): Promise<MeasuredServer> {
    const child = fork(file, [], { execArgv: ['--require', probe], env: variables, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    const port = await new Promise<number>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)));
      createInterface({ input: child.stdout! }).once('line', (line) => resolve((JSON.parse(line) as { port: number }).port));
    });
    child.stdout!.resume();
    return new MeasuredServer(child, port);
  }

  private constructor(private readonly child: ChildProcess, public readonly port: number) {}

  /** CPU time that the server takes while something is done, in microseconds. @param load done by another process */
  async during(load: () => Promise<void>): Promise<number> {
    const before = await this.cpu();
    await load();
    return (await this.cpu()) - before;
  }

  /** The same with what its main thread does sampled meanwhile, which costs it CPU time. */
  async profiledDuring(load: () => Promise<void>): Promise<{ readonly microseconds: number; readonly profile: Profiler.Profile }> {
    await this.ask<CpuAnswer>(START_PROFILE);
    const microseconds = await this.during(load);
    const { profile } = await this.ask<ProfileAnswer>(STOP_PROFILE);
    return { microseconds, profile };
  }

  /** Resolves when the process has ended. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) {
      return;
    }
    const ended = new Promise<void>((resolve) => this.child.once('exit', () => resolve()));
    this.child.kill();
    await ended;
  }

  private async cpu(): Promise<number> {
    return (await this.ask<CpuAnswer>(ASK_FOR_CPU)).microseconds;
  }

  private ask<Answer>(question: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error('a server of the benchmark has ended'));
      this.child.once('exit', onExit);
      this.child.once('message', (answer: Answer) => {
        this.child.off('exit', onExit);
        resolve(answer);
      });
      this.child.send(question);
    });
  }
}
