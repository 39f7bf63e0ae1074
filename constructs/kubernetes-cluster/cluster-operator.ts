import { requirePattern } from '../validation';

/** Where an operator comes from, and where it runs. */
export interface ClusterOperatorOptions {
  /** Name of the release of Helm, and of the construct. Lower-case letters, digits and dashes. */
  readonly name: string;
  /** Name of the chart. */
  readonly chart: string;
  /** Repository of the chart: an address over HTTPS, or of a registry (`oci://`) with the chart's own name at its end. */
  readonly repository: string;
  /** Version of the chart; ranges are refused. */
  readonly version: string;
  /** Namespace that it runs in. */
  readonly namespace: string;
}

/**
 * A chart of Helm, pinned to a version: what runs tomorrow is what was tried. The chart itself is fetched when it is installed.
 *
 * Versions are those that their projects had published in November 2026.
 */
export class ClusterOperator {
  /** Makes nodes as pods need them, and drains those that are taken away. https://karpenter.sh/docs/reference/compatibility/ */
  static readonly KARPENTER = ClusterOperator.of({
    name: 'karpenter', chart: 'karpenter', repository: 'oci://public.ecr.aws/karpenter/karpenter', version: '1.14.0', namespace: 'kube-system',
  });

  /** Scales workers by what they have not read yet. https://github.com/kedacore/charts/releases/tag/v2.21.1 */
  static readonly KEDA = ClusterOperator.of({
    name: 'keda', chart: 'keda', repository: 'https://kedacore.github.io/charts', version: '2.21.1', namespace: 'keda',
  });

  /** Makes the load balancers of services of type LoadBalancer. https://kubernetes-sigs.github.io/aws-load-balancer-controller/ */
  static readonly LOAD_BALANCER_CONTROLLER = ClusterOperator.of({
    name: 'aws-load-balancer-controller', chart: 'aws-load-balancer-controller', repository: 'https://aws.github.io/eks-charts', version: '3.2.2', namespace: 'kube-system',
  });

  /** Runs Envoy for each gateway, with the resources of the Gateway API. https://gateway.envoyproxy.io/docs/install/install-helm/ */
  static readonly ENVOY_GATEWAY = ClusterOperator.of({
    name: 'envoy-gateway', chart: 'gateway-helm', repository: 'oci://docker.io/envoyproxy/gateway-helm', version: 'v1.9.0', namespace: 'envoy-gateway-system',
  });

  /** Resources of Istio. https://istio.io/latest/docs/ambient/install/helm/ */
  static readonly ISTIO_BASE = ClusterOperator.istio('istio-base', 'base');
  /** Tells the proxies of the nodes who is who. */
  static readonly ISTIO_CONTROL = ClusterOperator.istio('istiod', 'istiod');
  /** Leads traffic of pods to the proxies of their nodes. */
  static readonly ISTIO_CNI = ClusterOperator.istio('istio-cni', 'cni');
  /** The proxies of the nodes, which encrypt and know who calls. */
  static readonly ISTIO_ZTUNNEL = ClusterOperator.istio('ztunnel', 'ztunnel');

  /** Prometheus with its operator, Grafana, kube-state-metrics. https://github.com/prometheus-community/helm-charts/releases */
  static readonly PROMETHEUS = ClusterOperator.of({
    name: 'prometheus', chart: 'kube-prometheus-stack', repository: 'https://prometheus-community.github.io/helm-charts', version: '88.4.0', namespace: 'monitoring',
  });

  /** Metrics of Prometheus as autoscalers ask for them. https://artifacthub.io/packages/helm/prometheus-community/prometheus-adapter */
  static readonly PROMETHEUS_ADAPTER = ClusterOperator.of({
    name: 'prometheus-adapter', chart: 'prometheus-adapter', repository: 'https://prometheus-community.github.io/helm-charts', version: '5.4.1', namespace: 'monitoring',
  });

  /** Fetches and renews certificates. https://github.com/cert-manager/cert-manager/releases/tag/v1.21.1 */
  static readonly CERT_MANAGER = ClusterOperator.of({
    name: 'cert-manager', chart: 'cert-manager', repository: 'https://charts.jetstack.io', version: 'v1.21.1', namespace: 'cert-manager',
  });

  /**
   * An operator of your own, or another version of one that is here.
   *
   * @throws Error for a version that is none but a range, or a repository that is not reached over HTTPS.
   */
  static of(options: ClusterOperatorOptions): ClusterOperator {
    requirePattern('name', options.name, /^[a-z]([-a-z0-9]{0,51}[a-z0-9])?$/, 'lower-case letters, digits and dashes, starting with a letter, at most 53');
    requirePattern('version', options.version, /^v?\d+\.\d+\.\d+(-[0-9a-z.-]+)?$/i, 'one version, such as 1.2.3');
    requirePattern('repository', options.repository, /^(https|oci):\/\//, 'an address over HTTPS or of a registry (oci://)');
    return new ClusterOperator(options);
  }

  private static istio(name: string, chart: string): ClusterOperator {
    return ClusterOperator.of({ name, chart, repository: 'https://istio-release.storage.googleapis.com/charts', version: '1.30.4', namespace: 'istio-system' });
  }

  private constructor(
    /** Where it comes from, and where it runs. */
    readonly options: ClusterOperatorOptions,
  ) {}

  /** The same operator in another version. */
  withVersion(version: string): ClusterOperator {
    return ClusterOperator.of({ ...this.options, version });
  }
}
