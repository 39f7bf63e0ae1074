import { Construct } from 'constructs';
import { k8s } from './cdk8s';
import { KUBERNETES } from './defaults';

/** What is kept longest when nodes run short: the order in which load is shed. */
export class PriorityLevel {
  /** What takes and settles payments: the last to go. */
  static readonly PAYMENTS = new PriorityLevel('payments-critical', KUBERNETES.priority.payments, 'takes and settles payments');
  /** What may wait while payments do not. */
  static readonly REFUNDS = new PriorityLevel('refunds', KUBERNETES.priority.refunds, 'may wait while payments do not');
  /** What is read, not paid. */
  static readonly REPORTING = new PriorityLevel('reporting', KUBERNETES.priority.reporting, 'is read, not paid');
  /** What may start again. */
  static readonly BATCH = new PriorityLevel('batch', KUBERNETES.priority.batch, 'may start again');
  /** Pods that only keep room, so that a peak finds nodes that are there. */
  static readonly HEADROOM = new PriorityLevel('headroom', KUBERNETES.priority.headroom, 'keeps room for what comes');

  /** All levels, the most important first. */
  static readonly ALL: readonly PriorityLevel[] = [
    PriorityLevel.PAYMENTS, PriorityLevel.REFUNDS, PriorityLevel.REPORTING, PriorityLevel.BATCH, PriorityLevel.HEADROOM,
  ];

  /**
   * @param className name of the PriorityClass.
   * @param value what Kubernetes orders by: the higher, the later it goes.
   * @param meaning what such a pod does.
   */
  private constructor(readonly className: string, readonly value: number, readonly meaning: string) {
  }
}

/**
 * The PriorityClasses of a cluster. A pod of a higher one takes the place of a lower one where nodes run short, and is the last that a node
 * under pressure gives up: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 *
 * None is the default of the cluster: a pod without a class keeps priority 0, above the headroom and below everything of the ladder.
 */
export class PriorityLadder extends Construct {
  /** The classes, the most important first. */
  readonly classes: readonly k8s.KubePriorityClass[];

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.classes = PriorityLevel.ALL.map((level) => new k8s.KubePriorityClass(this, level.className, {
      metadata: { name: level.className },
      value: level.value,
      description: `What ${level.meaning}`,
      // Headroom gives way and takes nobody's place.
      preemptionPolicy: level === PriorityLevel.HEADROOM ? 'Never' : 'PreemptLowerPriority',
    }));
  }
}
