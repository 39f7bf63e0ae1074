import * as path from 'node:path';
import type { PodPlan } from '../../plan/pod-plan';
import type { RunPlan, ServicePlan } from '../../plan/run-plan';
import { runJob } from '../../services/job';
import { ServiceTask } from '../../services/service-task';
import type { ChildStarter } from './child-starter';

export interface TaskPartProps {
  readonly plan: Pick<RunPlan, 'services' | 'pods' | 'jobs'>;
  /** Variables of a container, with addresses of this run in place of those in the template; of its own cluster of Kafka where that is known. */
  readonly localize: (environment: { readonly [name: string]: string }, clusterArn?: string) => { readonly [name: string]: string };
  /** Variables that every container gets; they win. */
  readonly environment: { readonly [name: string]: string };
  /** Variables that those get beside them that take requests. */
  readonly serviceEnvironment: { readonly [name: string]: string };
  /** Port of the first one that takes requests. @default - chosen by the system */
  readonly port?: number;
}

/** Tasks of services and pods: those that take requests, and those that read a topic. */
export class TaskPart {
  /** Runs the jobs, then starts the readers, then who takes requests. @throws RunError for a job that fails */
  static async start(props: TaskPartProps, starter: ChildStarter): Promise<TaskPart> {
    const part = new TaskPart(props, starter);
    try {
      await part.startAll();
    } catch (error) {
      await part.stop();
      throw error;
    }
    return part;
  }

  /** In the order of the plan: services, then pods. */
  private readonly services: ServiceTask[] = [];
  private readonly workers: ServiceTask[] = [];
  private readonly byName = new Map<string, ServiceTask>();
  private readonly byEntry = new Map<string, number[]>();

  private constructor(private readonly props: TaskPartProps, private readonly starter: ChildStarter) {}

  /** What takes requests, in the order of the plan, by the name of the service or deployment: one a cell, with a port for each of its tasks. */
  get entries(): ReadonlyMap<string, readonly number[]> {
    return this.byEntry;
  }

  /** Kills the task of a service, by its place in the plan, and starts another. @throws Error when there is none, or it does not start again */
  async killService(index: number): Promise<void> {
    await this.kill(this.services[index], `service ${index + 1}`);
  }

  /** The same for a pod, by its name. */
  async killPod(name: string): Promise<void> {
    await this.kill(this.byName.get(name), name);
  }

  /** Resolves when every task listens: one that was killed has been started again. */
  async untilListening(): Promise<void> {
    await Promise.all([...this.services, ...this.workers].map((task) => task.replaced));
  }

  /** Who takes requests ends first, so that nobody waits for what it sends; then the readers, which finish what they have begun. */
  async stop(): Promise<void> {
    await Promise.all(this.services.map((task) => task.stop()));
    await Promise.all(this.workers.map((task) => task.stop()));
  }

  private async startAll(): Promise<void> {
    const { environment, plan: { jobs, pods, services }, port, serviceEnvironment } = this.props;
    for (const job of jobs) {
      await runJob(job, { ...this.props.localize(job.environment), ...environment }, this.starter.logFolder);
    }
    for (const pod of pods.filter(({ role }) => role === 'worker')) {
      const starts = await Promise.allSettled(Array.from({ length: pod.replicas }, async (_, index) => {
        this.workers.push(await this.startPod(pod, index, { PORT: '0' }));
      }));
      // All of them first: who is there is in the list of those to be stopped.
      const failed = starts.find((start) => start.status === 'rejected');
      if (failed !== undefined) {
        throw failed.reason;
      }
    }
    const portOf = () => ({ ...serviceEnvironment, PORT: String(this.services.length === 0 ? port ?? 0 : 0) });
    for (const service of services) {
      this.enter(service.name, await this.startTask(service, portOf(), path.basename(service.name)));
    }
    for (const pod of pods.filter(({ role }) => role === 'service')) {
      for (let index = 0; index < pod.replicas; index++) {
        this.enter(pod.name, await this.startPod(pod, index, portOf()));
      }
    }
  }

  private enter(name: string, task: ServiceTask): void {
    this.services.push(task);
    this.byEntry.set(name, [...(this.byEntry.get(name) ?? []), task.port]);
  }

  /** Clients of a topic call themselves by the name of their host. */
  private async startPod(pod: PodPlan, index: number, more: { readonly [name: string]: string }): Promise<ServiceTask> {
    const name = `${pod.name.replaceAll('/', '-')}-${index + 1}`;
    const task = await this.startTask(pod, { HOSTNAME: name, ...more }, name);
    this.byName.set(name, task);
    return task;
  }

  private async startTask(plan: ServicePlan | PodPlan, more: { readonly [name: string]: string }, name: string): Promise<ServiceTask> {
    const { environment, localize } = this.props;
    const task = await ServiceTask.start(
      { ...plan, environment: localize(plan.environment, 'clusterArn' in plan ? plan.clusterArn : undefined) }, { ...environment, ...more }, this.starter.logFolder, `${name}-${path.basename(plan.codeFolder)}`,
    );
    task.onUnexpectedExit = (error) => this.starter.fail(error);
    return task;
  }

  private kill(task: ServiceTask | undefined, name: string): Promise<void> {
    return task?.kill() ?? Promise.reject(new Error(`There is no ${name} that could be killed.`));
  }
}
