import * as fs from 'node:fs';
import * as path from 'node:path';
import { ChildProcess } from '../../processes/child-process';

/** Starts the processes of a run, and stops them in the reverse order. */
export class ChildStarter {
  private readonly children: ChildProcess<unknown>[] = [];
  private readonly starting = new Set<Promise<ChildProcess<unknown>>>();
  private isStopping = false;

  /**
   * @param folder of the run
   * @param fail is told of a process that ends or fails without having been told to
   */
  constructor(private readonly folder: string, readonly fail: (error: Error) => void) {}

  /** Where processes write what they say. */
  get logFolder(): string {
    const folder = path.join(this.folder, 'logs');
    fs.mkdirSync(folder, { recursive: true });
    return folder;
  }

  /**
   * Starts a part and waits until it is ready.
   *
   * @param entry module of `local/processes`
   * @param onEvent hears what the part tells without being asked, but for failures
   * @throws Error when it does not start, or everything is being stopped
   */
  async start<Ready>(entry: string, configuration: object, onEvent?: (name: string, payload: unknown) => void): Promise<ChildProcess<Ready>> {
    if (this.isStopping) {
      throw new Error(`The ${entry} does not start: the run is being stopped.`);
    }
    const name = entry.replace('-', ' ');
    const starting = ChildProcess.start<Ready>({
      name,
      entry,
      configuration,
      logFile: path.join(this.logFolder, `${entry}.log`),
      onEvent: (event, payload) => (event === 'failed' ? this.fail(new Error(`The ${name} reports: ${String(payload)}`)) : onEvent?.(event, payload)),
      onUnexpectedExit: (error) => this.fail(error),
    });
    this.starting.add(starting);
    try {
      const child = await starting;
      this.children.push(child);
      return child;
    } finally {
      this.starting.delete(starting);
    }
  }

  /** Stops every part, the last one first, those included that are still starting. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.allSettled(this.starting);
    for (const child of [...this.children].reverse()) {
      await child.stop();
    }
  }
}
