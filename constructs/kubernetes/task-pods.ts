import { createHash } from 'node:crypto';
import { type Duration, type Size, Token } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { requireDurationBetween, requireIntegerBetween, requirePattern } from '../validation';
import { k8s } from './cdk8s';
import { KUBERNETES } from './defaults';
import { type ContainerProps, podLabels, podTemplate } from './pod';
import { PriorityLevel } from './priority-ladder';

/** A name leaves room for what Kubernetes puts behind it for each run. */
const NAME = /^[a-z]([-a-z0-9]{0,40}[a-z0-9])?$/;
const HASH_LENGTH = 10;

/** What pods that run to their end are made with. */
export interface TaskPodsProps extends ContainerProps {
  /** Account of the pods. Several tasks may share one, as they do not run for others. */
  readonly serviceAccountName: string;
  /**
   * When its pods go, where nodes run short: they are made again.
   *
   * @default PriorityLevel.BATCH
   */
  readonly priority?: PriorityLevel;
  /**
   * CPUs that a pod asks for.
   *
   * @default 0.25
   */
  readonly cpuRequest?: number;
  /**
   * Memory of a pod.
   *
   * @default Size.mebibytes(256)
   */
  readonly memory?: Size;
  /**
   * After which the task is ended, with all its attempts.
   *
   * @default Duration.seconds(540)
   */
  readonly deadline?: Duration;
  /**
   * Attempts after the first. A task must do no harm when it runs twice: Kubernetes may start it twice.
   *
   * @default 3
   */
  readonly retries?: number;
}

/** What a task that runs once is made with. */
export interface TaskRunProps extends TaskPodsProps {
  /**
   * Changes when something changes that only the deployment knows, such as what is in an image whose name is a token: the task then runs again.
   *
   * @default - nothing: what is known at the synthesis alone tells one task from another
   */
  readonly revision?: string;
}

/**
 * A task that runs once for each version of itself, such as a migration. A Job never changes once it is there, so its name ends in a hash of what it
 * does: a new version is another Job. It must be safe to run again: after a while Kubernetes removes what has ended, and who applies the same
 * manifest then runs it once more.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/job/
 */
export class TaskRun extends Construct {
  /** Name of the Job. */
  readonly jobName: string;
  /** Labels of the pods. */
  readonly labels: { readonly [name: string]: string };
  /** The Job. */
  readonly job: k8s.KubeJob;

  /** @throws Error for a name, a bound or an image that a pod cannot have. */
  constructor(scope: Construct, id: string, props: TaskRunProps) {
    super(scope, id);
    const spec = { ...jobSpec(props), ttlSecondsAfterFinished: KUBERNETES.task.kept.toSeconds() };
    this.labels = podLabels(props.name);
    this.jobName = `${props.name}-${hashOf(spec, props.revision)}`;
    this.job = new k8s.KubeJob(this, 'Job', { metadata: { name: this.jobName, labels: { ...this.labels } }, spec });
  }
}

/** What a task that runs again and again is made with. */
export interface TaskScheduleProps extends TaskPodsProps {
  /** When, as cron writes it, in UTC: `7 * * * *`. */
  readonly schedule: string;
}

/**
 * A task that runs again and again, never twice at once. What comes too late waits for its next time.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
 */
export class TaskSchedule extends Construct {
  /** Labels of the pods. */
  readonly labels: { readonly [name: string]: string };
  /** The schedule. */
  readonly cronJob: k8s.KubeCronJob;

  /** @throws Error for a name, a schedule, a bound or an image that a pod cannot have. */
  constructor(scope: Construct, id: string, props: TaskScheduleProps) {
    super(scope, id);
    requirePattern('schedule', props.schedule, /^[\d*/,-]+( [\d*/,A-Za-z-]+){4}$/, 'five fields of cron, such as 7 * * * *');
    const { history, lateStart } = KUBERNETES.task;
    this.labels = podLabels(props.name);
    this.cronJob = new k8s.KubeCronJob(this, 'Schedule', {
      metadata: { name: props.name, labels: { ...this.labels } },
      spec: {
        schedule: props.schedule,
        timeZone: 'Etc/UTC',
        concurrencyPolicy: 'Forbid',
        startingDeadlineSeconds: lateStart.toSeconds(),
        successfulJobsHistoryLimit: history,
        failedJobsHistoryLimit: history,
        jobTemplate: { metadata: { labels: { ...this.labels } }, spec: jobSpec(props) },
      },
    });
  }
}

function jobSpec(props: TaskPodsProps): k8s.JobSpec {
  requirePattern('name', props.name, NAME, 'lower-case letters, digits and dashes, starting with a letter, at most 42');
  requireIntegerBetween('retries', props.retries, 0, Infinity);
  requireDurationBetween('deadline', props.deadline, KUBERNETES.preStop, KUBERNETES.nodes.life);
  const { cpu, deadline, memory, retries } = KUBERNETES.task;
  return {
    backoffLimit: props.retries ?? retries,
    activeDeadlineSeconds: (props.deadline ?? deadline).toSeconds(),
    template: podTemplate({
      ...props,
      cpuRequest: props.cpuRequest ?? cpu,
      memory: props.memory ?? memory,
      priority: props.priority ?? PriorityLevel.BATCH,
      drainTime: DEFAULTS.tier.drainTime,
    }),
  };
}

/** What only the deployment knows has another token in each program: `revision` stands for it. */
function hashOf(spec: k8s.JobSpec, revision = ''): string {
  const known = JSON.stringify(spec, (_, value: unknown) => (typeof value === 'string' && Token.isUnresolved(value) ? '' : value));
  return createHash('sha256').update(known).update(revision).digest('hex').slice(0, HASH_LENGTH);
}
