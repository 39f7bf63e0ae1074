import { Construct } from 'constructs';
import type { Decision, PodTierSizing } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { requireIntegerBetween, requirePattern } from '../validation';
import { k8s } from './cdk8s';
import { KUBERNETES } from './defaults';
import { PodTier, type PodsProps } from './pod-tier';
import { scalingRules } from './scaling-rules';

/** What pods that answer requests are made with. */
export interface StatelessPodsProps extends PodsProps {
  /**
   * Port on which the container listens.
   *
   * @default 8080
   */
  readonly containerPort?: number;
  /**
   * Path that answers 200 once a pod can do its work.
   *
   * @default '/readyz'
   */
  readonly readinessPath?: string;
  /**
   * Path that answers 200 as long as the process is alive.
   *
   * @default '/livez'
   */
  readonly livenessPath?: string;
  /**
   * Metric of the requests a second and pod, as the custom metrics API of the cluster names it (Prometheus adapter).
   *
   * @default 'http_requests_per_second'
   */
  readonly requestMetric?: string;
}

/**
 * Pods that keep no state behind a service, one in every zone, scaled by the requests of each: CPU is known only after it was used, requests as
 * they come. `sizePodTier(workload)` says how many, of what size, and how many requests each takes.
 */
export class StatelessPods extends Construct {
  /** Name by which others in the cluster call it. */
  readonly serviceName: string;
  /** Port of the service. */
  readonly servicePort: number;
  /** Labels of the pods. */
  readonly labels: { readonly [name: string]: string };
  /** Deployment, account and disruption budget. */
  readonly tier: PodTier;
  /** The service. */
  readonly service: k8s.KubeService;
  /** What scales the deployment. */
  readonly autoscaler: k8s.KubeHorizontalPodAutoscalerV2;
  /** The sizes in force, with every override in its place. */
  readonly sizing: PodTierSizing;
  /** The sizes with their reasons. */
  readonly decisions: readonly Decision[];

  /** @throws Error for a size out of bounds, or an image without a digest. */
  constructor(scope: Construct, id: string, props: StatelessPodsProps) {
    super(scope, id);
    const port = props.containerPort ?? DEFAULTS.tier.containerPort;
    const readinessPath = props.readinessPath ?? '/readyz';
    const livenessPath = props.livenessPath ?? '/livez';
    requireIntegerBetween('containerPort', port, KUBERNETES.localPorts.first, KUBERNETES.localPorts.last);
    requirePattern('readinessPath', readinessPath, /^\//, 'a path from / on');
    requirePattern('livenessPath', livenessPath, /^\//, 'a path from / on');
    this.tier = new PodTier(this, 'Tier', props, { sizing: { role: 'api' }, port, probes: { port, readinessPath, livenessPath } });
    this.sizing = this.tier.sizing;
    this.decisions = this.sizing.decisions;
    this.labels = this.tier.labels;
    this.serviceName = props.name;
    this.servicePort = KUBERNETES.servicePort;
    const metadata = { name: props.name, labels: { ...this.labels } };
    this.service = new k8s.KubeService(this, 'Service', {
      metadata,
      spec: {
        selector: { ...this.labels },
        ports: [{ name: 'http', port: this.servicePort, targetPort: k8s.IntOrString.fromNumber(port), protocol: 'TCP' }],
      },
    });
    const { scaleUp, scaleDown } = scalingRules();
    this.autoscaler = new k8s.KubeHorizontalPodAutoscalerV2(this, 'Scaling', {
      metadata,
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: props.name },
        minReplicas: this.sizing.minimumReplicas,
        maxReplicas: this.sizing.maximumReplicas,
        behavior: { scaleUp: { ...scaleUp, policies: [...scaleUp.policies] }, scaleDown: { ...scaleDown, policies: [...scaleDown.policies] } },
        metrics: [{
          type: 'Pods',
          pods: {
            metric: { name: props.requestMetric ?? 'http_requests_per_second' },
            target: { type: 'AverageValue', averageValue: k8s.Quantity.fromNumber(this.sizing.requestsPerPod) },
          },
        }],
      },
    });
  }
}
