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
 * Versions are those that their repositories were seen to have, with the values that the cluster gives them; `withVersion` takes a newer one.
 */
export class ClusterOperator {
  /** Makes nodes as pods need them, and drains those that are taken away. https://karpenter.sh/docs/reference/compatibility/ */
  static readonly KARPENTER = ClusterOperator.pinned('karpenter', '1.14.0', 'kube-system', 'oci://public.ecr.aws/karpenter/karpenter');

  /** Scales workers by what they have not read yet. https://github.com/kedacore/charts/releases/tag/v2.20.2 */
  static readonly KEDA = ClusterOperator.pinned('keda', '2.20.2', 'keda', 'https://kedacore.github.io/charts');

  /** Makes the load balancers of services of type LoadBalancer. https://kubernetes-sigs.github.io/aws-load-balancer-controller/ */
  static readonly LOAD_BALANCER_CONTROLLER = ClusterOperator.pinned('aws-load-balancer-controller', '3.2.2', 'kube-system', 'https://aws.github.io/eks-charts');

  /** Runs Envoy for each gateway, with the resources of the Gateway API. https://gateway.envoyproxy.io/docs/install/install-helm/ */
  static readonly ENVOY_GATEWAY = ClusterOperator.pinned('envoy-gateway', 'v1.9.0', 'envoy-gateway-system', 'oci://docker.io/envoyproxy/gateway-helm', 'gateway-helm');

  /** Resources of Istio. https://istio.io/latest/docs/ambient/install/helm/ */
  static readonly ISTIO_BASE = ClusterOperator.istio('istio-base', 'base');
  /** Tells the proxies of the nodes who is who. */
  static readonly ISTIO_CONTROL = ClusterOperator.istio('istiod', 'istiod');
  /** Leads traffic of pods to the proxies of their nodes. */
  static readonly ISTIO_CNI = ClusterOperator.istio('istio-cni', 'cni');
  /** The proxies of the nodes, which encrypt and know who calls. */
  static readonly ISTIO_ZTUNNEL = ClusterOperator.istio('ztunnel', 'ztunnel');

  /** Prometheus with its operator, Grafana, kube-state-metrics. https://github.com/prometheus-community/helm-charts/releases */
  static readonly PROMETHEUS = ClusterOperator.pinned('prometheus', '88.4.0', 'monitoring', 'https://prometheus-community.github.io/helm-charts', 'kube-prometheus-stack');

  /** Metrics of Prometheus as autoscalers ask for them. https://artifacthub.io/packages/helm/prometheus-community/prometheus-adapter */
  static readonly PROMETHEUS_ADAPTER = ClusterOperator.pinned('prometheus-adapter', '5.3.0', 'monitoring', 'https://prometheus-community.github.io/helm-charts');

  /** Takes what pods write to CloudWatch, from each node. https://github.com/aws/eks-charts/tree/master/stable/aws-for-fluent-bit */
  static readonly FLUENT_BIT = ClusterOperator.pinned('aws-for-fluent-bit', '0.2.0', 'logging', 'https://aws.github.io/eks-charts');

  /** Fetches and renews certificates. https://github.com/cert-manager/cert-manager/releases/tag/v1.21.1 */
  static readonly CERT_MANAGER = ClusterOperator.pinned('cert-manager', 'v1.21.1', 'cert-manager', 'https://charts.jetstack.io');

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
    return ClusterOperator.pinned(name, '1.30.3', 'istio-system', 'https://istio-release.storage.googleapis.com/charts', chart);
  }

  /** The release is called as its chart, unless said otherwise. */
  private static pinned(name: string, version: string, namespace: string, repository: string, chart = name): ClusterOperator {
    return ClusterOperator.of({ name, chart, repository, version, namespace });
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
