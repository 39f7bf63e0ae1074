import { Construct } from 'constructs';
import type { Decision, PodTierSizing } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { requireIntegerBetween, requirePattern } from '../validation';
import { k8s } from './cdk8s';
import { type AdapterRule, REQUESTS_PER_SECOND, requestRateRule } from './adapter-rules';
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
   * Port on which the container answers gRPC to others in the cluster. They find its pods, not one address for all, by the name of the service with
   * `-grpc` behind it: a connection of HTTP/2 stays with one pod, so that clients balance over several.
   *
   * @default - it answers none
   */
  readonly grpcPort?: number;
  /**
   * Port on which the container shows what it counts, at `/metrics` for Prometheus. Services and gateways do not lead to it.
   *
   * @default - it shows nothing
   */
  readonly metricsPort?: number;
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
   * @default 'http_requests_per_second', as `StatelessPods.requestRateRule` calls it
   */
  readonly requestMetric?: string;
}

/**
 * Pods that keep no state behind a service, one in every zone, scaled by the requests of each: CPU is known only after it was used, requests as
 * they come. `sizePodTier(workload)` says how many, of what size, and how many requests each takes.
 */
export class StatelessPods extends Construct {
  /**
   * What tells the autoscaler how many requests a pod answers: an entry of `rules.custom` among the values of the chart `prometheus-adapter`.
   *
   * @see https://github.com/kubernetes-sigs/prometheus-adapter/blob/master/docs/config.md
   */
  static requestRateRule(): AdapterRule {
    return requestRateRule();
  }

  /** Name by which others in the cluster call it. */
  readonly serviceName: string;
  /** Port of the service. */
  readonly servicePort: number;
  /** Labels of the pods. */
  readonly labels: { readonly [name: string]: string };
  /** Port on which they show what they count; none where they show nothing. */
  readonly metricsPort?: number;
  /** Deployment, account and disruption budget. */
  readonly tier: PodTier;
  /** The service. */
  readonly service: k8s.KubeService;
  /** The service of gRPC, without an address of its own; none where no gRPC is answered. */
  readonly grpcService?: k8s.KubeService;
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
    requireIntegerBetween('grpcPort', props.grpcPort, KUBERNETES.localPorts.first, KUBERNETES.localPorts.last);
    requireIntegerBetween('metricsPort', props.metricsPort, KUBERNETES.localPorts.first, KUBERNETES.localPorts.last);
    if (props.grpcPort === port) {
      throw new Error(`\`grpcPort\` must be another one than \`containerPort\`, got: ${port}`);
    }
    if (props.metricsPort !== undefined && [port, props.grpcPort].includes(props.metricsPort)) {
      throw new Error(`\`metricsPort\` must be another one than \`containerPort\` and \`grpcPort\`, got: ${props.metricsPort}`);
    }
    this.metricsPort = props.metricsPort;
    requirePattern('readinessPath', readinessPath, /^\//, 'a path from / on');
    requirePattern('livenessPath', livenessPath, /^\//, 'a path from / on');
    this.tier = new PodTier(this, 'Tier', props, {
      sizing: { role: 'api' }, port, grpcPort: props.grpcPort, metricsPort: props.metricsPort, probes: { port, readinessPath, livenessPath },
    });
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
    this.grpcService = this.createGrpcService(props);
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
            metric: { name: props.requestMetric ?? REQUESTS_PER_SECOND },
            target: { type: 'AverageValue', averageValue: k8s.Quantity.fromNumber(this.sizing.requestsPerPod) },
          },
        }],
      },
    });
  }
  private createGrpcService({ grpcPort, name }: StatelessPodsProps): k8s.KubeService | undefined {
    return grpcPort === undefined ? undefined : new k8s.KubeService(this, 'GrpcService', {
      metadata: { name: `${name}-grpc`, labels: { ...this.labels } },
      spec: {
        clusterIp: 'None',
        selector: { ...this.labels },
        ports: [{
          name: 'grpc', port: grpcPort, targetPort: k8s.IntOrString.fromNumber(grpcPort), protocol: 'TCP', appProtocol: 'kubernetes.io/h2c',
        }],
      },
    });
  }
}
