import { type ChildProcess, fork } from 'node:child_process';
import * as path from 'node:path';

/** Between a benchmark and one of its sides. */
export type SideMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'round'; readonly items: number }
  | { readonly type: 'done'; readonly microseconds: number }
  | { readonly type: 'failed'; readonly message: string };

/** One side in a process of its own, so that its CPU time is its own: compiler and garbage collector included, engines not. */
export class MeasuredProcess {
  /**
   * @param file module that calls `serveRounds`
   * @param nodeOptions options of Node.js. @default - those of this process, which can run modules from source
   */
  static async start(file: string, argument: object, nodeOptions: readonly string[] = process.execArgv): Promise<MeasuredProcess> {
    const side = new MeasuredProcess(file, argument, nodeOptions);
    await side.next('ready');
    return side;
  }

  private readonly child: ChildProcess;
  private ended = false;

  private constructor(file: string, argument: object, nodeOptions: readonly string[]) {
    this.child = fork(path.resolve(file), [JSON.stringify(argument)], {
      execArgv: [...nodeOptions],
      // What a function's process has, too: the clients reuse their connections by default.
      env: { ...process.env, NODE_NO_WARNINGS: '1', AWS_ACCESS_KEY_ID: 'LOCAL', AWS_SECRET_ACCESS_KEY: 'local', AWS_REGION: 'eu-west-1' },
    });
    this.child.once('exit', () => (this.ended = true));
  }

  /** Does one round. @returns CPU time of the process in microseconds */
  async round(items: number): Promise<number> {
    this.child.send({ type: 'round', items } satisfies SideMessage);
    return (await this.next('done')).microseconds;
  }

  stop(): void {
    this.child.kill();
  }

  private next<Type extends SideMessage['type']>(type: Type): Promise<Extract<SideMessage, { type: Type }>> {
    return new Promise((resolve, reject) => {
      if (this.ended) {
        reject(new Error('a side of the benchmark has ended'));
        return;
      }
      const onExit = (): void => reject(new Error('a side of the benchmark has ended'));
      this.child.once('exit', onExit);
      this.child.once('message', (message: SideMessage) => {
        this.child.off('exit', onExit);
        if (message.type === type) {
          resolve(message as Extract<SideMessage, { type: Type }>);
        } else {
          reject(new Error(message.type === 'failed' ? message.message : `unexpected message ${message.type}`));
        }
      });
    });
  }
}

/** The side's end: prepares a round outside the measured time, then does it. */
export function serveRounds<Work>(prepare: (items: number) => Work | Promise<Work>, work: (prepared: Work) => Promise<void>): void {
  const send = (message: SideMessage): void => void process.send!(message);
  const round = async (items: number): Promise<number> => {
    const prepared = await prepare(items);
    const before = process.cpuUsage();
    await work(prepared);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  process.on('message', (message: SideMessage) => {
    if (message.type === 'round') {
      round(message.items).then(
        (microseconds) => send({ type: 'done', microseconds }),
        (error: Error) => send({ type: 'failed', message: error.stack ?? error.message }),
      );
    }
  });
  process.on('disconnect', () => process.exit(0));
  send({ type: 'ready' });
}
