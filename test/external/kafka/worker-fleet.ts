import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { root } from '../../house/source-files';

/** Lines of a worker that are kept. */
const KEPT_LINES = 5;

/** Processes of the worker as it is deployed: its bundle. */
export class WorkerFleet {
  public started = 0;
  public killed = 0;
  public drained = 0;
  /** Workers that ended by themselves, or not in order, with the last that they said. */
  public readonly failures: string[] = [];
  private readonly running: ChildProcess[] = [];
  private readonly expected = new Set<ChildProcess>();

  public constructor(private readonly environment: Readonly<Record<string, string>>) {}

  public async start(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, async () => {
      this.started++;
      const child = spawn(process.execPath, [path.join(root, 'assets', 'payment-stream-worker', 'index.js')], {
        env: { ...this.environment, PORT: '0', PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'pipe'],
      });
      this.running.push(child);
      let lines: string[] = [];
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => { lines = [...lines, ...chunk.toString().split('\n').filter(Boolean)].slice(-KEPT_LINES); });
      }
      child.on('exit', (code, signal) => {
        if (!this.expected.has(child) || (signal !== 'SIGKILL' && code !== 0)) {
          this.failures.push(`a worker ended with ${signal ?? code}: ${lines.join(' | ')}`);
        }
      });
      // It tells its port first.
      await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    }));
  }

  /** Kills some without a word, and starts as many. */
  public async kill(count: number): Promise<void> {
    for (const child of this.running.splice(0, count)) {
      this.killed++;
      this.expected.add(child);
      child.kill('SIGKILL');
    }
    await this.start(count);
  }

  /** Asks the oldest to end in order, and starts another. */
  public async drainOne(): Promise<void> {
    await this.drain(this.running.splice(0, 1));
    await this.start(1);
  }

  public async drainAll(): Promise<void> {
    await this.drain(this.running.splice(0));
  }

  /** Whatever is left, so that nothing outlives the check. */
  public async close(): Promise<void> {
    for (const child of this.running.splice(0)) {
      this.expected.add(child);
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      }
    }
  }

  private async drain(children: readonly ChildProcess[]): Promise<void> {
    await Promise.all(children.map(async (child) => {
      this.drained++;
      this.expected.add(child);
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit');
        child.kill('SIGTERM');
        await gone;
      }
    }));
  }
}
