import { type ChildProcess, fork } from 'node:child_process';
import type { LoadOrder, LoadResult } from './load';

/** The process of `load.ts`. */
export class LoadGenerator {
  /** @param file the compiled module */
  static async start(file: string): Promise<LoadGenerator> {
    const child = fork(file, [], { execArgv: [] });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    return new LoadGenerator(child);
  }

  private constructor(private readonly child: ChildProcess) {}

  /** Resolves when everything is answered. @throws Error when an answer is none of 2xx */
  async run(order: LoadOrder): Promise<void> {
    const answer = new Promise<LoadResult>((resolve, reject) => {
      const onExit = (): void => reject(new Error('the load generator has ended'));
      this.child.once('exit', onExit);
      this.child.once('message', (message: LoadResult) => {
        this.child.off('exit', onExit);
        resolve(message);
      });
    });
    this.child.send(order);
    const { failure } = await answer;
    if (failure !== undefined) {
      throw new Error(`${order.path}: ${failure}`);
    }
  }

  stop(): void {
    this.child.kill();
  }
}
