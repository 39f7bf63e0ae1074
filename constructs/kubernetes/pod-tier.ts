import { Duration, Size } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Facts } from '../../lib/facts';
import { Decision, type PodTierProps, sizePodTier, type PodTierSizing } from '../../lib/sizing';
import type { Workload } from '../../lib/workload';
import { DEFAULTS } from '../defaults';
import { decisionsInForce } from '../sizing-metadata';
import { requireDurationBetween, requireIntegerBetween, requirePattern } from '../validation';
import { k8s } from './cdk8s';
import { KUBERNETES } from './defaults';
import { type ContainerProps, podLabels, type PodProbes, podTemplate } from './pod';
import { PriorityLevel } from './priority-ladder';

/** What pods of either kind, those that answer and those that read a stream, are made with. */
export interface PodsProps extends ContainerProps {
  /** What one cell has to carry. */
  readonly workload: Workload;
  /**
   * Facts that sizes rest on.
   *
   * @default Facts.DEFAULT
   */
  readonly facts?: Facts;
  /**
   * When its pods go, where nodes run short.
   *
   * @default PriorityLevel.PAYMENTS
   */
  readonly priority?: PriorityLevel;
  /**
   * CPUs that a pod asks for; one thread uses no more than one.
   *
   * @default - from the workload
   */
  readonly cpuRequest?: number;
  /**
   * Memory of a pod.
   *
   * @default - from the workload
   */
  readonly memory?: Size;
  /**
   * Pods that always run.
   *
   * @default - from the workload
   */
  readonly minimumReplicas?: number;
  /**
   * Bound of the autoscaler.
   *
   * @default - from the workload
   */
  readonly maximumReplicas?: number;
  /**
   * Whether a pod has whole CPUs of its own. The kubelet must have its static policy.
   *
   * @default false
   */
  readonly guaranteedCpu?: boolean;
  /**
   * How long what was begun may go on once a pod has to end.
   *
   * @default Duration.seconds(30)
   */
  readonly drainTime?: Duration;
}

/** What a kind of pods adds. */
export interface PodTierDetails {
  readonly sizing: PodTierProps;
  readonly probes: PodProbes;
  readonly port?: number;
  readonly grpcPort?: number;
  readonly metricsPort?: number;
}

/** A deployment with an account of its own, that a drain of nodes never takes down. */
export class PodTier extends Construct {
  /** Labels of the pods. */
  readonly labels: { readonly [name: string]: string };
  /** The account of the pods; EKS Pod Identity gives it its role. */
  readonly serviceAccount: k8s.KubeServiceAccount;
  /** The deployment. */
  readonly deployment: k8s.KubeDeployment;
  /** How many pods a drain may take at a time. */
  readonly disruptionBudget: k8s.KubePodDisruptionBudget;
  /** The sizes in force, with every override in its place. */
  readonly sizing: PodTierSizing;

  /** @throws Error for a size out of bounds, or an image without a digest. */
  constructor(scope: Construct, id: string, props: PodsProps, details: PodTierDetails) {
    super(scope, id);
    requirePattern('name', props.name, /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and dashes, starting with a letter, at most 63');
    requireDurationBetween('drainTime', props.drainTime, Duration.seconds(1), KUBERNETES.longestDrain);
    this.sizing = this.sized(props, details.sizing);
    this.labels = podLabels(props.name);
    const metadata = { name: props.name, labels: { ...this.labels } };
    this.serviceAccount = new k8s.KubeServiceAccount(this, 'Account', { metadata, automountServiceAccountToken: false });
    this.deployment = new k8s.KubeDeployment(this, 'Deployment', {
      metadata,
      // No `replicas`: the autoscaler owns them, and a deployment that states them takes them back each time.
      spec: {
        selector: { matchLabels: { ...this.labels } },
        strategy: {
          type: 'RollingUpdate',
          rollingUpdate: { maxUnavailable: k8s.IntOrString.fromNumber(0), maxSurge: percent(KUBERNETES.surgePercent) },
        },
        template: podTemplate({
          ...props,
          ...details,
          cpuRequest: this.sizing.cpuRequest,
          memory: this.sizing.memory,
          priority: props.priority ?? PriorityLevel.PAYMENTS,
          serviceAccountName: props.name,
          drainTime: props.drainTime ?? DEFAULTS.tier.drainTime,
        }),
      },
    });
    this.disruptionBudget = new k8s.KubePodDisruptionBudget(this, 'Disruption', {
      metadata,
      spec: { selector: { matchLabels: { ...this.labels } }, maxUnavailable: percent(KUBERNETES.unavailablePercent) },
    });
  }

  private sized(props: PodsProps, sizing: PodTierProps): PodTierSizing {
    requireIntegerBetween('minimumReplicas', props.minimumReplicas, 1, Infinity);
    requireIntegerBetween('maximumReplicas', props.maximumReplicas, 1, Infinity);
    if (props.guaranteedCpu && props.cpuRequest !== undefined && !Number.isInteger(props.cpuRequest)) {
      throw new Error(`\`cpuRequest\` must be a whole number with \`guaranteedCpu\`, got: ${props.cpuRequest}`);
    }
    const derived = sizePodTier(props.workload, props.facts, sizing);
    // A core of one's own is a whole one.
    const cpuRequest = props.cpuRequest ?? (props.guaranteedCpu ? Math.ceil(derived.cpuRequest) : undefined);
    const { memory, minimumReplicas, maximumReplicas } = props;
    const decisions = decisionsInForce(this, derived.decisions, { cpuRequest, memory, minimumReplicas, maximumReplicas });
    const number = (name: string): number => Decision.find(decisions, name).value as number;
    const least = number('minimumReplicas');
    const most = number('maximumReplicas');
    if (least > most) {
      throw new Error(`\`maximumReplicas\` must be at least \`minimumReplicas\` = ${least}, got: ${most}`);
    }
    return {
      ...derived,
      cpuRequest: number('cpuRequest'),
      memory: Size.mebibytes(number('memory')),
      minimumReplicas: least,
      maximumReplicas: most,
      decisions,
    };
  }
}

/** A percentage, as Kubernetes writes it. */
export function percent(value: number): k8s.IntOrString {
  return k8s.IntOrString.fromString(`${value}%`);
}
