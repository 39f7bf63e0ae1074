import * as path from 'node:path';
import type { PodPlan } from '../plan/pod-plan';
import type { ServicePlan } from '../plan/run-plan';
import { TaskProcess } from './task-process';

/** What of a service or a deployment its tasks are made of. */
export type TaskPlan = ServicePlan & Partial<Pick<PodPlan, 'args' | 'readinessPath'>>;

/** A killed task starts again on its port; somebody else may hold that for a moment. */
const RESTART_ATTEMPTS = 5;
const RESTART_PAUSE_MILLISECONDS = 200;

/** How long a task may take from when it listens until it says that it is ready. */
const READY_MILLISECONDS = 30_000;
const READY_PAUSE_MILLISECONDS = 50;
const READY_ANSWER_MILLISECONDS = 1_000;

/** One task of a Fargate service, or one pod of a deployment: its process, and the one that takes its place when it was killed. */
export class ServiceTask {
  /**
   * Starts the task and waits until it listens, and is ready where it can be asked for that.
   *
   * @param environment variables beside the container's own; they win.
   * @param name of its log. @default - of the service
   */
  static async start(
    plan: TaskPlan, environment: { readonly [name: string]: string }, logFolder: string, name = `${path.basename(plan.name)}-${path.basename(plan.codeFolder)}`,
  ): Promise<ServiceTask> {
    const task = new ServiceTask(plan, environment, path.join(logFolder, `${name}.log`));
    await task.listen(environment.PORT);
    try {
      await task.untilReady();
    } catch (error) {
      await task.stop();
      throw error;
    }
    return task;
  }

  private process?: TaskProcess;
  private listeningPort = 0;
  private killed = 0;
  private replacement?: Promise<void>;
  /** The process that was killed is gone: who is to be killed now is the one that takes its place. */
  private isReplacementUp = false;
  private isReplacementToDie = false;
  private stopping = false;
  /** Called when the task ends without having been told to. */
  onUnexpectedExit: (error: Error) => void = () => undefined;

  private constructor(
    private readonly plan: TaskPlan,
    private readonly environment: { readonly [name: string]: string },
    private readonly logFile: string,
  ) {}

  get port(): number {
    return this.listeningPort;
  }

  /** How often the task was killed. */
  get kills(): number {
    return this.killed;
  }

  /**
   * Ends the process of the task at once, as a lost host does, and starts another on the same port, as the service does. Resolves when
   * that one listens. A call meanwhile waits for the same one while the process still ends; once another has begun, that may serve before
   * it was seen to listen, and is killed and replaced too.
   *
   * @throws Error when the task does not start again
   */
  kill(): Promise<void> {
    if (this.stopping) {
      return Promise.resolve();
    }
    this.isReplacementToDie ||= this.isReplacementUp;
    this.replacement ??= this.replace().finally(() => (this.replacement = undefined));
    return this.replacement;
  }

  /** Resolves when no process is being replaced any more. @throws Error when the task does not start again */
  get replaced(): Promise<void> {
    return this.replacement ?? Promise.resolve();
  }

  /** Stops the task as Fargate and Kubernetes do: SIGTERM, time to drain, then SIGKILL. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.process?.stop();
    await this.replacement?.catch(() => undefined);
  }

  /** @throws Error when it is not ready in time */
  private async untilReady(): Promise<void> {
    const { name, readinessPath } = this.plan;
    if (readinessPath === undefined) {
      return;
    }
    const signal = () => AbortSignal.timeout(READY_ANSWER_MILLISECONDS);
    const isReady = () => fetch(`http://127.0.0.1:${this.listeningPort}${readinessPath}`, { signal: signal() }).then(({ ok }) => ok, () => false);
    for (const start = Date.now(); !(await isReady());) {
      if (Date.now() - start > READY_MILLISECONDS) {
        throw new Error(`${name} was not ready after ${READY_MILLISECONDS / 1_000} s: ${readinessPath} does not answer 200. Its log: ${this.logFile}`);
      }
      await new Promise((resolve) => setTimeout(resolve, READY_PAUSE_MILLISECONDS));
    }
  }

  private async replace(): Promise<void> {
    do {
      this.isReplacementToDie = false;
      this.killed++;
      await this.process?.kill();
      this.isReplacementUp = true;
      try {
        await this.restart();
      } finally {
        this.isReplacementUp = false;
      }
    } while (this.isReplacementToDie && !this.stopping);
  }

  private async restart(): Promise<void> {
    for (let attempt = 1; !this.stopping; attempt++) {
      try {
        await this.listen(String(this.listeningPort));
        return;
      } catch (error) {
        if (this.stopping) {
          return;
        }
        if (attempt === RESTART_ATTEMPTS) {
          throw error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, RESTART_PAUSE_MILLISECONDS));
    }
  }

  private async listen(port: string | undefined): Promise<void> {
    let isListening = false;
    const started = new TaskProcess({
      name: this.plan.name,
      codeFolder: this.plan.codeFolder,
      args: this.plan.args ?? [],
      environment: { ...this.plan.environment, ...this.environment, ...(port !== undefined && { PORT: port }) },
      logFile: this.logFile,
      // Before it listens, whoever starts it hears of its end.
      onUnexpectedExit: (error) => isListening && this.onUnexpectedExit(error),
    });
    this.process = started;
    try {
      this.listeningPort = await started.listening;
      isListening = true;
    } catch (error) {
      await started.kill();
      throw error;
    }
  }
}
